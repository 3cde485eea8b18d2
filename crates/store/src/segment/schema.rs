//! The columns of a segment's file: their ids, names and physical types.
//!
//! A segment has just the columns that its rows have. Field ids are the catalog's, so that a column
//! renamed or one of two under a name is still the same column to every reader; base columns keep
//! their own small numbers.

use std::sync::Arc;

use model::{Base, Error, Result, ValueType};
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::schema::types::{SchemaDescriptor, Type};
use serde::{Deserialize, Serialize};

/// Ids below this are base columns.
const ATTRIBUTE_ID_MIN: u32 = 1_000;

/// The id of a column in files and catalog: a base column's number, or an attribute's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldId(pub u32);

impl FieldId {
    /// The overflow column: JSON text of the attributes beyond the file's columns.
    pub const REST: Self = Self(255);
    /// The id of the first attribute ever seen.
    pub const FIRST_ATTRIBUTE: Self = Self(ATTRIBUTE_ID_MIN);

    /// The id of a base column.
    pub const fn of_base(base: Base) -> Self {
        Self(base.code() as u32)
    }

    /// The base column of this id.
    pub fn base(self) -> Option<Base> {
        u8::try_from(self.0).ok().and_then(Base::from_code)
    }

    /// Whether it is an attribute's.
    pub const fn is_attribute(self) -> bool {
        self.0 >= ATTRIBUTE_ID_MIN
    }
}

/// How a column's values lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Physical {
    /// Nanoseconds since the epoch.
    Timestamp,
    /// A small integer.
    Int32,
    /// An integer.
    Int64,
    /// A float.
    Double,
    /// A truth value.
    Boolean,
    /// UTF-8 text.
    Text,
    /// Text of which every value in the file is a UUID in its canonical spelling: 16 bytes.
    Uuid,
    /// A trace id: 16 bytes.
    TraceId,
    /// A span id: 8 bytes.
    SpanId,
}

impl Physical {
    /// How a base column lies.
    pub fn of_base(base: Base) -> Self {
        match base {
            Base::Time | Base::Arrival => Self::Timestamp,
            Base::TraceId => Self::TraceId,
            Base::SpanId | Base::ParentId => Self::SpanId,
            Base::Dataset | Base::Kind | Base::SpanKind | Base::Status | Base::SampleRate => {
                Self::Int32
            }
            other => Self::of_value(other.value_type()),
        }
    }

    /// How values of a type lie, UUIDs aside.
    pub const fn of_value(kind: ValueType) -> Self {
        match kind {
            ValueType::Text => Self::Text,
            ValueType::Int => Self::Int64,
            ValueType::Float => Self::Double,
            ValueType::Bool => Self::Boolean,
        }
    }
}

/// One column of a segment's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentColumn {
    /// Its id.
    pub field: FieldId,
    /// Its name in the file.
    pub name: String,
    /// How its values lie.
    pub physical: Physical,
}

impl SegmentColumn {
    /// The file column of a base column.
    pub fn of_base(base: Base) -> Self {
        Self {
            field: FieldId::of_base(base),
            name: base.name().to_owned(),
            physical: Physical::of_base(base),
        }
    }

    /// The overflow column.
    pub fn rest() -> Self {
        Self { field: FieldId::REST, name: "_rest".to_owned(), physical: Physical::Text }
    }

    /// Whether its values are text, however they lie.
    pub fn is_text(&self) -> bool {
        matches!(self.physical, Physical::Text | Physical::Uuid)
    }

    /// Whether every row has a value.
    pub fn is_required(&self) -> bool {
        matches!(
            self.field.base(),
            Some(Base::Time | Base::Dataset | Base::Kind | Base::SampleRate)
                | Some(Base::Arrival | Base::Lsn | Base::Index)
        )
    }

    fn parquet_type(&self) -> Result<Type> {
        let (physical, logical, length) = match self.physical {
            Physical::Timestamp => {
                let timestamp = LogicalType::timestamp(true, TimeUnit::NANOS);
                (PhysicalType::INT64, Some(timestamp), None)
            }
            Physical::Int32 => (PhysicalType::INT32, None, None),
            Physical::Int64 => (PhysicalType::INT64, None, None),
            Physical::Double => (PhysicalType::DOUBLE, None, None),
            Physical::Boolean => (PhysicalType::BOOLEAN, None, None),
            Physical::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String), None),
            Physical::Uuid => {
                (PhysicalType::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Uuid), Some(16))
            }
            Physical::TraceId => (PhysicalType::FIXED_LEN_BYTE_ARRAY, None, Some(16)),
            Physical::SpanId => (PhysicalType::FIXED_LEN_BYTE_ARRAY, None, Some(8)),
        };
        let repetition =
            if self.is_required() { Repetition::REQUIRED } else { Repetition::OPTIONAL };
        let id = i32::try_from(self.field.0).map_err(|_| Error::bug("field id out of range"))?;
        Type::primitive_type_builder(&self.name, physical)
            .with_repetition(repetition)
            .with_logical_type(logical)
            .with_length(length.unwrap_or(-1))
            .with_id(Some(id))
            .build()
            .map_err(|error| Error::bug("describing a column").because(error))
    }
}

/// The schema of a file with these columns.
pub(crate) fn schema_of(columns: &[SegmentColumn]) -> Result<Arc<SchemaDescriptor>> {
    let fields = columns
        .iter()
        .map(|column| column.parquet_type().map(Arc::new))
        .collect::<Result<Vec<_>>>()?;
    let root = Type::group_type_builder("segment")
        .with_fields(fields)
        .build()
        .map_err(|error| Error::bug("describing a segment").because(error))?;
    Ok(Arc::new(SchemaDescriptor::new(Arc::new(root))))
}
