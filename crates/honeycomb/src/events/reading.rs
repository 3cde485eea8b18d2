//! Goes through a body event by event.

use bytes::Bytes;
use model::{Error, Result, Value};

use super::event::{Event, FieldValue};
use super::json::{Json, Reader as JsonReader};
use super::msgpack::{
    Msgpack, Read, Reader as MsgpackReader, text_of_bytes, text_of_extension, timestamp,
};
use super::outcome::Outcome;
use super::row::Rows;
use super::time::Said;
use super::{EVENT_BYTES_MAX, EVENTS_MAX};

/// The members of an event in a batch.
const TIME: &str = "time";
const SAMPLE_RATE: &str = "samplerate";
const DATA: &str = "data";

/// Reads a list of events in JSON.
pub(super) fn json_batch<'a>(
    body: &'a Bytes,
    event: &mut Event<'a>,
    rows: &mut Rows,
) -> Result<()> {
    let mut reader = JsonReader::new(body);
    let in_body = |error: super::json::NotJson| error.in_body(body);
    if !reader.take(b'[') {
        return reader.fail("a list of events is missing").map_err(in_body);
    }
    let mut is_first = true;
    while reader.next_item(&mut is_first).map_err(in_body)? {
        check_count(rows)?;
        event.clear();
        json_item(&mut reader, event).map_err(in_body)?;
        rows.add(event);
    }
    reader.end().map_err(in_body)
}

/// Reads one event in JSON: an object of its fields.
pub(super) fn json_event<'a>(body: &'a Bytes, event: &mut Event<'a>) -> Result<()> {
    let mut reader = JsonReader::new(body);
    let read = json_data(&mut reader, event).and_then(|()| reader.end());
    if reader.take_damage() {
        event.fail(Outcome::Malformed);
    }
    read.map_err(|error| error.in_body(body))
}

fn json_item<'a>(reader: &mut JsonReader<'a>, event: &mut Event<'a>) -> super::json::Read<()> {
    if !reader.take(b'{') {
        event.fail(Outcome::Malformed);
        reader.skip()?;
        reader.take_damage();
        return Ok(());
    }
    let mut is_first = true;
    while let Some(name) = reader.next_name(&mut is_first)? {
        match &*name {
            DATA => json_data(reader, event)?,
            TIME => {
                event.time = match reader.value()? {
                    Json::Null => Said::Nothing,
                    Json::Text(text) | Json::List(text) | Json::Object(text) => Said::Text(text),
                    Json::Number(number) => Said::Text(number.into()),
                    Json::Bool(bool) => Said::Text(bool.to_string().into()),
                }
            }
            SAMPLE_RATE => {
                event.sample_rate = match reader.value()? {
                    Json::Number(text) => otlp::sample_rate(&Value::Text(text)),
                    Json::Text(text) => otlp::sample_rate(&Value::Text(&text)),
                    _ => 1,
                }
            }
            _ => reader.skip()?,
        }
    }
    if reader.take_damage() {
        event.fail(Outcome::Malformed);
    }
    Ok(())
}

/// Reads the fields of an event.
fn json_data<'a>(reader: &mut JsonReader<'a>, event: &mut Event<'a>) -> super::json::Read<()> {
    event.clear_data();
    let is_object = reader.peek() == Some(b'{');
    let start = reader.at();
    if !is_object {
        if reader.value()? != Json::Null {
            event.fail(Outcome::Malformed);
        }
        return Ok(());
    }
    reader.take(b'{');
    let mut is_first = true;
    while let Some(name) = reader.next_name(&mut is_first)? {
        event.has_data = true;
        if event.fault.is_some() {
            reader.skip()?;
            continue;
        }
        let value = reader.value()?;
        event.put_json(name, value);
    }
    if reader.at() - start > EVENT_BYTES_MAX {
        event.fail(Outcome::TooLarge);
    }
    Ok(())
}

/// Reads a list of events in MessagePack.
pub(super) fn msgpack_batch<'a>(
    body: &'a Bytes,
    event: &mut Event<'a>,
    rows: &mut Rows,
) -> Result<()> {
    let mut reader = MsgpackReader::new(body);
    let Msgpack::List(count) = reader.value()? else {
        return Ok(reader.fail("a list of events is missing")?);
    };
    for _ in 0..count {
        check_count(rows)?;
        event.clear();
        msgpack_item(&mut reader, event)?;
        rows.add(event);
    }
    Ok(reader.end()?)
}

/// Reads one event in MessagePack: a map of its fields.
pub(super) fn msgpack_event<'a>(body: &'a Bytes, event: &mut Event<'a>) -> Result<()> {
    let mut reader = MsgpackReader::new(body);
    let start = reader.value()?;
    msgpack_data(&mut reader, start, event)?;
    Ok(reader.end()?)
}

fn msgpack_item<'a>(reader: &mut MsgpackReader<'a>, event: &mut Event<'a>) -> Read<()> {
    let head = reader.value()?;
    let Msgpack::Map(count) = head else {
        event.fail(Outcome::Malformed);
        return reader.skip_rest(head);
    };
    for _ in 0..count {
        let name = reader.value()?;
        let value = reader.value()?;
        match name {
            Msgpack::Text(name) if name == DATA.as_bytes() => msgpack_data(reader, value, event)?,
            Msgpack::Text(name) if name == TIME.as_bytes() => {
                event.time = msgpack_time(value);
                reader.skip_rest(value)?;
            }
            Msgpack::Text(name) if name == SAMPLE_RATE.as_bytes() => {
                event.sample_rate = match value {
                    Msgpack::Int(int) => otlp::sample_rate(&Value::Int(int)),
                    Msgpack::Large(_) => otlp::sample_rate(&Value::Int(i64::MAX)),
                    Msgpack::Float(float) => otlp::sample_rate(&Value::Float(float)),
                    Msgpack::Text(text) => {
                        otlp::sample_rate(&Value::Text(&String::from_utf8_lossy(text)))
                    }
                    _ => 1,
                };
                reader.skip_rest(value)?;
            }
            name => {
                // A name that is nested itself has its parts before the value.
                if matches!(name, Msgpack::List(_) | Msgpack::Map(_)) {
                    return reader.fail("the name of a member is no text");
                }
                reader.skip_rest(value)?;
            }
        }
    }
    Ok(())
}

fn msgpack_time(value: Msgpack<'_>) -> Said<'_> {
    match value {
        Msgpack::Nil => Said::Nothing,
        Msgpack::Text(text) => Said::Text(String::from_utf8_lossy(text)),
        Msgpack::Int(int) => Said::Text(int.to_string().into()),
        Msgpack::Float(float) => Said::Text(float.to_string().into()),
        Msgpack::Extension(kind, bytes) => match timestamp(kind, bytes) {
            Some((seconds, nanos)) => Said::Moment(seconds, nanos),
            None => Said::Text(text_of_extension(kind, bytes).into()),
        },
        other => Said::Text(format!("{other:?}").into()),
    }
}

/// Reads the fields of an event, whose head has been read.
fn msgpack_data<'a>(
    reader: &mut MsgpackReader<'a>,
    head: Msgpack<'a>,
    event: &mut Event<'a>,
) -> Read<()> {
    event.clear_data();
    let start = reader.at();
    let count = match head {
        Msgpack::Map(count) => count,
        Msgpack::Nil => 0,
        _ => {
            event.fail(Outcome::Malformed);
            return reader.skip_rest(head);
        }
    };
    event.has_data = count > 0;
    for _ in 0..count {
        let name = reader.value()?;
        let value = match name {
            Msgpack::List(_) | Msgpack::Map(_) => {
                return reader.fail("the name of a field is no text");
            }
            _ => reader.value()?,
        };
        let name = match name {
            Msgpack::Text(name) => std::str::from_utf8(name).ok(),
            _ => None,
        };
        let Some(name) = name.filter(|_| event.fault.is_none()) else {
            event.fail(Outcome::Malformed);
            reader.skip_rest(value)?;
            continue;
        };
        msgpack_field(reader, name, value, event)?;
    }
    if reader.at() - start > EVENT_BYTES_MAX {
        event.fail(Outcome::TooLarge);
    }
    Ok(())
}

fn msgpack_field<'a>(
    reader: &mut MsgpackReader<'a>,
    name: &'a str,
    value: Msgpack<'a>,
    event: &mut Event<'a>,
) -> Read<()> {
    let value = match value {
        Msgpack::Nil => return Ok(()),
        Msgpack::Bool(bool) => FieldValue::Bool(bool),
        Msgpack::Int(int) => FieldValue::Int(int),
        Msgpack::Large(int) => FieldValue::Float(int as f64),
        Msgpack::Float(float) => FieldValue::Float(float),
        Msgpack::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => {
                event.put_json(name.into(), Json::Text(text.into()));
                return Ok(());
            }
            Err(_) => {
                event.fail(Outcome::Malformed);
                return Ok(());
            }
        },
        Msgpack::Bytes(bytes) => FieldValue::Text(text_of_bytes(bytes)),
        Msgpack::Extension(kind, bytes) => FieldValue::Text(text_of_extension(kind, bytes).into()),
        nested => {
            let start = reader.at();
            let mut text = String::new();
            reader.write_rest(nested, 0, &mut text)?;
            if reader.at() - start > EVENT_BYTES_MAX {
                event.fail(Outcome::TooLarge);
                return Ok(());
            }
            let json = match nested {
                Msgpack::Map(_) => Json::Object(text.into()),
                _ => Json::List(text.into()),
            };
            event.put_json(name.into(), json);
            return Ok(());
        }
    };
    event.put(name.into(), value);
    Ok(())
}

fn check_count(rows: &Rows) -> Result<()> {
    if rows.outcomes.len() < EVENTS_MAX {
        return Ok(());
    }
    let text = format!("more than {EVENTS_MAX} events: send less at once");
    Err(Error::new(model::ErrorKind::TooLarge, text))
}
