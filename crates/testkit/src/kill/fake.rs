//! A server of a hundred lines that keeps events in memory and makes the mistakes it is told to.
//!
//! It reads requests with the official messages and answers the query API as the real one does, so
//! that every check of a campaign can be seen to notice what it is for.

mod call;
mod plain;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::{Value, json};

use super::event::{Fields, ID, Row};
use super::request::{BATCH, CONTENT_TYPE, EVENT_TIME, EVENTS, LOGS, Post, TRACES, hex};
use crate::grpc;

/// A mistake.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mistake {
    /// An event is not there.
    Loses(u64),
    /// An event is there twice.
    Doubles(u64),
    /// A field of an event has another value.
    Changes(u64, &'static str, Value),
    /// A field of an event is not there.
    Forgets(u64, &'static str),
    /// An event is in another dataset.
    Moves(u64),
    /// The time of an event is a nanosecond later.
    Delays(u64),
    /// A row that nobody sent.
    Invents,
    /// Nothing is there.
    ShowsNothing,
    /// Counts one too few.
    Miscounts,
    /// Success, but not for all spans.
    AcceptsInPart,
    /// Every request is answered with this status.
    Answers(u16),
    /// Connections break before the answer.
    Breaks,
}

/// A server in memory.
#[derive(Debug, Default)]
pub(super) struct Fake {
    rows: Vec<Row>,
    pub(super) mistake: Option<Mistake>,
}

impl Fake {
    /// Takes a request as it came.
    pub(super) fn take(&mut self, post: &Post) {
        match post.path.as_str() {
            TRACES | grpc::TRACES => self.take_traces(&post.body),
            LOGS | grpc::LOGS => self.take_logs(&post.body),
            path if path.starts_with(EVENTS) || path.starts_with(BATCH) => self.take_plain(post),
            other => panic!("nothing is posted to {other}"),
        }
    }

    /// Answers a question, with its mistake.
    pub(super) fn ask(&self, question: &Value) -> Result<Vec<u8>, String> {
        let rows = self.shown();
        let query = &question["query"];
        if question["rows"] != json!(true) {
            return Ok(self.results(&rows, query).to_string().into_bytes());
        }
        let first = question["next"].as_u64().unwrap_or_default() as usize;
        let end = (first + query["limit"].as_u64().unwrap() as usize).min(rows.len());
        let page: Vec<_> = rows[first..end]
            .iter()
            .map(|row| {
                json!({"time": row.time, "samplerate": row.samplerate, "dataset": row.dataset,
                       "data": row.data})
            })
            .collect();
        let next = if end < rows.len() { json!(end) } else { Value::Null };
        Ok(json!({"rows": page, "next": next, "statistics": {}}).to_string().into_bytes())
    }

    fn shown(&self) -> Vec<Row> {
        let mut shown = Vec::new();
        if self.mistake == Some(Mistake::ShowsNothing) {
            return shown;
        }
        for row in &self.rows {
            let mut row = row.clone();
            let id = row.id().unwrap();
            match &self.mistake {
                Some(Mistake::Loses(lost)) if *lost == id => continue,
                Some(Mistake::Doubles(twice)) if *twice == id => shown.push(row.clone()),
                Some(Mistake::Changes(of, name, value)) if *of == id => {
                    row.data.insert((*name).to_owned(), value.clone());
                }
                Some(Mistake::Forgets(of, name)) if *of == id => {
                    row.data.remove(*name).unwrap();
                }
                Some(Mistake::Moves(of)) if *of == id => row.dataset.push('x'),
                Some(Mistake::Delays(of)) if *of == id => {
                    let time: jiff::Timestamp = row.time.parse().unwrap();
                    row.time = rfc3339(time.as_nanosecond() as u64 + 1);
                }
                _ => {}
            }
            shown.push(row);
        }
        if self.mistake == Some(Mistake::Invents) {
            let mut row = self.rows[0].clone();
            row.data.insert(ID.to_owned(), json!(1_000_000));
            shown.push(row);
        }
        shown
    }

    fn results(&self, rows: &[Row], query: &Value) -> Value {
        let group = query["breakdowns"][0].as_str();
        let mut groups: BTreeMap<Option<String>, Vec<u64>> = BTreeMap::new();
        for row in rows {
            let key = group.map(|name| row.data[name].as_str().unwrap().to_owned());
            groups.entry(key).or_default().push(row.id().unwrap());
        }
        let results = groups.into_iter().map(|(key, mut ids)| {
            let wrong = u64::from(self.mistake == Some(Mistake::Miscounts));
            let (count, sum) = (ids.len() as u64 - wrong, ids.iter().sum::<u64>());
            ids.sort_unstable();
            ids.dedup();
            let mut data = json!({
                "COUNT": count, "SUM(kill.id)": sum, "MIN(kill.id)": ids[0],
                "MAX(kill.id)": ids[ids.len() - 1], "COUNT_DISTINCT(kill.id)": ids.len(),
            });
            if let (Some(name), Some(key)) = (group, key) {
                data[name] = json!(key);
            }
            json!({"data": data})
        });
        json!({"data": {"results": results.collect::<Vec<_>>(), "series": []}})
    }

    fn take_traces(&mut self, body: &[u8]) {
        let request = ExportTraceServiceRequest::decode(body).unwrap();
        for resource in request.resource_spans {
            let inherited = fields(&resource.resource.unwrap().attributes);
            for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                self.take_span(&inherited, &span);
            }
        }
    }

    fn take_span(&mut self, inherited: &Fields, span: &Span) {
        let mut data = fields(&span.attributes);
        let duration = span.end_time_unix_nano - span.start_time_unix_nano;
        data.extend([
            ("name".to_owned(), json!(span.name)),
            ("duration_ms".to_owned(), json!(duration as f64 / 1e6)),
            ("trace.trace_id".to_owned(), json!(hex(&span.trace_id))),
            ("trace.span_id".to_owned(), json!(hex(&span.span_id))),
            ("type".to_owned(), json!("server")),
        ]);
        if !span.parent_span_id.is_empty() {
            data.insert("trace.parent_id".to_owned(), json!(hex(&span.parent_span_id)));
        }
        self.keep(span.start_time_unix_nano, inherited, data);
        for event in &span.events {
            let mut data = fields(&event.attributes);
            data.extend([
                ("name".to_owned(), json!(event.name)),
                ("trace.trace_id".to_owned(), json!(hex(&span.trace_id))),
                ("trace.parent_id".to_owned(), json!(hex(&span.span_id))),
            ]);
            self.keep(event.time_unix_nano, inherited, data);
        }
    }

    fn take_logs(&mut self, body: &[u8]) {
        let request = ExportLogsServiceRequest::decode(body).unwrap();
        for resource in request.resource_logs {
            let inherited = fields(&resource.resource.unwrap().attributes);
            for record in resource.scope_logs.into_iter().flat_map(|scope| scope.log_records) {
                let mut data = fields(&record.attributes);
                data.insert("body".to_owned(), json_of(&record.body.unwrap()));
                data.insert("severity_text".to_owned(), json!(record.severity_text));
                self.keep(record.time_unix_nano, &inherited, data);
            }
        }
    }

    fn keep(&mut self, nanos: u64, inherited: &Fields, mut data: Fields) {
        data.extend(inherited.clone());
        let dataset = data["service.name"].as_str().unwrap().to_owned();
        self.rows.push(Row { time: rfc3339(nanos), samplerate: 1, dataset, data });
    }
}

/// A fake behind a port.
pub(super) struct Port {
    listener: TcpListener,
    pub(super) address: String,
    pub(super) fake: Mutex<Fake>,
}

impl Port {
    /// A free port of this machine, and behind it a fake with a mistake.
    pub(super) fn open(mistake: Option<Mistake>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        Self { listener, address, fake: Mutex::new(Fake { rows: Vec::new(), mistake }) }
    }

    /// Answers one connection after the other until [`Port::close`].
    pub(super) fn serve(&self) {
        for stream in self.listener.incoming() {
            let stream = stream.unwrap();
            if call::is_call(&stream) {
                call::answer(self, stream);
                continue;
            }
            let Some((post, mut stream)) = request(stream) else { return };
            let Some((status, answer)) = self.say(&post) else { continue };
            let head =
                format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n\r\n", answer.len());
            // Whoever has been told to end does not read the last answer.
            stream.write_all(&[head.as_bytes(), &answer].concat()).ok();
        }
    }

    /// Ends [`Port::serve`]: a connection without a request.
    pub(super) fn close(&self) {
        drop(TcpStream::connect(&self.address).unwrap());
    }

    /// The status and body that a request is answered with; none if its connection breaks.
    fn say(&self, post: &Post) -> Option<(u16, Vec<u8>)> {
        let mut fake = self.fake.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut status, mut answer) = (200, Vec::new());
        if post.path == "/api/v1/query" {
            answer = fake.ask(&serde_json::from_slice(&post.body).unwrap()).unwrap();
        } else {
            match fake.mistake {
                Some(Mistake::Breaks) => return None,
                Some(Mistake::Answers(other)) => status = other,
                Some(Mistake::AcceptsInPart) if [TRACES, grpc::TRACES].contains(&&*post.path) => {
                    let partial_success = Some(ExportTracePartialSuccess {
                        rejected_spans: 1,
                        ..ExportTracePartialSuccess::default()
                    });
                    answer = ExportTraceServiceResponse { partial_success }.encode_to_vec();
                    fake.take(post);
                }
                _ => {
                    let before = fake.rows.len();
                    fake.take(post);
                    if post.path.starts_with(BATCH) {
                        let in_part = fake.mistake == Some(Mistake::AcceptsInPart);
                        answer = plain::statuses(fake.rows.len() - before, in_part);
                    }
                }
            }
        }
        Some((status, answer))
    }
}

/// A request; none if the connection closes without one.
fn request(mut stream: TcpStream) -> Option<(Post, TcpStream)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let header = |name: &str| {
                let pairs = head.lines().filter_map(|line| line.split_once(": "));
                pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).next()
            };
            if bytes.len() == end + 4 + header("content-length")?.parse::<usize>().unwrap() {
                let post = Post {
                    path: head.split(' ').nth(1)?.to_owned(),
                    kind: header(CONTENT_TYPE)?,
                    event_time: header(EVENT_TIME),
                    body: bytes.split_off(end + 4),
                };
                return Some((post, stream));
            }
        }
        match stream.read(&mut chunk).unwrap() {
            0 => return None,
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}

fn rfc3339(nanos: u64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(nanos)).unwrap().to_string()
}

fn fields(attributes: &[KeyValue]) -> Fields {
    let field = |it: &KeyValue| (it.key.clone(), json_of(it.value.as_ref().unwrap()));
    attributes.iter().map(field).collect()
}

fn json_of(value: &AnyValue) -> Value {
    match value.value.as_ref().unwrap() {
        any_value::Value::StringValue(text) => json!(text),
        any_value::Value::BoolValue(flag) => json!(flag),
        any_value::Value::IntValue(whole) => json!(whole),
        any_value::Value::DoubleValue(number) => json!(number),
        other => panic!("not sent here: {other:?}"),
    }
}
