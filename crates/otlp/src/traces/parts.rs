//! The messages of a trace, taken apart into slices of the body.

use crate::attributes::{KeyValue, push_attribute};
use crate::wire::{Message, WireResult};

/// The parts of a Span message. Reused from span to span, so that its lists are allocated once.
pub(crate) struct SpanParts<'a> {
    pub(super) trace_id: Message<'a>,
    pub(super) span_id: Message<'a>,
    pub(super) parent_id: Message<'a>,
    pub(super) trace_state: Message<'a>,
    pub(super) name: Message<'a>,
    pub(super) kind: u64,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) status_code: u64,
    pub(super) status_message: Message<'a>,
    pub(super) attributes: Vec<KeyValue<'a>>,
    pub(super) events: Vec<Message<'a>>,
    pub(super) links: Vec<Message<'a>>,
}

impl Default for SpanParts<'_> {
    fn default() -> Self {
        let empty = Message::new(&[]);
        Self {
            trace_id: empty,
            span_id: empty,
            parent_id: empty,
            trace_state: empty,
            name: empty,
            kind: 0,
            start: 0,
            end: 0,
            status_code: 0,
            status_message: empty,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
        }
    }
}

impl<'a> SpanParts<'a> {
    pub(super) fn parse(&mut self, message: Message<'a>) -> WireResult<()> {
        let mut lists = std::mem::take(self);
        lists.attributes.clear();
        lists.events.clear();
        lists.links.clear();
        (self.attributes, self.events, self.links) = (lists.attributes, lists.events, lists.links);
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => self.trace_id = field.bytes("trace_id", &fields)?,
                2 => self.span_id = field.bytes("span_id", &fields)?,
                3 => self.trace_state = field.bytes("trace_state", &fields)?,
                4 => self.parent_id = field.bytes("parent_span_id", &fields)?,
                5 => self.name = field.bytes("name", &fields)?,
                6 => self.kind = field.varint("kind", &fields)?,
                7 => self.start = field.fixed64("start_time_unix_nano", &fields)?,
                8 => self.end = field.fixed64("end_time_unix_nano", &fields)?,
                9 => push_attribute(&mut self.attributes, field, &fields)?,
                11 => fields.push(&mut self.events, field.bytes("events", &fields)?)?,
                13 => fields.push(&mut self.links, field.bytes("links", &fields)?)?,
                15 => {
                    let status = field.bytes("status", &fields)?;
                    self.parse_status(status).map_err(|e| e.within("status"))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn parse_status(&mut self, status: Message<'a>) -> WireResult<()> {
        let mut fields = status.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                2 => self.status_message = field.bytes("message", &fields)?,
                3 => self.status_code = field.varint("code", &fields)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The parts of a Span.Event message.
pub(super) struct EventParts<'a> {
    pub(super) time: u64,
    pub(super) name: Message<'a>,
    pub(super) attributes: Vec<KeyValue<'a>>,
}

impl<'a> EventParts<'a> {
    pub(super) fn parse(message: Message<'a>) -> WireResult<Self> {
        let mut parts = Self { time: 0, name: Message::new(&[]), attributes: Vec::new() };
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => parts.time = field.fixed64("time_unix_nano", &fields)?,
                2 => parts.name = field.bytes("name", &fields)?,
                3 => push_attribute(&mut parts.attributes, field, &fields)?,
                _ => {}
            }
        }
        Ok(parts)
    }
}

/// The parts of a Span.Link message.
pub(super) struct LinkParts<'a> {
    pub(super) trace_id: Message<'a>,
    pub(super) span_id: Message<'a>,
    pub(super) attributes: Vec<KeyValue<'a>>,
}

impl<'a> LinkParts<'a> {
    pub(super) fn parse(message: Message<'a>) -> WireResult<Self> {
        let empty = Message::new(&[]);
        let mut parts = Self { trace_id: empty, span_id: empty, attributes: Vec::new() };
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => parts.trace_id = field.bytes("trace_id", &fields)?,
                2 => parts.span_id = field.bytes("span_id", &fields)?,
                4 => push_attribute(&mut parts.attributes, field, &fields)?,
                _ => {}
            }
        }
        Ok(parts)
    }
}
