//! A reader of server-sent events.

use std::io::{BufRead as _, BufReader};

use serde_json::Value;
use ureq::BodyReader;
use ureq::http::Request;

use super::schema::check_event;
use super::world::{Server, agent};

/// An event as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Event {
    /// The place to go on from.
    pub(crate) id: Option<String>,
    /// Its name; none for a place alone.
    pub(crate) name: Option<String>,
    /// Its data.
    pub(crate) data: Value,
}

/// An answer that goes on.
pub(crate) struct Following {
    /// The status it began with.
    pub(crate) status: u16,
    lines: BufReader<BodyReader<'static>>,
    method: String,
    path: String,
    /// The last place that was told.
    pub(crate) place: Option<String>,
}

impl Following {
    /// Asks for events.
    pub(crate) fn new(server: &Server, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut request = Request::get(format!("{}{path}", server.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Self::of(request.body(()).unwrap())
    }

    /// Sends a request whose answer is events.
    pub(crate) fn of(request: Request<impl ureq::AsSendBody>) -> Self {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let response = agent().run(request).unwrap();
        let status = response.status().as_u16();
        let lines = BufReader::new(response.into_body().into_reader());
        Self { status, lines, method, path, place: None }
    }

    /// The next event, heartbeats apart; none at the end of the answer.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            // An answer that is cut off ends with an error.
            if self.lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            if line.is_empty() && event != Event::default() {
                self.place = event.id.clone().or(self.place.take());
                if let Some(name) = &event.name {
                    check_event(&self.method, &self.path, name, &event.data);
                }
                return Some(event);
            }
            match line.split_once(": ") {
                Some(("id", id)) => event.id = Some(id.to_owned()),
                Some(("event", name)) => event.name = Some(name.to_owned()),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                _ => assert!(line.is_empty() || line == ":", "{line:?} is no line of an event"),
            }
        }
    }

    /// The next event that has a name.
    pub(crate) fn next_named(&mut self) -> Option<Event> {
        loop {
            let event = self.next()?;
            if event.name.is_some() {
                return Some(event);
            }
        }
    }

    /// The whole answer, if it is an error.
    pub(crate) fn error(mut self) -> (u16, String) {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        let body: Value = serde_json::from_str(&line).unwrap();
        (self.status, body["error"].as_str().unwrap().to_owned())
    }
}
