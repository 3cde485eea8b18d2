use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use proptest::prelude::*;

use super::*;
use crate::segment::column::Interner;
use crate::segment::schema::{FieldId, SegmentColumn, schema_of};

fn column(physical: Physical) -> SegmentColumn {
    SegmentColumn { field: FieldId(2_000), name: "c".to_owned(), physical }
}

/// Writes one column as a file and reads it with the library's own reader.
fn through_a_file(physical: Physical, data: &mut ColumnData<'_>) -> RecordBatch {
    let schema = schema_of(&[column(physical)]).unwrap();
    let chunk = encode(&schema.column(0), physical, data).unwrap();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut file =
        SerializedFileWriter::new(Vec::new(), schema.root_schema_ptr(), properties).unwrap();
    let mut group = file.next_row_group().unwrap();
    group.append_column(&chunk.bytes, chunk.close).unwrap();
    group.close().unwrap();
    let file = Bytes::from(file.into_inner().unwrap());
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).unwrap();
    let reader = reader.with_batch_size(1 << 20).build().unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap()
}

fn coded_text(texts: &[Option<String>]) -> Coded<'_> {
    let mut interner = Interner::new();
    let mut last = NULL;
    let codes = texts.iter().map(|text| match text {
        None => NULL,
        Some(text) => {
            last = interner.code(text.as_bytes(), last);
            last
        }
    });
    let codes = codes.collect();
    Coded { codes, entries: Entries::Text(interner.into_entries()) }
}

fn check_text(texts: &[Option<String>], expected: Class) {
    let mut data = ColumnData::Coded(coded_text(texts));
    assert_eq!(class::decide(&data), expected);
    let batch = through_a_file(Physical::Text, &mut data);
    let read: Vec<_> = batch.column(0).as_string::<i32>().iter().collect();
    assert_eq!(read, texts.iter().map(Option::as_deref).collect::<Vec<_>>());
}

/// Guarantees: text reads back in every class, over several pages, with and without nulls.
#[test]
fn texts_of_every_class() {
    let null_now_and_then = |at: usize, text: String| (at % 7 != 3).then_some(text);
    let few = |at: usize| null_now_and_then(at, format!("GET /route/{}", at / 900 % 5));
    let repeating = |at: usize| null_now_and_then(at, format!("user-{}", at * 7_919 % 2_000));
    let unique = |at: usize| null_now_and_then(at, format!("https://example.org/ä/{at}"));
    let rows = 45_000;
    check_text(&(0..rows).map(few).collect::<Vec<_>>(), Class::Dictionary);
    check_text(&(0..rows).map(repeating).collect::<Vec<_>>(), Class::Dictionary);
    check_text(&(0..rows).map(unique).collect::<Vec<_>>(), Class::FrontCoded);
    check_text(&[None, None], Class::Dictionary);
    check_text(&[Some(String::new())], Class::Dictionary);
}

/// Guarantees: UUID text comes back as the same bytes from 16 of them.
#[test]
fn uuids() {
    let texts: Vec<_> = (0..5_000u64)
        .map(|at| Some(format!("{:08x}-89ab-cdef-0123-{:012x}", at / 3, at / 3 * 977)))
        .collect();
    let mut coded = coded_text(&texts);
    assert_eq!(class::physical_of(&coded.entries), Physical::Uuid);
    coded.codes.push(NULL);
    let batch = through_a_file(Physical::Uuid, &mut ColumnData::Coded(coded));
    let read = batch.column(0).as_fixed_size_binary();
    assert_eq!(read.len(), 5_001);
    assert!(read.is_null(5_000));
    for (at, text) in texts.iter().enumerate() {
        let mut out = String::new();
        class::format_uuid(read.value(at).try_into().unwrap(), &mut out);
        assert_eq!(Some(&out), text.as_ref());
    }
}

/// Guarantees: span ids read back, unset ones as null.
#[test]
fn ids() {
    let ids: Vec<_> = (0..30_000u64)
        .map(|at| if at % 3 == 0 { SpanId::NONE } else { SpanId::new(at.to_be_bytes()) })
        .collect();
    let batch = through_a_file(Physical::SpanId, &mut ColumnData::SpanIds(ids.clone()));
    let read = batch.column(0).as_fixed_size_binary();
    for (at, id) in ids.iter().enumerate() {
        assert_eq!(read.is_valid(at), id.is_some());
        assert!(!id.is_some() || read.value(at) == id.bytes());
    }
}

/// Guarantees: truth values read back from runs.
#[test]
fn booleans() {
    let codes: Vec<u32> =
        (0..50_000).map(|at| if at % 5 == 0 { NULL } else { at / 64 % 2 }).collect();
    let coded = Coded { codes: codes.clone(), entries: Entries::Bool };
    let batch = through_a_file(Physical::Boolean, &mut ColumnData::Coded(coded));
    let read: Vec<_> = batch.column(0).as_boolean().iter().collect();
    let expected: Vec<_> = codes.iter().map(|code| (*code != NULL).then_some(*code == 1)).collect();
    assert_eq!(read, expected);
}

/// Guarantees: a column that no row has reads as nulls.
#[test]
fn nulls() {
    let schema = schema_of(&[column(Physical::Double)]).unwrap();
    let chunk = encode_nulls(&schema.column(0), 100_000).unwrap();
    assert!(chunk.bytes.len() < 80, "{}", chunk.bytes.len());
    assert_eq!(chunk.close.rows_written, 100_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Guarantees: integers of any size and spread read back, as differences and as codes.
    #[test]
    fn ints(values in proptest::collection::vec(any::<i64>(), 1..3_000), few in any::<bool>()) {
        let values: Vec<i64> = values.iter().map(|v| if few { v % 3 } else { *v }).collect();
        let mut interner = Interner::new();
        let codes = values.iter().map(|value| interner.code(*value, NULL)).collect();
        let coded = Coded { codes, entries: Entries::Int(interner.into_entries()) };
        for mut data in [ColumnData::Coded(coded), ColumnData::every_int(values.iter().copied())] {
            let batch = through_a_file(Physical::Int64, &mut data);
            let read = batch.column(0).as_primitive::<Int64Type>();
            prop_assert_eq!(read.values().to_vec(), values.clone());
        }
    }

    /// Guarantees: floats read back bit by bit, NaN and both zeros included.
    #[test]
    fn floats(values in proptest::collection::vec(any::<u64>(), 1..2_000), few in any::<bool>()) {
        let mask = if few { 0xfff0_0000_0000_0000 } else { u64::MAX };
        let float = |bits: &u64| f64::from_bits(bits & mask);
        let mut values: Vec<f64> = values.iter().map(float).collect();
        values.extend([f64::NAN, -0.0, 0.0, f64::INFINITY]);
        let mut interner = Interner::new();
        let codes = values.iter().map(|value| interner.code(*value, NULL)).collect();
        let coded = Coded { codes, entries: Entries::Float(interner.into_entries()) };
        let batch = through_a_file(Physical::Double, &mut ColumnData::Coded(coded));
        let read = batch.column(0).as_primitive::<Float64Type>();
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(read.values()), bits(&values));
    }
}
