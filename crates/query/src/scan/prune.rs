//! What need not be read: row groups and pages in which no row can pass a condition.
//!
//! Only the bounds of values are looked at, so that leaving something out never changes an answer.
//! Conditions that are negated, and those on views that bounds say nothing about, leave nothing
//! out.

use std::ops::Range;

use model::{Base, ValueType};
use parquet::arrow::arrow_reader::RowSelection;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;
use store::{AttributeTable, FieldId, SegmentMeta};

use super::filter::{BoundFilter, ScopeFilter};
use super::rank::{Rank, rank_of};
use crate::coerce::Number;
use crate::field::{Field, View};
use crate::footer::Footer;
use crate::spec::{Comparison, Literal, Test};

/// The least and greatest value of some rows.
#[derive(Clone, Debug, PartialEq)]
enum Bounds {
    /// No row has a value.
    Nulls,
    /// Nothing is known.
    Unknown,
    Int(i64, i64),
    Float(f64, f64),
    Bool(bool, bool),
    Text(Vec<u8>, Vec<u8>),
}

/// How the numbers of a column become those of its field.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scale {
    One,
    Millis,
}

/// A column that may give a field its value.
struct Candidate {
    place: usize,
    scale: Scale,
}

/// What a segment's footer says about conditions.
pub(crate) struct Pruner<'a> {
    pub(crate) footer: &'a Footer,
    pub(crate) meta: &'a SegmentMeta,
    pub(crate) table: &'a AttributeTable,
}

impl Pruner<'_> {
    /// Whether any row of the segment can pass, by the columns that it has.
    pub(crate) fn segment_may_match(&self, conjuncts: &[BoundFilter]) -> bool {
        conjuncts.iter().all(|conjunct| self.has_columns(conjunct))
    }

    fn has_columns(&self, filter: &BoundFilter) -> bool {
        match filter {
            BoundFilter::All(parts) => parts.iter().all(|part| self.has_columns(part)),
            BoundFilter::Any(parts) => parts.iter().any(|part| self.has_columns(part)),
            BoundFilter::Is(predicate) if predicate.negated => true,
            BoundFilter::Is(predicate) => {
                predicate.field.view.is_some()
                    || self.may_be_in_rest(&predicate.field)
                    || self.candidates(&predicate.field).is_some_and(|found| !found.is_empty())
            }
        }
    }

    /// Whether any row of a row group can pass.
    pub(crate) fn group_may_match(
        &self,
        group: usize,
        scope: &ScopeFilter,
        conjuncts: &[BoundFilter],
    ) -> bool {
        let row_group = self.footer.metadata.row_group(group);
        let of_base = |base| {
            let place = self.footer.place_of(FieldId::of_base(base));
            place.map_or(Bounds::Unknown, |place| group_bounds(row_group, place))
        };
        if let Bounds::Int(first, last) = of_base(Base::Time)
            && (last < scope.range.0 || first >= scope.range.1)
        {
            return false;
        }
        if let Bounds::Int(least, greatest) = of_base(Base::Dataset)
            && !scope.ids().iter().any(|id| (least..=greatest).contains(&i64::from(id.0)))
        {
            return false;
        }
        conjuncts
            .iter()
            .all(|conjunct| self.may_match(conjunct, &|place| group_bounds(row_group, place)))
    }

    /// A rank that no row of a row group is above.
    pub(crate) fn group_rank_max(&self, group: usize, rank: &Rank) -> i64 {
        let row_group = self.footer.metadata.row_group(group);
        match rank {
            Rank::Newest => {
                let place = self.footer.place_of(FieldId::of_base(Base::Time));
                match place.map(|place| group_bounds(row_group, place)) {
                    Some(Bounds::Int(_, last)) => last,
                    _ => self.meta.time_max.nanos(),
                }
            }
            Rank::Greatest(field) => {
                if self.may_be_in_rest(field) {
                    return i64::MAX;
                }
                let Some(candidates) = self.candidates(field) else { return i64::MAX };
                let greatest = candidates.iter().map(|candidate| {
                    let scale = |value: f64| match candidate.scale {
                        Scale::One => value,
                        Scale::Millis => value / 1e6,
                    };
                    match group_bounds(row_group, candidate.place) {
                        Bounds::Int(_, greatest) => rank_of(scale(greatest as f64)),
                        Bounds::Float(_, greatest) => rank_of(scale(greatest)),
                        Bounds::Nulls => i64::MIN,
                        Bounds::Unknown | Bounds::Bool(..) | Bounds::Text(..) => i64::MAX,
                    }
                });
                greatest.max().unwrap_or(i64::MIN)
            }
        }
    }

    fn may_match(&self, filter: &BoundFilter, bounds: &dyn Fn(usize) -> Bounds) -> bool {
        match filter {
            BoundFilter::All(parts) => parts.iter().all(|part| self.may_match(part, bounds)),
            BoundFilter::Any(parts) => parts.iter().any(|part| self.may_match(part, bounds)),
            BoundFilter::Is(predicate) => {
                if predicate.negated || self.may_be_in_rest(&predicate.field) {
                    return true;
                }
                match self.candidates(&predicate.field) {
                    None => true,
                    Some(found) => found.iter().any(|candidate| {
                        may_pass(&predicate.test, &bounds(candidate.place), candidate.scale)
                    }),
                }
            }
        }
    }

    /// The rows of a group, by pages, that can pass; all if unset.
    pub(crate) fn select(
        &self,
        group: usize,
        scope: &ScopeFilter,
        conjuncts: &[BoundFilter],
    ) -> Option<RowSelection> {
        let rows = self.footer.metadata.row_group(group).num_rows() as usize;
        let mut selection: Option<RowSelection> = None;
        let mut add = |ranges: Vec<Range<usize>>| {
            if ranges.iter().map(ExactSizeIterator::len).sum::<usize>() == rows {
                return;
            }
            let part = RowSelection::from_consecutive_ranges(ranges.into_iter(), rows);
            selection = Some(match selection.take() {
                None => part,
                Some(selection) => selection.intersection(&part),
            });
        };
        for base in [Base::Time, Base::Dataset] {
            let Some(place) = self.footer.place_of(FieldId::of_base(base)) else { continue };
            let ids = scope.ids();
            add(self.page_ranges(group, place, |bounds| match (base, bounds) {
                (Base::Time, Bounds::Int(first, last)) => {
                    *last >= scope.range.0 && *first < scope.range.1
                }
                (_, Bounds::Int(least, greatest)) => {
                    ids.iter().any(|id| (*least..=*greatest).contains(&i64::from(id.0)))
                }
                _ => true,
            }));
        }
        for conjunct in conjuncts {
            let BoundFilter::Is(predicate) = conjunct else { continue };
            if predicate.negated || self.may_be_in_rest(&predicate.field) {
                continue;
            }
            let Some(candidates) = self.candidates(&predicate.field) else { continue };
            let mut ranges = Vec::new();
            for candidate in &candidates {
                ranges.extend(self.page_ranges(group, candidate.place, |bounds| {
                    may_pass(&predicate.test, bounds, candidate.scale)
                }));
            }
            add(union(ranges));
        }
        selection
    }

    /// The rows of the pages of a column whose bounds pass; all without a page index.
    fn page_ranges(
        &self,
        group: usize,
        place: usize,
        passes: impl Fn(&Bounds) -> bool,
    ) -> Vec<Range<usize>> {
        let metadata = &self.footer.metadata;
        let rows = metadata.row_group(group).num_rows() as usize;
        let index = metadata.column_index().map(|index| &index[group][place]);
        let offsets = metadata.offset_index().map(|index| index[group][place].page_locations());
        let (Some(index), Some(pages)) = (index, offsets) else {
            return std::iter::once(0..rows).collect();
        };
        let start =
            |page: usize| pages.get(page).map_or(rows, |page| page.first_row_index as usize);
        let wanted = (0..pages.len()).filter(|page| passes(&page_bounds(index, *page)));
        union(wanted.map(|page| start(page)..start(page + 1)).collect())
    }

    /// Whether a value of the field may lie in the overflow column, of which nothing is known.
    fn may_be_in_rest(&self, field: &Field) -> bool {
        field.attributes.iter().any(|name| {
            let known = self.table.columns_of(self.meta.environment, self.meta.signal, name);
            self.meta.rest.contains(&FieldId::REST)
                || known.iter().any(|column| self.meta.rest.contains(&column.id))
        })
    }

    /// Every column that may give the field its value; none if bounds say nothing about it.
    fn candidates(&self, field: &Field) -> Option<Vec<Candidate>> {
        let mut found = Vec::new();
        for name in &field.attributes {
            for kind in ValueType::ALL {
                let column = self.table.find(self.meta.environment, self.meta.signal, name, kind);
                let place = column.and_then(|column| self.footer.place_of(column.id));
                found.extend(place.map(|place| Candidate { place, scale: Scale::One }));
            }
        }
        let base = match &field.view {
            None => None,
            Some(View::Name) => Some((Base::Name, Scale::One)),
            Some(View::Status) => Some((Base::Status, Scale::One)),
            Some(View::Base(base)) => Some((*base, Scale::One)),
            Some(View::DurationMillis) => Some((Base::Duration, Scale::Millis)),
            Some(View::SinceSpanStartMillis) => Some((Base::SinceSpanStart, Scale::Millis)),
            Some(_) => return None,
        };
        if let Some((base, scale)) = base {
            let place = self.footer.place_of(FieldId::of_base(base));
            found.extend(place.map(|place| Candidate { place, scale }));
        }
        Some(found)
    }
}

/// Sorts ranges and joins those that touch.
fn union(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// Whether a value within these bounds can pass a test.
fn may_pass(test: &Test, bounds: &Bounds, scale: Scale) -> bool {
    match (test, bounds) {
        (_, Bounds::Nulls) => false,
        (_, Bounds::Unknown) | (Test::Exists, _) => true,
        (Test::Compare(comparison, literal), bounds) => {
            may_compare(*comparison, literal, bounds, scale)
        }
        (Test::OneOf(literals), bounds) => {
            literals.iter().any(|literal| may_compare(Comparison::Equal, literal, bounds, scale))
        }
        (Test::StartsWith(start), Bounds::Text(least, greatest)) => {
            let start = start.as_bytes();
            let before = &greatest[..greatest.len().min(start.len())] < start;
            let after = least.as_slice() > start && !least.starts_with(start);
            !before && !after
        }
        _ => true,
    }
}

fn may_compare(comparison: Comparison, literal: &Literal, bounds: &Bounds, scale: Scale) -> bool {
    let number = literal.number();
    match (bounds, literal) {
        (Bounds::Text(least, greatest), Literal::Text(text)) => {
            let text = text.as_bytes();
            match comparison {
                Comparison::Equal => least.as_slice() <= text && text <= greatest.as_slice(),
                Comparison::Less | Comparison::LessOrEqual => least.as_slice() <= text,
                Comparison::Greater | Comparison::GreaterOrEqual => greatest.as_slice() >= text,
            }
        }
        (Bounds::Bool(least, greatest), Literal::Bool(value)) => match comparison {
            Comparison::Equal => least <= value && value <= greatest,
            _ => true,
        },
        (Bounds::Int(least, greatest), _) if number.is_some() => {
            let number = number.unwrap_or(Number::Int(0));
            match scale {
                Scale::One => range_may_compare(
                    comparison,
                    |value: &i64| number.order_of_int(*value),
                    least,
                    greatest,
                ),
                Scale::Millis => {
                    let millis = |nanos: &i64| *nanos as f64 / 1e6;
                    range_may_compare(
                        comparison,
                        |value: &i64| millis(value).partial_cmp(&number.float()),
                        least,
                        greatest,
                    )
                }
            }
        }
        (Bounds::Float(least, greatest), _) if number.is_some() => {
            let number = number.map_or(f64::NAN, Number::float);
            range_may_compare(comparison, |value: &f64| value.partial_cmp(&number), least, greatest)
        }
        _ => true,
    }
}

/// Whether any value from `least` to `greatest` can compare so.
fn range_may_compare<T>(
    comparison: Comparison,
    order: impl Fn(&T) -> Option<std::cmp::Ordering>,
    least: &T,
    greatest: &T,
) -> bool {
    let (Some(least), Some(greatest)) = (order(least), order(greatest)) else { return true };
    match comparison {
        Comparison::Equal => least.is_le() && greatest.is_ge(),
        Comparison::Less => least.is_lt(),
        Comparison::LessOrEqual => least.is_le(),
        Comparison::Greater => greatest.is_gt(),
        Comparison::GreaterOrEqual => greatest.is_ge(),
    }
}

fn group_bounds(group: &RowGroupMetaData, place: usize) -> Bounds {
    let column = group.column(place);
    let pair = |least: Option<i64>, greatest: Option<i64>| {
        least.zip(greatest).map_or(Bounds::Unknown, |(a, b)| Bounds::Int(a, b))
    };
    match column.statistics() {
        Some(Statistics::Int32(s)) => {
            pair(s.min_opt().map(|v| i64::from(*v)), s.max_opt().map(|v| i64::from(*v)))
        }
        Some(Statistics::Int64(s)) => pair(s.min_opt().copied(), s.max_opt().copied()),
        Some(Statistics::Double(s)) => match s.min_opt().zip(s.max_opt()) {
            Some((least, greatest)) => Bounds::Float(*least, *greatest),
            None => Bounds::Unknown,
        },
        Some(Statistics::Boolean(s)) => match s.min_opt().zip(s.max_opt()) {
            Some((least, greatest)) => Bounds::Bool(*least, *greatest),
            None => Bounds::Unknown,
        },
        Some(Statistics::ByteArray(s)) => match s.min_opt().zip(s.max_opt()) {
            Some((least, greatest)) => {
                Bounds::Text(least.data().to_vec(), greatest.data().to_vec())
            }
            None => Bounds::Unknown,
        },
        _ => Bounds::Unknown,
    }
}

fn page_bounds(index: &ColumnIndexMetaData, page: usize) -> Bounds {
    if matches!(index, ColumnIndexMetaData::NONE) {
        return Bounds::Unknown;
    }
    if index.is_null_page(page) {
        return Bounds::Nulls;
    }
    match index {
        ColumnIndexMetaData::INT32(pages) => match (pages.min_value(page), pages.max_value(page)) {
            (Some(a), Some(b)) => Bounds::Int(i64::from(*a), i64::from(*b)),
            _ => Bounds::Unknown,
        },
        ColumnIndexMetaData::INT64(pages) => match (pages.min_value(page), pages.max_value(page)) {
            (Some(a), Some(b)) => Bounds::Int(*a, *b),
            _ => Bounds::Unknown,
        },
        ColumnIndexMetaData::DOUBLE(pages) => {
            match (pages.min_value(page), pages.max_value(page)) {
                (Some(a), Some(b)) => Bounds::Float(*a, *b),
                _ => Bounds::Unknown,
            }
        }
        ColumnIndexMetaData::BOOLEAN(pages) => {
            match (pages.min_value(page), pages.max_value(page)) {
                (Some(a), Some(b)) => Bounds::Bool(*a, *b),
                _ => Bounds::Unknown,
            }
        }
        ColumnIndexMetaData::BYTE_ARRAY(pages) => {
            match (pages.min_value(page), pages.max_value(page)) {
                (Some(a), Some(b)) => Bounds::Text(a.to_vec(), b.to_vec()),
                _ => Bounds::Unknown,
            }
        }
        _ => Bounds::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: bounds leave out what cannot match and never what can.
    #[test]
    fn bounds() {
        let text = |a: &str, b: &str| Bounds::Text(a.into(), b.into());
        let equal = |text: &str| Test::Compare(Comparison::Equal, Literal::Text(text.to_owned()));
        assert!(may_pass(&equal("m"), &text("a", "z"), Scale::One));
        assert!(!may_pass(&equal("~"), &text("a", "z"), Scale::One));
        assert!(may_pass(&Test::StartsWith("ab".into()), &text("abc", "b"), Scale::One));
        assert!(may_pass(&Test::StartsWith("ab".into()), &text("a", "abz"), Scale::One));
        assert!(!may_pass(&Test::StartsWith("ab".into()), &text("b", "c"), Scale::One));
        assert!(!may_pass(&Test::StartsWith("ab".into()), &text("a", "aa"), Scale::One));
        let at_least = |n| Test::Compare(Comparison::GreaterOrEqual, Literal::Int(n));
        assert!(may_pass(&at_least(500), &Bounds::Int(200, 500), Scale::One));
        assert!(!may_pass(&at_least(501), &Bounds::Int(200, 500), Scale::One));
        assert!(may_pass(&at_least(10), &Bounds::Int(0, 10_000_000), Scale::Millis));
        assert!(!may_pass(&at_least(11), &Bounds::Int(0, 10_000_000), Scale::Millis));
        let text_number = Test::Compare(Comparison::Equal, Literal::Text("7".into()));
        assert!(!may_pass(&text_number, &Bounds::Int(8, 9), Scale::One));
        assert!(may_pass(&equal("x"), &Bounds::Int(8, 9), Scale::One));
        assert!(!may_pass(&Test::Exists, &Bounds::Nulls, Scale::One));
    }

    /// Guarantees: ranges that touch or overlap become one.
    #[test]
    fn unions() {
        assert_eq!(union(vec![5..7, 0..2, 2..3, 6..9]), [0..3, 5..9]);
    }
}
