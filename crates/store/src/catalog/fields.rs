//! Which columns the events of each dataset have.
//!
//! A segment holds rows of several datasets, and its columns are those of all of them. What a
//! flush sees of each dataset is noted here, once for each pair: a few bytes in the catalog and
//! four in memory, and nothing at all for a pair that is known. A pair stays as long as its
//! dataset; whether rows with the column are still there is for the segments to say.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::DatasetId;

use crate::segment::FieldId;

/// The columns of every dataset.
#[derive(Clone, Debug, Default)]
pub struct DatasetFields {
    /// Ascending.
    by_dataset: BTreeMap<DatasetId, Arc<Vec<FieldId>>>,
}

impl DatasetFields {
    /// Whether any event of a dataset in a segment has this column, or had it once.
    pub fn has(&self, dataset: DatasetId, field: FieldId) -> bool {
        self.by_dataset.get(&dataset).is_some_and(|fields| fields.binary_search(&field).is_ok())
    }

    pub(crate) fn insert(&mut self, dataset: DatasetId, field: FieldId) {
        let fields = Arc::make_mut(self.by_dataset.entry(dataset).or_default());
        if let Err(place) = fields.binary_search(&field) {
            fields.insert(place, field);
        }
    }

    pub(crate) fn forget(&mut self, dataset: DatasetId) {
        self.by_dataset.remove(&dataset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: a column is a dataset's own, noted once, until the dataset is forgotten.
    #[test]
    fn columns_are_of_their_dataset() {
        let mut fields = DatasetFields::default();
        let (one, other) = (DatasetId(1), DatasetId(2));
        for field in [9, 3, 9, 7] {
            fields.insert(one, FieldId(field));
        }
        fields.insert(other, FieldId(3));
        let of = |fields: &DatasetFields, id| {
            (0..10).filter(|field| fields.has(id, FieldId(*field))).collect::<Vec<_>>()
        };
        assert_eq!((of(&fields, one), of(&fields, other)), (vec![3, 7, 9], vec![3]));
        fields.forget(one);
        assert_eq!((of(&fields, one), of(&fields, other)), (vec![], vec![3]));
    }
}
