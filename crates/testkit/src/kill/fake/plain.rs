//! Plain events as the fake reads them: JSON with serde_json, and the forms of MessagePack that
//! campaigns send.

use serde_json::{Map, Value, json};

use super::{Fake, Fields};
use crate::kill::request::Post;

impl Fake {
    /// Takes a single event or a batch.
    pub(super) fn take_plain(&mut self, post: &Post) {
        let body = if post.kind == "application/msgpack" {
            let mut bytes = post.body.as_slice();
            let value = read(&mut bytes);
            assert!(bytes.is_empty(), "something follows the batch");
            value
        } else {
            serde_json::from_slice(&post.body).unwrap()
        };
        match &post.event_time {
            Some(time) => self.keep_plain(time, &body),
            None => {
                for event in body.as_array().unwrap() {
                    self.keep_plain(event["time"].as_str().unwrap(), &event["data"]);
                }
            }
        }
    }

    fn keep_plain(&mut self, time: &str, data: &Value) {
        let time: jiff::Timestamp = time.parse().unwrap();
        let shown = |value: &Value| match value {
            Value::Array(_) | Value::Object(_) => json!(value.to_string()),
            other => other.clone(),
        };
        let fields = data.as_object().unwrap().iter();
        let data: Fields = fields.map(|(name, value)| (name.clone(), shown(value))).collect();
        self.keep(time.as_nanosecond() as u64, &Fields::new(), data);
    }
}

/// The answer to a batch whose last event is refused, or none.
pub(super) fn statuses(events: usize, refuses_last: bool) -> Vec<u8> {
    let status = |at| if refuses_last && at + 1 == events { 400 } else { 202 };
    let statuses = (0..events).map(|at| json!({"status": status(at)}));
    statuses.collect::<Value>().to_string().into_bytes()
}

fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let (taken, rest) = bytes.split_first_chunk::<N>().unwrap();
    *bytes = rest;
    *taken
}

fn read(bytes: &mut &[u8]) -> Value {
    let [kind] = take(bytes);
    let mut length = || u32::from_be_bytes(take(bytes)) as usize;
    match kind {
        0xc0 => Value::Null,
        0xc2 | 0xc3 => json!(kind == 0xc3),
        0xd3 => json!(i64::from_be_bytes(take(bytes))),
        0xcb => json!(f64::from_be_bytes(take(bytes))),
        0xdb => {
            let length = length();
            let (text, rest) = bytes.split_at(length);
            *bytes = rest;
            json!(std::str::from_utf8(text).unwrap())
        }
        0xdd => (0..length()).map(|_| read(bytes)).collect(),
        0xdf => {
            let members = (0..length()).map(|_| {
                let name = read(bytes).as_str().unwrap().to_owned();
                (name, read(bytes))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        0xc7 => {
            assert_eq!(take(bytes), [12, 0xff]);
            let nanos = i128::from(u32::from_be_bytes(take(bytes)));
            let seconds = i128::from(i64::from_be_bytes(take(bytes)));
            let time = jiff::Timestamp::from_nanosecond(seconds * 1_000_000_000 + nanos);
            json!(time.unwrap().to_string())
        }
        other => panic!("not sent here: {other:x}"),
    }
}
