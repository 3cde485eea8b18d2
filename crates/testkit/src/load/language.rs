//! What the language of a service decides: its SDK's words, its files, its stack traces.

use super::shop::Language;

/// Instrumentation scopes of an instance, in the order in which a request holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Http,
    Database,
    Messaging,
    /// The service's own code.
    Own,
}

/// How many scopes an instance has.
pub(super) const SCOPES: usize = 4;

impl Scope {
    /// Every scope, each at the place of its number.
    pub(super) const ALL: [Self; SCOPES] = [Self::Http, Self::Database, Self::Messaging, Self::Own];
}

impl Language {
    /// `telemetry.sdk.language`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Language::Go => "go",
            Language::Java => "java",
            Language::Node => "nodejs",
            Language::Python => "python",
        }
    }

    /// `process.runtime.name` and `process.runtime.version`.
    pub(super) const fn runtime(self) -> (&'static str, &'static str) {
        match self {
            Language::Go => ("go", "go1.26.1"),
            Language::Java => ("OpenJDK Runtime Environment", "25.0.1+8-LTS"),
            Language::Node => ("nodejs", "24.11.0"),
            Language::Python => ("cpython", "3.14.1"),
        }
    }

    /// `telemetry.sdk.version`.
    pub(super) const fn sdk_version(self) -> &'static str {
        match self {
            Language::Go => "1.43.0",
            Language::Java => "1.58.0",
            Language::Node => "2.4.0",
            Language::Python => "1.45.1",
        }
    }

    /// Name and version of the library that makes the spans of `scope`; own code has its
    /// service's name and no version.
    pub(super) const fn library(self, scope: Scope) -> (&'static str, &'static str) {
        match (self, scope) {
            (_, Scope::Own) => ("", ""),
            (Language::Go, Scope::Http) => {
                ("go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "0.68.0")
            }
            (Language::Go, Scope::Database) => ("github.com/XSAM/otelsql", "0.44.0"),
            (Language::Go, Scope::Messaging) => ("github.com/twmb/franz-go/plugin/kotel", "1.6.0"),
            (Language::Java, Scope::Http) => ("io.opentelemetry.tomcat-10.0", "2.24.0-alpha"),
            (Language::Java, Scope::Database) => ("io.opentelemetry.jdbc", "2.24.0-alpha"),
            (Language::Java, Scope::Messaging) => {
                ("io.opentelemetry.kafka-clients-2.6", "2.24.0-alpha")
            }
            (Language::Node, Scope::Http) => ("@opentelemetry/instrumentation-http", "0.214.0"),
            (Language::Node, Scope::Database) => {
                ("@opentelemetry/instrumentation-mysql2", "0.61.0")
            }
            (Language::Node, Scope::Messaging) => {
                ("@opentelemetry/instrumentation-kafkajs", "0.24.0")
            }
            (Language::Python, Scope::Http) => ("opentelemetry.instrumentation.flask", "0.66b1"),
            (Language::Python, Scope::Database) => {
                ("opentelemetry.instrumentation.psycopg2", "0.66b1")
            }
            (Language::Python, Scope::Messaging) => {
                ("opentelemetry.instrumentation.confluent_kafka", "0.66b1")
            }
        }
    }

    /// The fully qualified name of `function` in `service`.
    pub(super) fn qualified(self, service: &str, function: &str) -> String {
        match self {
            Language::Go => format!("shop.example/{service}/internal.{function}"),
            Language::Java => format!("example.shop.{service}.{function}"),
            Language::Node => function.to_owned(),
            Language::Python => format!("shop.{service}.views.{function}"),
        }
    }

    /// The file in which `function` of `service` stands.
    pub(super) fn file(self, service: &str, function: &str) -> String {
        match self {
            Language::Go => format!("/src/{service}/internal/handler.go"),
            Language::Java => {
                let class = function.split('.').next().unwrap_or(function);
                format!("{class}.java")
            }
            Language::Node => format!("/app/{service}/dist/handlers.js"),
            Language::Python => format!("/srv/shop/{service}/views.py"),
        }
    }
}
