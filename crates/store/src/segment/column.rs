//! One column of one row group in memory, on its way into a file.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use model::{SpanId, TraceId};

/// The code of a missing value.
pub(crate) const NULL: u32 = u32::MAX;

/// Distinct values of a column.
#[derive(Debug)]
pub(crate) enum Entries<'a> {
    /// UTF-8 texts.
    Text(Vec<&'a [u8]>),
    /// Integers.
    Int(Vec<i64>),
    /// Floats.
    Float(Vec<f64>),
    /// False and true, in this order.
    Bool,
    /// Trace ids.
    TraceId(Vec<TraceId>),
}

impl Entries<'_> {
    /// How many distinct values there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(entries) => entries.len(),
            Self::Int(entries) => entries.len(),
            Self::Float(entries) => entries.len(),
            Self::Bool => 2,
            Self::TraceId(entries) => entries.len(),
        }
    }
}

/// A column whose rows point into its distinct values.
#[derive(Debug)]
pub(crate) struct Coded<'a> {
    /// For each row the index of its value, or [`NULL`].
    pub(crate) codes: Vec<u32>,
    /// The distinct values.
    pub(crate) entries: Entries<'a>,
}

impl Coded<'_> {
    /// How many rows have a value.
    pub(crate) fn values(&self) -> usize {
        self.codes.iter().filter(|code| **code != NULL).count()
    }

    /// Sorts the distinct values and renumbers the rows, so that codes compare as values do.
    pub(crate) fn sort(&mut self) {
        fn order<T>(entries: &mut [T], compare: impl Fn(&T, &T) -> std::cmp::Ordering) -> Vec<u32>
        where
            T: Copy,
        {
            let mut by_value: Vec<u32> = (0..entries.len() as u32).collect();
            by_value.sort_unstable_by(|a, b| compare(&entries[*a as usize], &entries[*b as usize]));
            let sorted: Vec<T> = by_value.iter().map(|old| entries[*old as usize]).collect();
            entries.copy_from_slice(&sorted);
            let mut new_codes = vec![0; by_value.len()];
            for (new, old) in by_value.iter().enumerate() {
                new_codes[*old as usize] = new as u32;
            }
            new_codes
        }
        let new_codes = match &mut self.entries {
            Entries::Text(entries) => order(entries, |a, b| a.cmp(b)),
            Entries::Int(entries) => order(entries, Ord::cmp),
            Entries::Float(entries) => order(entries, f64::total_cmp),
            Entries::TraceId(entries) => order(entries, Ord::cmp),
            Entries::Bool => return,
        };
        for code in &mut self.codes {
            if *code != NULL {
                *code = new_codes[*code as usize];
            }
        }
    }
}

/// A column of one row group.
#[derive(Debug)]
pub(crate) enum ColumnData<'a> {
    /// Values that may repeat.
    Coded(Coded<'a>),
    /// Integers that are not expected to repeat.
    Ints(Ints),
    /// A span id on each row, unset where missing.
    SpanIds(Vec<SpanId>),
}

/// Integers that are not expected to repeat.
#[derive(Debug)]
pub(crate) struct Ints {
    /// One for each row; of no meaning where none is present.
    pub(crate) values: Vec<i64>,
    /// Which rows have one; all if unset.
    pub(crate) present: Option<Vec<bool>>,
}

impl ColumnData<'_> {
    /// A column with an integer on every row.
    pub(crate) fn every_int(values: impl Iterator<Item = i64>) -> Self {
        Self::Ints(Ints { values: values.collect(), present: None })
    }

    /// A column with an integer on some rows.
    pub(crate) fn ints(values: impl Iterator<Item = Option<i64>>) -> Self {
        let (values, present): (Vec<i64>, Vec<bool>) =
            values.map(|value| (value.unwrap_or_default(), value.is_some())).unzip();
        let all = present.iter().all(|present| *present);
        Self::Ints(Ints { values, present: (!all).then_some(present) })
    }

    /// Whether no row has a value.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Coded(coded) => coded.codes.iter().all(|code| *code == NULL),
            Self::Ints(ints) => match &ints.present {
                None => ints.values.is_empty(),
                Some(present) => present.iter().all(|present| !present),
            },
            Self::SpanIds(ids) => ids.iter().all(|id| !id.is_some()),
        }
    }
}

/// Numbers distinct values in the order in which they come.
pub(crate) struct Interner<V> {
    entries: Vec<V>,
    codes: HashTable<u32>,
    hasher: FixedState,
}

/// A value that can be told from others by its hash and equality.
pub(crate) trait Intern: Copy {
    /// Feeds the value to the hasher.
    fn hash(&self, hasher: &mut impl Hasher);
    /// Whether both are the same value; NaN is the same as itself, 0.0 is not -0.0.
    fn same(&self, other: &Self) -> bool;
}

impl Intern for &[u8] {
    fn hash(&self, hasher: &mut impl Hasher) {
        hasher.write(self);
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Intern for i64 {
    fn hash(&self, hasher: &mut impl Hasher) {
        hasher.write_i64(*self);
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Intern for f64 {
    fn hash(&self, hasher: &mut impl Hasher) {
        hasher.write_u64(self.to_bits());
    }
    fn same(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

impl Intern for TraceId {
    fn hash(&self, hasher: &mut impl Hasher) {
        hasher.write_u128(u128::from_le_bytes(*self.bytes()));
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl<V: Intern> Interner<V> {
    pub(crate) fn new() -> Self {
        Self { entries: Vec::new(), codes: HashTable::new(), hasher: FixedState::with_seed(0) }
    }

    /// The code of `value`. `last` is the code handed out before: the same value often follows.
    #[inline]
    pub(crate) fn code(&mut self, value: V, last: u32) -> u32 {
        if last != NULL && self.entries[last as usize].same(&value) {
            return last;
        }
        let hash_of = |value: &V| {
            let mut hasher = self.hasher.build_hasher();
            value.hash(&mut hasher);
            hasher.finish()
        };
        let hash = hash_of(&value);
        let entries = &self.entries;
        if let Some(code) = self.codes.find(hash, |code| entries[*code as usize].same(&value)) {
            return *code;
        }
        let code = entries.len() as u32;
        self.codes.insert_unique(hash, code, |code| hash_of(&entries[*code as usize]));
        self.entries.push(value);
        code
    }

    pub(crate) fn into_entries(self) -> Vec<V> {
        self.entries
    }
}
