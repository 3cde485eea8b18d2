use model::{Base, RowKind, Value};
use serde_json::json;
use store::{Decoder as _, Record};

use super::*;
use crate::decoder::{Decoder, EVENTS_DOOR, SETTINGS_VERSION};

const ARRIVAL: Timestamp = Timestamp::from_nanos(1_700_000_000_000_000_000);

fn facts(form: Form, count: Count) -> Facts {
    Facts { form, encoding: Encoding::Identity, depth: 0, count, dataset: "shop".to_owned() }
}

fn decode(facts: &Facts, body: &[u8]) -> Result<Decoded> {
    facts.events(&Bytes::copy_from_slice(body), ARRIVAL, 1)
}

fn json_batch(body: &str) -> Decoded {
    decode(&facts(Form::Json, Count::Many), body.as_bytes()).unwrap()
}

/// All that a batch says, a line for each row.
fn lines(batch: &Batch) -> Vec<String> {
    let line = |row: usize| {
        let mut fields: Vec<String> =
            batch.row(row).attributes().map(|(name, value)| format!("{name}={value:?}")).collect();
        fields.sort_unstable();
        assert_eq!(batch.kinds()[row], RowKind::Event);
        format!(
            "{} x{} {}/{}/{} {}",
            batch.times()[row].nanos(),
            batch.sample_rates()[row],
            batch.trace_ids()[row],
            batch.span_ids()[row],
            batch.parent_ids()[row],
            fields.join(" ")
        )
    };
    (0..batch.rows()).map(line).collect()
}

/// Guarantees: an event's time, sample rate, ids and fields come out as they were sent, in whatever
/// order its members stand.
#[test]
fn events_become_rows() {
    let decoded = json_batch(
        r#"[{"time": "1452759330927", "samplerate": 4, "data": {"a": "b", "n": 1, "f": 1.5,
             "t": true, "none": null, "o": {"x": [1]}}},
            {"data": {"trace.trace_id": "0af7651916cd43dd8448eb211c80319c",
                      "trace.span_id": "b7ad6b7169203331", "trace.parent_id": "00f067aa0ba902b7",
                      "name": "GET"}, "more": [{}], "samplerate": "2.5", "time": 1452759331}]"#,
    );
    assert_eq!(decoded.outcomes, [Outcome::Kept; 2]);
    assert_eq!(decoded.batch.signal(), Signal::Events);
    assert_eq!(decoded.batch.datasets()[0].name, "shop");
    assert_eq!(
        lines(&decoded.batch),
        [
            "1452759330927000000 x4 0000000000000000/0000000000000000/0000000000000000 \
             a=Text(\"b\") f=Float(1.5) n=Int(1) o=Text(\"{\\\"x\\\":[1]}\") t=Bool(true)",
            "1452759331000000000 x3 0af7651916cd43dd8448eb211c80319c/b7ad6b7169203331/\
             00f067aa0ba902b7 name=Text(\"GET\")",
        ]
    );
}

/// Guarantees: ids that their columns would give back otherwise stay fields, and of two fields with
/// one name the later counts, id or not.
#[test]
fn strange_ids_stay_fields() {
    let id = "0af7651916cd43dd8448eb211c80319c";
    let none = "0000000000000000";
    for (data, ids, fields) in [
        (json!({"trace.trace_id": id.to_uppercase()}).to_string(), none, true),
        (json!({"trace.trace_id": 5}).to_string(), none, true),
        (json!({"trace_id": id}).to_string(), none, true),
        (format!(r#"{{"trace.trace_id":"x","trace.trace_id":"{id}"}}"#), id, false),
        (format!(r#"{{"trace.trace_id":"{id}","trace.trace_id":"x"}}"#), none, true),
        (format!(r#"{{"trace.trace_id":"{id}"}}"#), id, false),
    ] {
        let decoded = json_batch(&format!(r#"[{{"data":{data}}}]"#));
        let batch = &decoded.batch;
        assert_eq!(batch.trace_ids()[0].to_string(), ids, "{data}");
        assert_eq!(batch.row(0).attributes().count(), usize::from(fields), "{data}");
    }
}

/// Guarantees: what is wrong with an event costs that event alone, and says what.
#[test]
fn wrong_events_are_refused_alone() {
    let many: serde_json::Map<String, serde_json::Value> =
        (0..2_001).map(|at| (at.to_string(), json!(1))).collect();
    let large = format!(r#"{{"data":{{"a":1,"b":"{}"}}}}"#, "x".repeat(EVENT_BYTES_MAX));
    let body = format!(
        r#"[{{"data":{{"a":1}}}}, {{}}, {{"data":{{}}}}, {{"data":null}}, {{"data":[1]}}, 5, "x",
            {}, {large}, {{"data":{{"a":null}}}}, {{"data":{{"a":2}}}}]"#,
        json!({"data": many})
    );
    let decoded = json_batch(&body);
    use Outcome::{Empty, Kept, Malformed, TooLarge, TooManyColumns};
    assert_eq!(
        decoded.outcomes,
        [
            Kept,
            Empty,
            Empty,
            Empty,
            Malformed,
            Malformed,
            Malformed,
            TooManyColumns,
            TooLarge,
            Kept,
            Kept
        ]
    );
    let a = |row| decoded.batch.row(row).attributes().next().map(|(_, value)| value);
    assert_eq!((a(0), a(1), a(2)), (Some(Value::Int(1)), None, Some(Value::Int(2))));
    let mut damaged = br#"[{"data":{"a":"#.to_vec();
    damaged.extend(b"\"\xff\"}},{\"data\":{\"a\":1}}]");
    let decoded = decode(&facts(Form::Json, Count::Many), &damaged).unwrap();
    assert_eq!(decoded.outcomes, [Malformed, Kept]);
}

/// Guarantees: names of fields beyond the bound of a request are refused, known ones are not.
#[test]
fn names_are_bounded() {
    let event = |at: usize| {
        let fields: Vec<String> = (0..1_000).map(|field| format!("\"{at}-{field}\":1")).collect();
        format!(r#"{{"data":{{{}}}}}"#, fields.join(","))
    };
    let events: Vec<String> = (0..101).chain([7]).map(event).collect();
    let outcomes = json_batch(&format!("[{}]", events.join(","))).outcomes;
    assert_eq!(outcomes[..100], [Outcome::Kept; 100]);
    assert_eq!(outcomes[100..], [Outcome::DatasetFull, Outcome::Kept]);
}

/// Guarantees: a body that is no list of events is refused with its place; one without anything in
/// it, and one of no events, are not.
#[test]
fn bodies_are_checked() {
    let many = facts(Form::Json, Count::Many);
    for (body, error) in [
        ("{}", "line 1, column 1: a list of events is missing"),
        ("[{\"data\":{\"a\":1}}", "line 1, column 18: a comma or ] is missing"),
        ("[] []", "line 1, column 4: something follows the end of the value"),
    ] {
        assert_eq!(decode(&many, body.as_bytes()).unwrap_err().to_string(), error);
    }
    let large = format!("[{}1]", "1,".repeat(EVENTS_MAX));
    let error = decode(&many, large.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), model::ErrorKind::TooLarge);
    assert!(json_batch(" \n").is_blank);
    let none = json_batch("[ ]");
    assert_eq!((none.is_blank, none.outcomes.len()), (false, 0));
    let msgpack = facts(Form::Msgpack, Count::Many);
    let error = decode(&msgpack, b"\x81\xa1a\x01").unwrap_err().to_string();
    assert_eq!(error, "byte 1: a list of events is missing");
    assert!(decode(&msgpack, b"\x92\x80").is_err());
}

/// One event of a test in MessagePack: `{"time": now, "samplerate": 3, "data": {...}}`.
fn msgpack_event(data: &[u8]) -> Vec<u8> {
    let mut event = b"\x83\xa4time\xd6\xff\x56\x97\x59\x22\xaasamplerate\x03\xa4data".to_vec();
    event.extend(data);
    event
}

/// Guarantees: MessagePack gives the same events as JSON; a wrong one costs itself alone.
#[test]
fn msgpack_is_read_alike() {
    let good = b"\x87\xa1a\xa1b\xa1n\x01\xa1f\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\xa1t\xc3\
                 \xa4none\xc0\xa1o\x81\xa1x\x91\x01\xa1u\xcf\xff\xff\xff\xff\xff\xff\xff\xff";
    let mut body = b"\x94".to_vec();
    body.extend(msgpack_event(good));
    body.extend(msgpack_event(b"\x81\xa1a\xa1\xff"));
    body.extend(b"\x05");
    body.extend(b"\x81\xa4data\x80");
    let decoded = decode(&facts(Form::Msgpack, Count::Many), &body).unwrap();
    use Outcome::{Empty, Kept, Malformed};
    assert_eq!(decoded.outcomes, [Kept, Malformed, Malformed, Empty]);
    assert_eq!(
        lines(&decoded.batch),
        ["1452759330000000000 x3 0000000000000000/0000000000000000/0000000000000000 \
          a=Text(\"b\") f=Float(1.5) n=Int(1) o=Text(\"{\\\"x\\\":[1]}\") t=Bool(true) \
          u=Float(1.8446744073709552e19)"]
    );
}

/// Guarantees: a time that is none is the arrival, and what was sent instead is kept.
#[test]
fn wrong_times_are_kept() {
    let decoded = json_batch(r#"[{"time":"soon","data":{"a":1}},{"time":[5],"data":{"a":1}}]"#);
    assert_eq!(decoded.batch.times(), [ARRIVAL; 2]);
    let original = |row| decoded.batch.row(row).base(Base::OriginalTime);
    assert_eq!(original(0), Some(Value::Text("soon")));
    assert_eq!(original(1), Some(Value::Text("[5]")));
}

/// Guarantees: an event alone takes its time and rate from its facts, and objects become fields as
/// deep as these say.
#[test]
fn single_events_follow_their_facts() {
    let count = Count::One { time: "1452759330".to_owned(), sample_rate: 9 };
    let facts = Facts { depth: 1, ..facts(Form::Json, count) };
    let decoded = decode(&facts, br#"{"time": "a field", "o": {"x": 1}}"#).unwrap();
    assert_eq!(
        lines(&decoded.batch),
        ["1452759330000000000 x9 0000000000000000/0000000000000000/0000000000000000 \
          o.x=Int(1) time=Text(\"a field\")"]
    );
    for body in ["{}", "[]", "7"] {
        assert_ne!(decode(&facts, body.as_bytes()).unwrap().outcomes, [Outcome::Kept], "{body}");
    }
}

/// Guarantees: facts come out of the log as they went in, damaged ones do not, and replay gives the
/// events that were acknowledged.
#[test]
fn replay_gives_the_same_events() {
    let one = Count::One { time: "soon".to_owned(), sample_rate: 7 };
    for (form, count, body) in [
        (Form::Json, Count::Many, &br#"[{"data":{"a":"b","o":{"x":1}}},{},{"data":{"c":2}}]"#[..]),
        (Form::Json, one.clone(), br#"{"o":{"x":{"y":1}}}"#),
        (Form::Msgpack, Count::Many, b"\x91\x81\xa4data\x81\xa1a\x01"),
        (Form::Msgpack, one, b"\x81\xa1a\x01"),
    ] {
        let facts = Facts { depth: 1, dataset: "döner shop".to_owned(), ..facts(form, count) };
        let context = facts.encode();
        assert_eq!(Facts::decode(&context).as_ref(), Some(&facts));
        assert_eq!(Facts::decode(&context[..3]), None);
        let record = Record {
            door: EVENTS_DOOR,
            environment: model::EnvironmentId::DEFAULT,
            arrival: ARRIVAL,
            seed: 1,
            decoder_version: EVENTS_VERSION,
            settings_version: SETTINGS_VERSION,
            context,
            body: Bytes::copy_from_slice(body),
        };
        let first = decode(&facts, body).unwrap();
        let replayed = Decoder.decode(&record).unwrap();
        assert_eq!(lines(&replayed[0]), lines(&first.batch));
        assert_eq!(replayed[0].datasets(), first.batch.datasets());
        let newer = Record { decoder_version: EVENTS_VERSION + 1, ..record };
        assert!(Decoder.decode(&newer).unwrap_err().to_string().contains("door 2"));
    }
    let wrong = [2, 0, 0, 0];
    assert_eq!(Facts::decode(&wrong), None);
    assert_eq!(Facts::decode(&[0, 0, 0, 1, 1, 0, 0, 0, 9, 0, 0, 0, b'x']), None);
}
