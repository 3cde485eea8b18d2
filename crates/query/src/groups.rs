//! A set of groups: those whose series are wanted, with the place of each.

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, Rows, SortField};
use hashbrown::HashMap;
use model::Result;

use crate::failure::arrow_failed;

/// Groups by the values of their fields.
pub(crate) struct GroupSet {
    converter: RowConverter,
    columns: usize,
    /// Whether rows of these groups are left out, in place of all others.
    are_left_out: bool,
    places: HashMap<Box<[u8]>, usize, foldhash::fast::RandomState>,
}

impl GroupSet {
    /// The groups of these rows, by the first columns of each.
    pub(crate) fn of_rows(batches: &[RecordBatch], columns: usize) -> Result<Self> {
        let types: Vec<DataType> = batches.first().map_or_else(Vec::new, |batch| {
            batch.columns()[..columns].iter().map(|column| column.data_type().clone()).collect()
        });
        let fields = types.into_iter().map(SortField::new).collect();
        let converter = RowConverter::new(fields).map_err(arrow_failed)?;
        let places = HashMap::default();
        let mut set = Self { converter, columns, are_left_out: false, places };
        for batch in batches {
            let rows = set.rows(batch)?;
            for row in &rows {
                let place = set.places.len();
                set.places.insert(row.as_ref().into(), place);
            }
        }
        Ok(set)
    }

    /// All groups but these.
    pub(crate) fn others(self) -> Self {
        Self { are_left_out: !self.are_left_out, ..self }
    }

    fn rows(&self, batch: &RecordBatch) -> Result<Rows> {
        self.converter.convert_columns(&batch.columns()[..self.columns]).map_err(arrow_failed)
    }

    /// The places of the groups that the rows of a batch belong to.
    pub(crate) fn places(&self, batch: &RecordBatch) -> Result<Vec<Option<usize>>> {
        let rows = self.rows(batch)?;
        Ok(rows.iter().map(|row| self.places.get(row.as_ref()).copied()).collect())
    }

    /// Which rows of a batch belong to one of the groups, or to none where these are left out.
    pub(crate) fn mask(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let rows = self.rows(batch)?;
        let known = |row: usize| self.places.contains_key(rows.row(row).as_ref());
        let inside = |row: usize| known(row) != self.are_left_out;
        let mask = BooleanBuffer::collect_bool(batch.num_rows(), inside);
        Ok(BooleanArray::new(mask, None))
    }
}
