//! Builds a batch row by row, on the hot path of ingest.
//!
//! Cost per attribute: one comparison with the name that followed the previous name last time
//! (which nearly always holds, since spans of one place in a program carry the same attributes in
//! the same order), then two pushes. Only when the guess fails is the name hashed.

use std::hash::{BuildHasher, Hasher};

use bytes::Bytes;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::column::{Column, Key, Run};
use super::text::{TextBuffer, TextRef};
use super::{Batch, DatasetRun, Heads, HourRows};
use crate::{
    Base, RowKind, Scalar, Signal, SpanId, SpanKind, Timestamp, TraceId, Value, ValueType,
};

/// Stands for "no name" in the chain of guesses.
const NO_NAME: u32 = u32::MAX;

/// What every row has, attributes aside.
#[derive(Clone, Copy, Debug)]
pub struct RowHead<'a> {
    /// When it happened.
    pub time: Timestamp,
    /// What the row is.
    pub kind: RowKind,
    /// Its trace.
    pub trace_id: TraceId,
    /// Its own span id.
    pub span_id: SpanId,
    /// The span above.
    pub parent_id: SpanId,
    /// Its name.
    pub name: &'a str,
    /// The part a span plays.
    pub span_kind: SpanKind,
    /// The outcome of its span.
    pub status: u8,
    /// A span's duration, ns.
    pub duration: i64,
    /// How many events it stands for.
    pub sample_rate: u32,
}

/// A state of the builder to which [`BatchBuilder::roll_back`] returns.
#[derive(Clone, Copy, Debug)]
pub struct Mark(u32);

/// A name seen in this batch.
#[derive(Debug)]
struct Name {
    text: TextRef,
    /// Its columns by type, as index + 1; 0 where it has none.
    columns: [u32; ValueType::ALL.len()],
    /// The last row that got a cell of this name, as row + 1.
    row: u32,
    row_type: ValueType,
    /// The last run that has a value of this name, as the run's number, and where the value is.
    run: u32,
    run_value: usize,
    /// The name that followed this one last time.
    next: u32,
}

/// A value that holds for the run being built.
#[derive(Debug)]
struct RunValue {
    column: RunColumn,
    value: Scalar,
    /// Rows with a value of another type under the same name, ascending: the run must skip them.
    excluded: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
enum RunColumn {
    Base(Base),
    Name(u32),
}

/// Builds a [`Batch`].
///
/// Rows come in runs: [`start_run`](Self::start_run), the values that hold for all its rows, the
/// rows, [`end_run`](Self::end_run). Within a row, a later value of a name replaces an earlier one,
/// and a row's own value replaces its run's.
#[derive(Debug)]
pub struct BatchBuilder {
    signal: Signal,
    text: TextBuffer,
    datasets: Vec<DatasetRun>,
    heads: Heads,
    columns: Vec<Column>,
    base_columns: [u32; Base::ALL.len() + 16],
    names: Vec<Name>,
    names_by_hash: HashTable<u32>,
    hasher: FixedState,
    /// The first name of rows of a kind, last time.
    first_names: [u32; RowKind::ALL.len() + 1],
    /// The name before the one now looked up; `NO_NAME` at the start of a row.
    previous_name: u32,
    run: u32,
    run_start: u32,
    run_dataset: String,
    run_values: Vec<RunValue>,
}

impl BatchBuilder {
    /// An empty batch of `signal`. Slices of `body` will be pointed to, other text copied. The seed
    /// keeps clients from aiming at one hash bucket.
    pub fn new(signal: Signal, body: Bytes, seed: u64) -> Self {
        Self {
            signal,
            text: TextBuffer::new(body),
            datasets: Vec::new(),
            heads: Heads::default(),
            columns: Vec::new(),
            base_columns: [0; Base::ALL.len() + 16],
            names: Vec::new(),
            names_by_hash: HashTable::new(),
            hasher: FixedState::with_seed(seed),
            first_names: [NO_NAME; RowKind::ALL.len() + 1],
            previous_name: NO_NAME,
            run: 0,
            run_start: 0,
            run_dataset: String::new(),
            run_values: Vec::new(),
        }
    }

    /// How many rows there are so far.
    pub fn rows(&self) -> u32 {
        self.heads.time.len() as u32
    }

    /// How many names of attributes there are so far.
    pub fn names(&self) -> usize {
        self.names.len()
    }

    /// Whether an attribute of this name was met.
    pub fn knows(&self, name: &str) -> bool {
        self.lookup(name.as_bytes()).is_some()
    }

    /// Opens a run of rows of the dataset `name`.
    pub fn start_run(&mut self, name: &str) {
        self.run += 1;
        self.run_start = self.rows();
        name.clone_into(&mut self.run_dataset);
        self.run_values.clear();
        self.previous_name = NO_NAME;
    }

    /// An attribute of every row of the run; a later one of the same name replaces an earlier one.
    pub fn run_attribute(&mut self, name: &str, value: Value<'_>) {
        let value = self.scalar(value);
        let index = self.find_name(name.as_bytes());
        let entry = &mut self.names[index as usize];
        if entry.run == self.run {
            self.run_values[entry.run_value].value = value;
            return;
        }
        entry.run = self.run;
        entry.run_value = self.run_values.len();
        let column = RunColumn::Name(index);
        self.run_values.push(RunValue { column, value, excluded: Vec::new() });
    }

    /// A base column's value on every row of the run.
    pub fn run_base(&mut self, base: Base, value: Value<'_>) {
        debug_assert!(base.is_sparse() && base.value_type() == value.value_type());
        let value = self.scalar(value);
        let column = RunColumn::Base(base);
        self.run_values.push(RunValue { column, value, excluded: Vec::new() });
    }

    /// The value that the run gives to a name, if any.
    pub fn run_has(&self, name: &str) -> bool {
        self.lookup(name.as_bytes()).is_some_and(|name| self.names[name].run == self.run)
    }

    /// Closes the run.
    pub fn end_run(&mut self) {
        let rows = self.run_start..self.rows();
        let values = std::mem::take(&mut self.run_values);
        if rows.is_empty() {
            return;
        }
        for RunValue { column, value, excluded } in values {
            let column = match column {
                RunColumn::Base(base) => self.base_column(base),
                RunColumn::Name(name) => self.attribute_column(name, value.value_type()),
            };
            let runs = &mut self.columns[column].runs;
            let mut start = rows.start;
            for row in excluded.into_iter().chain([rows.end]) {
                if start < row {
                    runs.push(Run { rows: start..row, value });
                }
                start = row + 1;
            }
        }
        match self.datasets.last_mut() {
            Some(last) if last.name == self.run_dataset => last.rows.end = rows.end,
            _ => {
                let name = std::mem::take(&mut self.run_dataset);
                self.datasets.push(DatasetRun { rows, name });
            }
        }
    }

    /// Opens a row of the present run.
    pub fn start_row(&mut self, head: &RowHead<'_>) {
        let name = self.text.add(head.name.as_bytes());
        let heads = &mut self.heads;
        heads.time.push(head.time);
        heads.kind.push(head.kind);
        heads.trace_id.push(head.trace_id);
        heads.span_id.push(head.span_id);
        heads.parent_id.push(head.parent_id);
        heads.name.push(name);
        heads.span_kind.push(head.span_kind);
        heads.status.push(head.status);
        heads.duration.push(head.duration);
        heads.sample_rate.push(head.sample_rate);
        self.previous_name = NO_NAME;
    }

    /// An attribute of the present row.
    pub fn attribute(&mut self, name: &str, value: Value<'_>) {
        let value = self.scalar(value);
        let kind = value.value_type();
        let row = self.rows() - 1;
        let index = self.find_name(name.as_bytes());
        let entry = &mut self.names[index as usize];
        if entry.row == row + 1 {
            // The same name twice on a row: the later value counts.
            let column = entry.columns[entry.row_type as usize] as usize - 1;
            self.columns[column].truncate(row);
        }
        entry.row = row + 1;
        entry.row_type = kind;
        if entry.run == self.run {
            let run_value = &mut self.run_values[entry.run_value];
            let hides = run_value.value.value_type() != kind;
            if hides && run_value.excluded.last() != Some(&row) {
                run_value.excluded.push(row);
            }
        }
        let column = self.attribute_column(index, kind);
        self.columns[column].push(row, value);
    }

    /// Whether the present row has an attribute of this name, of its own or from its run.
    pub fn row_has(&self, name: &str) -> bool {
        let Some(name) = self.lookup(name.as_bytes()) else { return false };
        let name = &self.names[name];
        name.row == self.rows() || name.run == self.run
    }

    /// A sparse base column's value on the present row.
    pub fn base(&mut self, base: Base, value: Value<'_>) {
        debug_assert!(base.is_sparse() && base.value_type() == value.value_type());
        let value = self.scalar(value);
        let row = self.rows() - 1;
        let column = self.base_column(base);
        self.columns[column].push(row, value);
    }

    /// Remembers the present state within a run.
    pub fn mark(&self) -> Mark {
        Mark(self.rows())
    }

    /// Drops the rows since `mark`, which must be of the present run.
    pub fn roll_back(&mut self, mark: Mark) {
        let Mark(row) = mark;
        debug_assert!(row >= self.run_start, "a mark is used within its run");
        if row == self.rows() {
            // Most faults are found before a row begins, and what follows looks at every column.
            return;
        }
        let heads = &mut self.heads;
        let keep = row as usize;
        heads.time.truncate(keep);
        heads.kind.truncate(keep);
        heads.trace_id.truncate(keep);
        heads.span_id.truncate(keep);
        heads.parent_id.truncate(keep);
        heads.name.truncate(keep);
        heads.span_kind.truncate(keep);
        heads.status.truncate(keep);
        heads.duration.truncate(keep);
        heads.sample_rate.truncate(keep);
        for column in &mut self.columns {
            column.truncate(row);
        }
        for name in &mut self.names {
            name.row = if name.row > row { 0 } else { name.row };
        }
        for value in &mut self.run_values {
            value.excluded.retain(|excluded| *excluded < row);
        }
    }

    /// The finished batch. Every run must have been ended.
    pub fn finish(mut self) -> Batch {
        self.columns.retain(|column| !column.is_empty());
        if self.text.is_wasteful() {
            self.copy_text_out();
        }
        let row_bytes = size_of::<Timestamp>()
            + size_of::<TraceId>()
            + 2 * size_of::<SpanId>()
            + size_of::<TextRef>()
            + size_of::<i64>()
            + size_of::<u32>()
            + 3;
        let bytes = size_of::<Batch>()
            + self.text.bytes()
            + self.heads.time.capacity() * row_bytes
            + self.columns.iter().map(Column::bytes).sum::<usize>();
        Batch {
            signal: self.signal,
            hours: hours_of(&self.heads.time),
            text: self.text,
            datasets: self.datasets,
            heads: self.heads,
            columns: self.columns,
            bytes,
        }
    }

    /// Copies every text into an arena of its own, so that a large body with little in it is freed.
    fn copy_text_out(&mut self) {
        let mut arena = Vec::new();
        let text = &self.text;
        let mut relocate = |reference: &mut TextRef| text.relocate(reference, &mut arena);
        self.heads.name.iter_mut().for_each(&mut relocate);
        for column in &mut self.columns {
            if let Key::Attribute(name) = &mut column.key {
                relocate(name);
            }
            for run in &mut column.runs {
                if let Scalar::Text(value) = &mut run.value {
                    relocate(value);
                }
            }
            if let super::Values::Text(values) = &mut column.values {
                values.iter_mut().for_each(&mut relocate);
            }
        }
        arena.shrink_to_fit();
        self.text.replace(arena);
    }

    #[inline]
    fn scalar(&mut self, value: Value<'_>) -> Scalar {
        match value {
            Value::Text(text) => Scalar::Text(self.text.add(text.as_bytes())),
            Value::Int(int) => Scalar::Int(int),
            Value::Float(float) => Scalar::Float(float),
            Value::Bool(bool) => Scalar::Bool(bool),
        }
    }

    fn base_column(&mut self, base: Base) -> usize {
        let slot = &mut self.base_columns[usize::from(base.code())];
        if *slot == 0 {
            self.columns.push(Column::new(Key::Base(base), base.value_type()));
            *slot = self.columns.len() as u32;
        }
        *slot as usize - 1
    }

    #[inline]
    fn attribute_column(&mut self, name: u32, kind: ValueType) -> usize {
        let name = &mut self.names[name as usize];
        let slot = &mut name.columns[kind as usize];
        if *slot == 0 {
            self.columns.push(Column::new(Key::Attribute(name.text), kind));
            *slot = self.columns.len() as u32;
        }
        *slot as usize - 1
    }

    /// The index of a name, new ones included: by guess, else by hash.
    #[inline]
    fn find_name(&mut self, name: &[u8]) -> u32 {
        let guess = *self.next_name();
        if guess != NO_NAME && self.text.get(self.names[guess as usize].text) == name {
            self.previous_name = guess;
            return guess;
        }
        let found = self.find_or_add_name(name);
        *self.next_name() = found;
        self.previous_name = found;
        found
    }

    #[inline]
    fn next_name(&mut self) -> &mut u32 {
        match self.previous_name {
            NO_NAME => {
                let kind = self.heads.kind.last().map_or(0, |kind| usize::from(kind.code()));
                &mut self.first_names[kind]
            }
            previous => &mut self.names[previous as usize].next,
        }
    }

    fn find_or_add_name(&mut self, name: &[u8]) -> u32 {
        if let Some(found) = self.lookup(name) {
            return found as u32;
        }
        let index = self.names.len() as u32;
        self.names.push(Name {
            text: self.text.add(name),
            columns: [0; ValueType::ALL.len()],
            row: 0,
            row_type: ValueType::Text,
            run: 0,
            run_value: 0,
            next: NO_NAME,
        });
        let (names, text, hasher) = (&self.names, &self.text, &self.hasher);
        self.names_by_hash.insert_unique(hash(hasher, name), index, |index| {
            hash(hasher, text.get(names[*index as usize].text))
        });
        index
    }

    fn lookup(&self, name: &[u8]) -> Option<usize> {
        self.names_by_hash
            .find(hash(&self.hasher, name), |index| {
                self.text.get(self.names[*index as usize].text) == name
            })
            .map(|index| *index as usize)
    }
}

fn hash(hasher: &FixedState, name: &[u8]) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(name);
    hasher.finish()
}

/// Counts rows by hour.
fn hours_of(times: &[Timestamp]) -> Vec<HourRows> {
    let mut hours: Vec<HourRows> = Vec::new();
    let mut last = 0;
    for time in times {
        let hour = time.hour();
        match hours.get_mut(last) {
            Some(entry) if entry.hour == hour => entry.rows += 1,
            _ => match hours.binary_search_by_key(&hour, |entry| entry.hour) {
                Ok(found) => {
                    hours[found].rows += 1;
                    last = found;
                }
                Err(place) => {
                    hours.insert(place, HourRows { hour, rows: 1 });
                    last = place;
                }
            },
        }
    }
    hours
}

#[cfg(test)]
mod tests;
