//! A trace as columns: a list for each property, with a place for each span.
//!
//! ```text
//! {"trace_id", "t0": "NS",                  the start of the earliest row, ns since the epoch
//!  "spans": {"id": "16 hex digits a span, joined",
//!            "parent": [span or -1],         -1: none, or one that is not here
//!            "name": [place in names], "names": [],
//!            "svc": [place in svcs], "svcs": [],
//!            "start": [us after t0], "dur": [us],
//!            "status": [0 unset, 1 ok, 2 error], "kind": [0 unspecified, 1 internal, 2 server,
//!                                                        3 client, 4 producer, 5 consumer],
//!            "logs": [log lines], "errs": [exceptions],
//!            "missing_parent": [place in missing or -1]},   the parent that is not here
//!  "events": {"span": [span or -1], "t": [us after t0], "name": [place in names]},
//!  "links":  {"span": [span or -1], "trace_id": [], "span_id": []},
//!  "logs":   {"span": [span or -1], "t": [us after t0], "severity": [1 to 24, or 0], "body": []},
//!  "missing": [ids of spans above others that are not here], "doubled": N, "unreadable": [files],
//!  "attributes": {"spans": [{}], "events": [{}], "links": [{}], "logs": [{}]}}   if asked for
//! ```
//!
//! Plain events that have a span id are spans too (`event_span.rs`).
//!
//! Times are whole microseconds, or have decimals down to the nanosecond where there are any.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use honeycomb::render;
use model::{Base, SpanId, TraceId};
use query::{Datum, TraceAnswer, WholeRow};
use serde_json::{Value, json};

use super::event_span::{self, name_of};

/// The name that OpenTelemetry gives to events that are exceptions.
const EXCEPTION: &str = "exception";

/// Texts that many rows share, each once.
#[derive(Default)]
struct Texts<'a> {
    texts: Vec<&'a str>,
    places: HashMap<&'a str, usize>,
}

impl<'a> Texts<'a> {
    fn place(&mut self, text: &'a str) -> usize {
        *self.places.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() - 1
        })
    }
}

/// A trace as columns, with every attribute if `all`.
pub(super) fn columns(id: TraceId, answer: &TraceAnswer, all: bool) -> Value {
    let rows =
        || [&answer.spans, &answer.events, &answer.links, &answer.logs].into_iter().flatten();
    let t0 = rows().map(|row| row.time.nanos()).min().unwrap_or(0);
    let mut places: HashMap<SpanId, usize> = HashMap::with_capacity(answer.spans.len());
    for (place, span) in answer.spans.iter().enumerate() {
        places.entry(span.span_id).or_insert(place);
    }
    let place_of = |id: SpanId| places.get(&id).map_or(-1, |place| *place as i64);
    let owners =
        |rows: &[WholeRow]| rows.iter().map(|row| place_of(row.parent_id)).collect::<Vec<_>>();
    let times = |rows: &[WholeRow]| {
        rows.iter().map(|row| micros(row.time.nanos() - t0)).collect::<Vec<_>>()
    };
    let mut names = Texts::default();
    let event_names: Vec<usize> =
        answer.events.iter().map(|event| names.place(name_of(event))).collect();
    let missing: BTreeSet<SpanId> = rows()
        .map(|row| row.parent_id)
        .filter(|parent| parent.is_some() && !places.contains_key(parent))
        .collect();
    let missing: Vec<SpanId> = missing.into_iter().collect();
    let mut spans = spans(answer, t0, &place_of, &mut names);
    let lost = answer.spans.iter().map(|span| span.parent_id);
    let lost = lost.map(|id| missing.binary_search(&id).map_or(-1, |place| place as i64));
    spans["missing_parent"] = lost.collect::<Vec<_>>().into();
    let hex = |base: Base| {
        let text =
            move |row: &WholeRow| row.sparse(base).and_then(Datum::text).unwrap_or("").to_owned();
        answer.links.iter().map(text).collect::<Vec<_>>()
    };
    let mut body = json!({
        "trace_id": id.to_string(),
        "t0": t0.to_string(),
        "spans": spans,
        "events": {
            "span": owners(&answer.events),
            "t": times(&answer.events),
            "name": event_names,
        },
        "links": {
            "span": owners(&answer.links),
            "trace_id": hex(Base::LinkTraceId),
            "span_id": hex(Base::LinkSpanId),
        },
        "logs": {
            "span": owners(&answer.logs),
            "t": times(&answer.logs),
            "severity": answer.logs.iter().map(severity).collect::<Vec<_>>(),
            "body": answer.logs.iter().map(text_of).collect::<Vec<_>>(),
        },
        "missing": missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "doubled": answer.doubled,
        "unreadable": answer.statistics.unreadable,
    });
    if all {
        let maps = |rows: &[WholeRow]| rows.iter().map(render::attributes).collect::<Vec<_>>();
        body["attributes"] = json!({
            "spans": maps(&answer.spans),
            "events": maps(&answer.events),
            "links": maps(&answer.links),
            "logs": maps(&answer.logs),
        });
    }
    body
}

fn spans<'a>(
    answer: &'a TraceAnswer,
    t0: i64,
    place_of: &impl Fn(SpanId) -> i64,
    names: &mut Texts<'a>,
) -> Value {
    let count = answer.spans.len();
    let mut ids = String::with_capacity(count * 16);
    let mut services = Texts::default();
    let (mut name, mut service) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for span in &answer.spans {
        write!(ids, "{}", span.span_id).expect("a string takes all that is written");
        name.push(names.place(name_of(span)));
        let of = event_span::service_of(span);
        service.push(services.place(of));
    }
    let of_each = |rows: &'a [WholeRow], counts: &dyn Fn(&WholeRow) -> bool| {
        let mut found = vec![0u32; count];
        for row in rows.iter().filter(|row| counts(row)) {
            if let Ok(place) = usize::try_from(place_of(row.parent_id)) {
                found[place] += 1;
            }
        }
        found
    };
    let logs = of_each(&answer.logs, &|_| true);
    let errors = of_each(&answer.events, &|event| name_of(event) == EXCEPTION);
    let column =
        |value: &dyn Fn(&WholeRow) -> Value| answer.spans.iter().map(value).collect::<Vec<Value>>();
    json!({
        "id": ids,
        "parent": column(&|span| place_of(span.parent_id).into()),
        "name": name,
        "names": names.texts,
        "svc": service,
        "svcs": services.texts,
        "start": column(&|span| micros(span.time.nanos() - t0)),
        "dur": column(&|span| micros(event_span::duration_of(span))),
        "status": column(&|span| event_span::status_of(span).into()),
        "kind": column(&|span| event_span::kind_of(span).code().into()),
        "logs": logs,
        "errs": errors,
    })
}

fn severity(log: &WholeRow) -> i64 {
    log.sparse(Base::SeverityNumber).and_then(Datum::int).unwrap_or(0)
}

/// What a log line says; a body that is a map or a list as JSON.
fn text_of(log: &WholeRow) -> Value {
    let body = log.attribute("body").or_else(|| log.sparse(Base::Body));
    body.map_or(Value::Null, render::value)
}

fn micros(nanos: i64) -> Value {
    if nanos % 1_000 == 0 { (nanos / 1_000).into() } else { (nanos as f64 / 1e3).into() }
}
