//! Draws plain events, as Honeycomb's clients send them: alone, or in batches of JSON or of
//! MessagePack.

use model::Timestamp;
use serde_json::{Value, json};

use super::{Drawing, Fields, Post, hex};
use crate::msgpack;

/// Most events of a batch.
const BATCH_EVENTS_MAX: u64 = 12;

/// An event as it is sent.
struct Sent {
    time: i64,
    data: Fields,
}

impl Drawing {
    /// A request of plain events.
    pub(super) fn plain_events(&mut self) -> Post {
        let (dataset, inherited) = self.resource();
        let way = self.chance.below(3);
        if way == 0 {
            let Sent { time, data } = self.plain_event(&dataset, &inherited);
            return Post {
                path: format!("/1/events/{dataset}"),
                kind: "application/json".to_owned(),
                event_time: Some(rfc3339(time)),
                body: json!(data).to_string().into_bytes(),
            };
        }
        let events = (0..1 + self.chance.below(BATCH_EVENTS_MAX))
            .map(|_| self.plain_event(&dataset, &inherited))
            .collect::<Vec<_>>();
        let path = format!("/1/batch/{dataset}");
        if way == 1 {
            let event = |sent: &Sent| json!({"time": rfc3339(sent.time), "data": sent.data});
            let body = events.iter().map(event).collect::<Value>().to_string().into_bytes();
            return Post { path, kind: "application/json".to_owned(), event_time: None, body };
        }
        let mut body = Vec::new();
        msgpack::list(&mut body, events.len());
        for Sent { time, data } in events {
            msgpack::map(&mut body, 2);
            msgpack::text(&mut body, "time");
            msgpack::timestamp(&mut body, Timestamp::from_nanos(time));
            msgpack::text(&mut body, "data");
            msgpack::value(&mut body, &json!(data));
        }
        Post { path, kind: "application/msgpack".to_owned(), event_time: None, body }
    }

    fn plain_event(&mut self, dataset: &str, inherited: &Fields) -> Sent {
        let (mut fields, time) = (self.attributes(), self.time());
        fields.extend(inherited.clone());
        fields.insert("name".to_owned(), json!(format!("step {}", self.chance.below(5))));
        if self.chance.once_in(2) {
            let (trace_id, span_id) = (self.id_bytes(16), self.id_bytes(8));
            let duration = self.chance.fraction() * 1e3;
            fields.insert("trace.trace_id".to_owned(), json!(hex(&trace_id)));
            fields.insert("trace.span_id".to_owned(), json!(hex(&span_id)));
            fields.insert("duration_ms".to_owned(), json!(duration));
        }
        let mut data = fields.clone();
        if self.chance.once_in(3) {
            let nested = json!({"list": [self.chance.below(9), "ü \"q\""], "none": null});
            // What is nested is read back as its text.
            fields.insert("kill.nested".to_owned(), json!(nested.to_string()));
            data.insert("kill.nested".to_owned(), nested);
        }
        self.note(dataset, time, fields);
        Sent { time, data }
    }
}

fn rfc3339(nanos: i64) -> String {
    Timestamp::from_nanos(nanos).to_string()
}
