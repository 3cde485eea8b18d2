//! Which points share a row.
//!
//! Points are gathered first and rows built afterwards, because a row is complete only when the
//! whole request has been read. A point that would replace a number of its row goes to the next row
//! of the same key, so that each metric's first points are together, and its second ones.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use model::{BatchBuilder, Error, Result, RowHead, RowKind, SpanId, SpanKind, Timestamp, TraceId};

use super::key::RowKey;
use super::name::{Column, Names, Suffix};
use super::parts::{Number, Shape, attributes_of};
use crate::attributes::{Trouble, flatten, text};
use crate::sample_rate::{CHOSEN_FIRST, CHOSEN_SECOND};
use crate::scope::{ResourceParts, RunRates, ScopeParts, open_run};
use crate::traces::put_original_time;
use crate::unpack::AsTheyCame;
use crate::walk::ROWS_MAX;
use crate::wire::{Message, WireError};

/// Most numbers of a request: one takes many times the few bytes that a bucket takes in a body.
/// A collector sends eight thousand points at once, which are a tenth of this as histograms.
const VALUES_MAX: usize = 2_000_000;

/// The time of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) time: Timestamp,
    /// The time as sent, where it is beyond what can be represented.
    pub(super) original: Option<u64>,
}

/// Where a point belongs, and where its attributes are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) run: u32,
    pub(super) moment: Moment,
    pub(super) shape: Shape,
    pub(super) point: Message<'a>,
}

/// A resource and one of its scopes.
#[derive(Debug)]
struct Run<'a> {
    resource: usize,
    scope: ScopeParts<'a>,
}

/// A number of a row.
#[derive(Clone, Copy, Debug)]
struct Cell {
    row: u32,
    column: Column,
    number: Number,
}

/// The points of a request.
#[derive(Debug)]
pub(super) struct Merged<'a> {
    resources: Vec<(String, ResourceParts<'a>)>,
    runs: Vec<Run<'a>>,
    runs_by_key: HashMap<Box<[u8]>, u32, FixedState>,
    /// Each row's place is that of its first point.
    rows: Vec<Place<'a>>,
    /// The first row of a key.
    rows_by_key: HashMap<Box<[u8]>, u32, FixedState>,
    /// Later rows of the key of a first row, by their place among them, which begins at 1.
    later_rows: HashMap<(u32, u32), u32, FixedState>,
    /// How many rows of the key of a first row have a number in a column.
    filled: HashMap<(u32, Column), u32, FixedState>,
    names: Names<'a>,
    /// Columns of the point that is being added.
    columns: Vec<Column>,
    cells: Vec<Cell>,
}

impl<'a> Merged<'a> {
    /// The seed keeps clients from aiming at one hash bucket.
    pub(super) fn new(seed: u64) -> Self {
        let hasher = || FixedState::with_seed(seed);
        Self {
            resources: Vec::new(),
            runs: Vec::new(),
            runs_by_key: HashMap::with_hasher(hasher()),
            rows: Vec::new(),
            rows_by_key: HashMap::with_hasher(hasher()),
            later_rows: HashMap::with_hasher(hasher()),
            filled: HashMap::with_hasher(hasher()),
            names: Names::new(hasher()),
            columns: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// Adds a resource; runs refer to it by the number returned.
    pub(super) fn add_resource(&mut self, dataset: String, resource: ResourceParts<'a>) -> usize {
        self.resources.push((dataset, resource));
        self.resources.len() - 1
    }

    /// The run of a resource and a scope: an earlier one if they are equal.
    pub(super) fn add_run(
        &mut self,
        key: &mut RowKey,
        resource: usize,
        scope: ScopeParts<'a>,
    ) -> Result<u32, Trouble> {
        let parts = &self.resources[resource].1;
        let mut texts = [""; 4];
        let named = [parts.schema_url, scope.schema_url, scope.name, scope.version];
        for (into, message) in texts.iter_mut().zip(named) {
            *into = message.map_or(Ok(""), |message| text(message, "a scope's name or schema"))?;
        }
        key.write_shared([&parts.attributes, &scope.attributes], &texts)?;
        if let Some(run) = self.runs_by_key.get(key.bytes()) {
            return Ok(*run);
        }
        let run = self.runs.len() as u32;
        self.runs.push(Run { resource, scope });
        self.runs_by_key.insert(key.bytes().into(), run);
        Ok(run)
    }

    /// Adds a point with these numbers to the row of its key.
    pub(super) fn add(
        &mut self,
        key: &RowKey,
        place: Place<'a>,
        metric: &'a str,
        numbers: &[(Suffix, Number)],
    ) -> Result<(), Trouble> {
        let too_many = |what: String| Trouble::Wire(WireError::new(place.point.start, what));
        if self.cells.len() + numbers.len() > VALUES_MAX {
            return Err(too_many(format!("more than {VALUES_MAX} numbers: send less at once")));
        }
        if self.rows.len() >= ROWS_MAX as usize {
            return Err(too_many(format!("more than {ROWS_MAX} events: send less at once")));
        }
        self.columns.clear();
        for (suffix, _) in numbers {
            let column = self.names.column(metric, *suffix);
            self.columns.push(column.map_err(|error| too_many(error.to_string()))?);
        }
        let first = match self.rows_by_key.get(key.bytes()) {
            Some(first) => *first,
            None => {
                let first = self.push_row(place);
                self.rows_by_key.insert(key.bytes().into(), first);
                first
            }
        };
        let row = self.free_row(first, place);
        let numbers = self.columns.iter().zip(numbers);
        self.cells.extend(numbers.map(|(column, (_, number))| Cell {
            row,
            column: *column,
            number: *number,
        }));
        Ok(())
    }

    /// The row of a key behind all that have one of the columns; they are then filled in it.
    fn free_row(&mut self, first: u32, place: Place<'a>) -> u32 {
        let filled = |column: &Column| self.filled.get(&(first, *column)).copied().unwrap_or(0);
        let nth = self.columns.iter().map(filled).max().unwrap_or(0);
        for column in &self.columns {
            self.filled.insert((first, *column), nth + 1);
        }
        if nth == 0 {
            return first;
        }
        if let Some(row) = self.later_rows.get(&(first, nth)) {
            return *row;
        }
        let row = self.push_row(place);
        self.later_rows.insert((first, nth), row);
        row
    }

    fn push_row(&mut self, place: Place<'a>) -> u32 {
        self.rows.push(place);
        self.rows.len() as u32 - 1
    }

    /// Builds the rows: run by run, each in the order in which its first point came.
    pub(super) fn build(mut self, builder: &mut BatchBuilder) -> Result<()> {
        let cells = std::mem::take(&mut self.cells);
        drop((self.rows_by_key, self.later_rows, self.filled));
        let rows = Rows {
            resources: &self.resources,
            runs: &self.runs,
            places: &self.rows,
            names: &self.names,
        };
        rows.build(cells, builder).map_err(|trouble| match trouble {
            Trouble::Wire(error) => error.into(),
            // Whatever can be wrong was found when the keys were made.
            Trouble::Fault(fault) => {
                Error::bug(format!("{}: {}", fault.reason.words(), fault.detail))
            }
        })
    }
}

/// What rows are built of.
struct Rows<'r, 'a> {
    resources: &'r [(String, ResourceParts<'a>)],
    runs: &'r [Run<'a>],
    places: &'r [Place<'a>],
    names: &'r Names<'a>,
}

impl Rows<'_, '_> {
    fn build(&self, mut cells: Vec<Cell>, builder: &mut BatchBuilder) -> Result<(), Trouble> {
        let run_of = |cell: &Cell| self.places[cell.row as usize].run;
        cells.sort_by_key(|cell| (run_of(cell), cell.row));
        let mut attributes = Vec::new();
        let mut column_name = String::new();
        for of_run in cells.chunk_by(|one, other| run_of(one) == run_of(other)) {
            self.open(run_of(&of_run[0]), builder)?;
            for of_row in of_run.chunk_by(|one, other| one.row == other.row) {
                let place = self.places[of_row[0].row as usize];
                builder.start_row(&head(place.moment.time));
                attributes_of(place.shape, place.point, &mut attributes)?;
                for attribute in &attributes {
                    flatten(attribute, &mut |name, value| builder.attribute(name, value))?;
                }
                for cell in of_row {
                    self.put(cell, &mut column_name, builder);
                }
                put_original_time(builder, place.moment.original);
            }
            builder.end_run();
        }
        Ok(())
    }

    fn open(&self, run: u32, builder: &mut BatchBuilder) -> Result<(), Trouble> {
        let Run { resource, scope } = &self.runs[run as usize];
        let (dataset, resource) = &self.resources[*resource];
        let RunRates { first, second } = open_run(builder, dataset, resource, scope, &AsTheyCame)?;
        // A point sums up what was measured and stands for itself alone, whatever is sampled.
        for (name, value) in [(CHOSEN_FIRST, first), (CHOSEN_SECOND, second)] {
            if let Some(value) = value {
                builder.run_attribute(name, value.value());
            }
        }
        Ok(())
    }

    fn put(&self, cell: &Cell, column_name: &mut String, builder: &mut BatchBuilder) {
        use std::fmt::Write as _;
        let value = cell.number.value();
        match self.names.text(cell.column) {
            // It lies in the body and need not be copied.
            (name, Suffix::NONE) => builder.attribute(name, value),
            (name, suffix) => {
                column_name.clear();
                write!(column_name, "{name}{suffix}").expect("a string takes any text");
                builder.attribute(column_name, value);
            }
        }
    }
}

fn head(time: Timestamp) -> RowHead<'static> {
    RowHead {
        time,
        kind: RowKind::MetricPoint,
        trace_id: TraceId::NONE,
        span_id: SpanId::NONE,
        parent_id: SpanId::NONE,
        name: "",
        span_kind: SpanKind::Unspecified,
        status: 0,
        duration: 0,
        sample_rate: 1,
    }
}
