//! Operations: everything that spans of one kind of work have in common, encoded once.
//!
//! Of a span's twelve attributes about half never differ between spans of one operation. They are
//! encoded when the catalogue is built and copied as one block into each span.

use super::failure::{Failure, Layer};
use super::language::Scope;
use super::path::Path;
use super::shop::{Route, Service, Topic};
use super::wire::{self, Any};

/// The field of OTLP's `Span` message that holds attributes.
pub(super) const SPAN_FIELD_ATTRIBUTES: u32 = 9;

/// What a span does. It decides which attributes differ from span to span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Serve,
    Call,
    Query,
    Cache,
    Function,
    Produce,
    Consume,
}

impl Work {
    /// The span kind as OTLP counts: internal 1, server 2, client 3, producer 4, consumer 5.
    pub(super) const fn kind(self) -> u64 {
        match self {
            Work::Function => 1,
            Work::Serve => 2,
            Work::Call | Work::Query | Work::Cache => 3,
            Work::Produce => 4,
            Work::Consume => 5,
        }
    }

    /// The scope its spans belong to.
    pub(super) const fn scope(self) -> Scope {
        match self {
            Work::Serve | Work::Call => Scope::Http,
            Work::Query | Work::Cache => Scope::Database,
            Work::Produce | Work::Consume => Scope::Messaging,
            Work::Function => Scope::Own,
        }
    }
}

/// A kind of work of one service.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) work: Work,
    pub(super) name: String,
    /// Attributes that never differ, as fields of a `Span` message.
    pub(super) constant: Vec<u8>,
    /// How many attributes `constant` holds.
    pub(super) constant_count: u64,
    /// Median of its own time, children apart, ns.
    pub(super) median_ns: f64,
    /// Deviation of that time's logarithm.
    pub(super) sigma: f64,
    /// What stands before the path in a URL; empty but for calls.
    pub(super) origin: String,
    /// The path of a request; empty but for requests.
    pub(super) path: Path,
    /// The place of its route among the routes; set for served requests.
    pub(super) route: Option<u16>,
    /// Whether its database is PostgreSQL.
    pub(super) is_postgresql: bool,
    /// What it throws when it fails.
    pub(super) failure: Option<Failure>,
    /// Whether it is of the incident's route.
    pub(super) is_incident: bool,
}

impl Operation {
    fn new(work: Work, name: String, median_us: f64, sigma: f64) -> Self {
        Self {
            work,
            name,
            constant: Vec::new(),
            constant_count: 0,
            median_ns: median_us * 1_000.0,
            sigma,
            origin: String::new(),
            path: Path::new(""),
            route: None,
            is_postgresql: false,
            failure: None,
            is_incident: false,
        }
    }

    fn with(mut self, key: &str, value: Any<'_>) -> Self {
        wire::attribute(&mut self.constant, SPAN_FIELD_ATTRIBUTES, key, value);
        self.constant_count += 1;
        self
    }

    fn with_text(self, key: &str, value: &str) -> Self {
        self.with(key, Any::Text(value.as_bytes()))
    }

    fn with_code(self, service: &Service, function: &str) -> Self {
        let name = service.language.qualified(service.name, function);
        self.with_text("code.function.name", &name)
            .with_text("code.file.path", &service.language.file(service.name, function))
    }

    /// Serves `route`, the `index`th of all.
    pub(super) fn serve(service: &Service, route: &Route, index: u16) -> Self {
        let name = format!("{} {}", route.method, route.path);
        let mut operation = Self::new(Work::Serve, name, route.median_us, route.sigma)
            .with_text("http.request.method", route.method)
            .with_text("http.route", route.path)
            .with_text("url.scheme", "http")
            .with_text("server.address", service.name)
            .with("server.port", Any::Int(service.port))
            .with_text("network.protocol.version", "1.1")
            .with_text("network.transport", "tcp")
            .with_text("network.type", "ipv4")
            .with_text("thread.name", "http")
            .with_text(
                "code.function.name",
                &service.language.qualified(service.name, route.handler),
            );
        operation.path = Path::new(route.path);
        operation.route = Some(index);
        operation.failure = Some(Failure::new(service, route.handler, Layer::Handler));
        operation
    }

    /// Asks `service` for `route`.
    pub(super) fn call(service: &Service, route: &Route) -> Self {
        let name = route.method.to_owned();
        let mut operation = Self::new(Work::Call, name, 380.0, 0.6)
            .with_text("http.request.method", route.method)
            .with_text("url.scheme", "http")
            .with_text("server.address", service.name)
            .with("server.port", Any::Int(service.port))
            .with_text("network.type", "ipv4")
            .with("network.peer.port", Any::Int(service.port))
            .with_text("peer.service", service.name);
        operation.origin = format!("http://{}:{}", service.name, service.port);
        operation.path = Path::new(route.path);
        operation
    }

    /// Runs a statement of `form` on `table`.
    pub(super) fn query(service: &Service, table: &str, form: &StatementForm) -> Self {
        let database = service.name;
        let name = format!("{} {database}.{table}", form.verb);
        let host = format!("{database}-db.shop.internal");
        let port = if service.system == "mysql" { 3306 } else { 5432 };
        let mut operation = Self::new(Work::Query, name, form.median_us, 0.9)
            .with_text("db.system", service.system)
            .with_text("db.namespace", database)
            .with_text("db.operation.name", form.verb)
            .with_text("db.collection.name", table)
            .with_text("db.query.text", &form.text.replace("{table}", table))
            .with_text("server.address", &host)
            .with("server.port", Any::Int(port))
            .with_text("network.transport", "tcp")
            .with_text("network.type", "ipv4");
        operation.is_postgresql = service.system == "postgresql";
        operation.failure = Some(Failure::new(service, service.functions[0], Layer::Database));
        operation
    }

    /// Runs the Redis command `verb`.
    pub(super) fn cache(service: &Service, verb: &str) -> Self {
        let host = format!("{}-redis.shop.internal", service.name);
        Self::new(Work::Cache, verb.to_owned(), 310.0, 0.5)
            .with_text("db.system", "redis")
            .with_text("db.namespace", "0")
            .with_text("db.operation.name", verb)
            .with_text("server.address", &host)
            .with("server.port", Any::Int(6379))
            .with_text("network.transport", "tcp")
    }

    /// Runs `function` of `service` itself.
    pub(super) fn function(service: &Service, function: &str) -> Self {
        let median_us = 90.0 + 130.0 * function.len() as f64;
        let line = 40 + 9 * function.len() as i64;
        let mut operation = Self::new(Work::Function, function.to_owned(), median_us, 0.7)
            .with_code(service, function)
            .with("code.line.number", Any::Int(line))
            .with_text("thread.name", "worker");
        operation.failure = Some(Failure::new(service, function, Layer::Handler));
        operation
    }

    /// Sends a message to `topic`.
    pub(super) fn produce(topic: &Topic) -> Self {
        Self::new(Work::Produce, format!("send {}", topic.name), 900.0, 0.6)
            .with_messaging(topic, "send")
            .with_text("messaging.client.id", &format!("{}-producer", topic.producer))
    }

    /// Processes a message of `topic` in `service`.
    pub(super) fn consume(service: &Service, topic: &Topic) -> Self {
        let group = format!("{}-workers", topic.consumer);
        let name = format!("process {}", topic.name);
        let mut operation = Self::new(Work::Consume, name, 4_200.0, 0.8)
            .with_messaging(topic, "process")
            .with_text("messaging.consumer.group.name", &group);
        operation.failure = Some(Failure::new(service, service.functions[0], Layer::Handler));
        operation
    }

    fn with_messaging(self, topic: &Topic, verb: &str) -> Self {
        self.with_text("messaging.system", "kafka")
            .with_text("messaging.destination.name", topic.name)
            .with_text("messaging.operation.name", verb)
            .with_text("messaging.operation.type", verb)
            .with_text("server.address", "kafka.shop.internal")
            .with("server.port", Any::Int(9092))
    }
}

/// A form of SQL statement that every table sees.
#[derive(Debug)]
pub(super) struct StatementForm {
    verb: &'static str,
    text: &'static str,
    median_us: f64,
}

/// The forms of SQL statements.
pub(super) const STATEMENT_FORMS: [StatementForm; 4] = [
    StatementForm {
        verb: "SELECT",
        text: "SELECT * FROM {table} WHERE id = $1",
        median_us: 1_100.0,
    },
    StatementForm {
        verb: "SELECT",
        text: "SELECT id, state FROM {table} WHERE owner_id = $1 LIMIT 50",
        median_us: 3_400.0,
    },
    StatementForm {
        verb: "UPDATE",
        text: "UPDATE {table} SET state = $1 WHERE id = $2",
        median_us: 2_200.0,
    },
    StatementForm {
        verb: "INSERT",
        text: "INSERT INTO {table} (id, owner_id, state) VALUES ($1, $2, $3)",
        median_us: 1_700.0,
    },
];
