//! A span as a `Span` message of OTLP.
//!
//! Attributes that never differ come as one block from the operation; those that differ are drawn
//! from the span's id, so nothing but the span itself has to wait until it ends.

use super::catalogue::Catalogue;
use super::digits;
use super::draw::{Draw, mixed};
use super::failure::Failure;
use super::operation::{Operation, SPAN_FIELD_ATTRIBUTES, Work};
use super::shop::{Language, SERVICES};
use super::span::{OUTSIDE, Outcome, Span, request_id, trace_id};
use super::users::user_id;
use super::wire::{self, Any};

/// Fields of a `Span` message; [`SPAN_FIELD_ATTRIBUTES`] is the one in between.
const FIELD_TRACE_ID: u32 = 1;
const FIELD_SPAN_ID: u32 = 2;
const FIELD_PARENT_SPAN_ID: u32 = 4;
const FIELD_NAME: u32 = 5;
const FIELD_KIND: u32 = 6;
const FIELD_START: u32 = 7;
const FIELD_END: u32 = 8;
const FIELD_EVENTS: u32 = 11;
const FIELD_STATUS: u32 = 15;
const FIELD_FLAGS: u32 = 16;
/// Fields of an `Event` message.
const EVENT_FIELD_TIME: u32 = 1;
const EVENT_FIELD_NAME: u32 = 2;
const EVENT_FIELD_ATTRIBUTES: u32 = 3;
/// Fields of a `Status` message, and its code for an error.
const STATUS_FIELD_MESSAGE: u32 = 2;
const STATUS_FIELD_CODE: u32 = 3;
const STATUS_ERROR: u64 = 2;

/// Trace flags: sampled, and known whether the parent is remote.
const FLAGS_LOCAL_PARENT: u32 = 0x101;
/// The same where the parent is remote.
const FLAGS_REMOTE_PARENT: u32 = 0x301;

const USER_AGENTS: [&str; 6] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) Version/19.1 Mobile Safari/604.1",
    "Mozilla/5.0 (Linux; Android 16) Chrome/142.0.0.0 Mobile Safari/537.36",
    "ShopApp/8.12.1 (iOS 19.1; de_DE)",
    "ShopApp/8.11.0 (Android 16; en_GB)",
];
const PLANS: [&str; 4] = ["free", "free", "plus", "business"];

/// Encodes spans one after the other; reused so that its buffers are.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    /// The message that is being written.
    message: Vec<u8>,
    /// A text or message within it.
    part: Vec<u8>,
    attributes: u64,
}

impl Encoder {
    /// The message of `span` and how many attributes it holds, those of events not counted.
    pub(super) fn encode(&mut self, span: &Span, catalogue: &Catalogue) -> (&[u8], u64) {
        let operation = &catalogue.operations[usize::from(span.operation)];
        let out = &mut self.message;
        out.clear();
        wire::bytes_field(out, FIELD_TRACE_ID, &trace_id(span.trace));
        wire::bytes_field(out, FIELD_SPAN_ID, &span.id.to_be_bytes());
        if span.parent != 0 {
            wire::bytes_field(out, FIELD_PARENT_SPAN_ID, &span.parent.to_be_bytes());
        }
        wire::bytes_field(out, FIELD_NAME, operation.name.as_bytes());
        wire::varint_field(out, FIELD_KIND, operation.work.kind());
        wire::fixed64_field(out, FIELD_START, span.start as u64);
        wire::fixed64_field(out, FIELD_END, span.end as u64);
        out.extend_from_slice(&operation.constant);
        self.attributes = operation.constant_count;
        self.write_attributes(span, operation, catalogue);
        self.write_outcome(span, operation);
        let is_far = matches!(operation.work, Work::Serve | Work::Consume) && span.parent != 0;
        let flags = if is_far { FLAGS_REMOTE_PARENT } else { FLAGS_LOCAL_PARENT };
        wire::fixed32_field(&mut self.message, FIELD_FLAGS, flags);
        (&self.message, self.attributes)
    }

    fn add(&mut self, key: &str, value: Any<'_>) {
        wire::attribute(&mut self.message, SPAN_FIELD_ATTRIBUTES, key, value);
        self.attributes += 1;
    }

    /// Adds the text that `part` holds.
    fn add_part(&mut self, key: &str) {
        let value = Any::Text(&self.part);
        wire::attribute(&mut self.message, SPAN_FIELD_ATTRIBUTES, key, value);
        self.attributes += 1;
    }

    fn write_attributes(&mut self, span: &Span, operation: &Operation, catalogue: &Catalogue) {
        let draw = &mut Draw::new(span.id);
        match operation.work {
            Work::Serve => self.write_served(span, operation, catalogue, draw),
            Work::Call => self.write_call(span, operation, catalogue, draw),
            Work::Query => self.write_query(draw),
            Work::Cache => self.write_cache(span, draw),
            Work::Function => self.write_function(span, draw),
            Work::Produce | Work::Consume => self.write_message(span, draw),
        }
    }

    fn write_served(
        &mut self,
        span: &Span,
        operation: &Operation,
        catalogue: &Catalogue,
        draw: &mut Draw,
    ) {
        self.part.clear();
        operation.path.write(span.path, &mut self.part);
        self.add_part("url.path");
        self.add("http.response.status_code", Any::Int(i64::from(span.status)));
        self.add("http.response.body.size", Any::Int(draw.log_normal(1_800.0, 1.1) as i64));
        self.write_peer(span, catalogue);
        self.add("user.id", Any::Text(&user_id(span.user)));
        self.add("app.request_id", Any::Text(&request_id(span.trace)));
        if span.parent == 0 {
            let agent = USER_AGENTS[draw.place(USER_AGENTS.len())];
            self.add("user_agent.original", Any::Text(agent.as_bytes()));
            let plan = PLANS[mixed(u64::from(span.user)) as usize % PLANS.len()];
            self.add("app.plan", Any::Text(plan.as_bytes()));
            self.add("app.new_checkout", Any::Bool(span.user % 10 == 3));
        }
    }

    fn write_call(
        &mut self,
        span: &Span,
        operation: &Operation,
        catalogue: &Catalogue,
        draw: &mut Draw,
    ) {
        self.part.clear();
        self.part.extend_from_slice(operation.origin.as_bytes());
        operation.path.write(span.path, &mut self.part);
        self.add_part("url.full");
        self.add("http.response.status_code", Any::Int(i64::from(span.status)));
        self.write_peer(span, catalogue);
        if draw.chance(0.03) {
            self.add("http.request.resend_count", Any::Int(1 + draw.below(3) as i64));
        }
    }

    fn write_query(&mut self, draw: &mut Draw) {
        self.add("db.response.returned_rows", Any::Int(draw.log_normal(3.0, 1.2) as i64));
        self.add("db.client.pool.wait_ms", Any::Double(draw.below(64) as f64 / 8.0));
        self.add("thread.id", Any::Int(20 + draw.below(8) as i64));
    }

    fn write_cache(&mut self, span: &Span, draw: &mut Draw) {
        let service = SERVICES[Catalogue::service_of(span.instance)].name;
        self.part.clear();
        self.part.extend_from_slice(service.as_bytes());
        self.part.push(b':');
        digits::push_decimal(&mut self.part, draw.below(1_000_000));
        self.add_part("app.cache.key");
        self.add("app.cache.hit", Any::Bool(draw.chance(0.87)));
        self.add("app.cache.bytes", Any::Int(draw.log_normal(700.0, 0.9) as i64));
    }

    fn write_function(&mut self, span: &Span, draw: &mut Draw) {
        self.add("user.id", Any::Text(&user_id(span.user)));
        self.add("app.request_id", Any::Text(&request_id(span.trace)));
        self.add("app.items", Any::Int(1 + draw.below(24) as i64));
        self.add("app.score", Any::Double(draw.below(256) as f64 / 256.0));
        self.add("app.experiment", Any::Bool(draw.chance(0.25)));
        self.add("thread.id", Any::Int(20 + draw.below(8) as i64));
    }

    fn write_message(&mut self, span: &Span, draw: &mut Draw) {
        let partition = [b'0' + draw.below(8) as u8];
        self.add("messaging.destination.partition.id", Any::Text(&partition));
        let offset = 4_000_000 + (span.start / 1_000_000) % 3_600_000;
        self.add("messaging.kafka.offset", Any::Int(offset));
        self.add("messaging.message.body.size", Any::Int(draw.log_normal(900.0, 0.7) as i64));
        self.add("messaging.message.conversation_id", Any::Text(&request_id(span.trace)));
    }

    /// Adds the address at the other end; outside the shop it is the user's.
    fn write_peer(&mut self, span: &Span, catalogue: &Catalogue) {
        if span.peer != OUTSIDE {
            let address = &catalogue.instances[usize::from(span.peer)].address;
            self.add("network.peer.address", Any::Text(address.as_bytes()));
            return;
        }
        let bits = mixed(u64::from(span.user));
        self.part.clear();
        for place in 0..4 {
            if place > 0 {
                self.part.push(b'.');
            }
            digits::push_decimal(&mut self.part, 1 + (bits >> (8 * place)) % 254);
        }
        self.add_part("network.peer.address");
    }

    fn write_outcome(&mut self, span: &Span, operation: &Operation) {
        match (span.outcome, &operation.failure) {
            (Outcome::Fine, _) => {}
            (Outcome::Raised, Some(failure)) => {
                self.add("error.type", Any::Text(failure.kind.as_bytes()));
                self.part.clear();
                write_message_of(failure, span, &mut self.part);
                self.write_status();
                let language = SERVICES[Catalogue::service_of(span.instance)].language;
                write_exception(failure, span, language, &mut self.part);
                wire::bytes_field(&mut self.message, FIELD_EVENTS, &self.part);
            }
            (Outcome::Passed | Outcome::Raised, _) => {
                let status = if span.status == 0 { 500 } else { span.status };
                self.part.clear();
                digits::push_decimal(&mut self.part, u64::from(status));
                self.add_part("error.type");
                self.part.clear();
                self.part.extend_from_slice(b"upstream answered ");
                digits::push_decimal(&mut self.part, u64::from(status));
                self.write_status();
            }
        }
    }

    /// Adds the status of an error, whose message `part` holds.
    fn write_status(&mut self) {
        let len = wire::field_len(self.part.len()) + 2;
        wire::header(&mut self.message, FIELD_STATUS, len);
        wire::bytes_field(&mut self.message, STATUS_FIELD_MESSAGE, &self.part);
        wire::varint_field(&mut self.message, STATUS_FIELD_CODE, STATUS_ERROR);
    }
}

fn write_message_of(failure: &Failure, span: &Span, out: &mut Vec<u8>) {
    out.extend_from_slice(failure.message.as_bytes());
    digits::push_decimal(out, 1_000 + span.id % 60_000);
}

/// Writes the `exception` event, as an `Event` message, over `out`.
fn write_exception(failure: &Failure, span: &Span, language: Language, out: &mut Vec<u8>) {
    let mut message = Vec::with_capacity(128);
    write_message_of(failure, span, &mut message);
    let mut stack = Vec::with_capacity(2_048);
    failure.write_stack(language, &message, &mut stack);
    out.clear();
    wire::fixed64_field(out, EVENT_FIELD_TIME, span.end as u64 - 1_000);
    wire::bytes_field(out, EVENT_FIELD_NAME, b"exception");
    for (key, value) in [
        ("exception.type", failure.kind.as_bytes()),
        ("exception.message", &message),
        ("exception.stacktrace", &stack),
    ] {
        wire::attribute(out, EVENT_FIELD_ATTRIBUTES, key, Any::Text(value));
    }
}
