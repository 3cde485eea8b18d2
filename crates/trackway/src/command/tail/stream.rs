//! Server-sent events: fields in lines, an empty line behind each event.

use std::io::{self, BufRead as _, BufReader, Read};

/// Longest line: an event of the longest body.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// An event of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// Where to go on behind it.
    pub(super) id: Option<String>,
    /// What kind it is.
    pub(super) name: String,
    /// What it says.
    pub(super) data: String,
}

/// Events as they arrive.
pub(super) struct Events<R> {
    reader: BufReader<R>,
}

impl<R: Read> Events<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { reader: BufReader::new(stream) }
    }

    /// The next event; none at the end. An event that was cut off is none.
    pub(super) fn next_event(&mut self) -> io::Result<Option<Event>> {
        let mut event = Event::default();
        let mut has_data = false;
        loop {
            let mut line = String::new();
            self.reader.by_ref().take(LINE_BYTES_MAX).read_line(&mut line)?;
            let Some(line) = line.strip_suffix('\n') else { return Ok(None) };
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.is_empty() {
                if has_data || event.id.is_some() {
                    return Ok(Some(event));
                }
                event = Event::default();
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => event.id = Some(value.to_owned()),
                "event" => value.clone_into(&mut event.name),
                "data" => {
                    if has_data {
                        event.data.push('\n');
                    }
                    event.data.push_str(value);
                    has_data = true;
                }
                // A sign of life, or a field that means nothing here.
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Event> {
        let mut events = Events::new(text.as_bytes());
        let mut found = Vec::new();
        while let Some(event) = events.next_event().unwrap() {
            found.push(event);
        }
        found
    }

    /// Guarantees: events are read with their fields, signs of life are passed over, and an event
    /// that was cut off is not taken.
    #[test]
    fn events_are_read() {
        let text = ": hello\n\nid: 7\n\nid: 8-1\nevent: row\ndata: {\"a\":\ndata: 1}\n\n\
                    event:skipped\r\ndata:x\r\n\r\nevent: row\ndata: {}\n";
        let event = |id: Option<&str>, name: &str, data: &str| Event {
            id: id.map(str::to_owned),
            name: name.to_owned(),
            data: data.to_owned(),
        };
        let expected = [
            event(Some("7"), "", ""),
            event(Some("8-1"), "row", "{\"a\":\n1}"),
            event(None, "skipped", "x"),
        ];
        assert_eq!(read(text), expected);
    }
}
