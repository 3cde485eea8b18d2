//! What holds for all spans, records or points of a resource and scope.
//!
//! A scope's attribute hides a resource's of the same name, and a span's hides both.

use model::{Base, BatchBuilder, Value};

use crate::attributes::{AnyValue, KeyValue, Trouble, flatten, push_attribute, text};
use crate::sample_rate::{CHOSEN_FIRST, CHOSEN_SECOND};
use crate::unpack::Unpack;
use crate::wire::{Message, WireResult};

/// Scopes whose names begin so are instrumentation libraries, not the application's own code.
const INSTRUMENTATION_PREFIXES: [&str; 9] = [
    "io.opentelemetry",
    "opentelemetry.instrumentation",
    "OpenTelemetry.Instrumentation",
    "OpenTelemetry::Instrumentation",
    "go.opentelemetry.io/contrib/instrumentation",
    "@opentelemetry/instrumentation",
    "io.opentelemetry.contrib.php",
    "github.com/open-telemetry/opentelemetry-collector",
    "@honeycombio/",
];

/// The parts of a ResourceSpans, ResourceLogs or ResourceMetrics message.
#[derive(Debug, Default)]
pub(crate) struct ResourceParts<'a> {
    pub(crate) attributes: Vec<KeyValue<'a>>,
    pub(crate) scopes: Vec<Message<'a>>,
    pub(crate) schema_url: Option<Message<'a>>,
}

impl<'a> ResourceParts<'a> {
    /// Finds the parts, in whatever order they come: the resource is needed before the scopes.
    pub(crate) fn parse(message: Message<'a>) -> WireResult<Self> {
        let mut parts = Self::default();
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => {
                    let resource = field.bytes("resource", &fields)?;
                    attributes_of(resource, 1, &mut parts.attributes)
                        .map_err(|e| e.within("resource"))?;
                }
                // 1000 is where OpenTelemetry before 0.15 had its scopes.
                2 | 1_000 => fields.push(&mut parts.scopes, field.bytes("scopes", &fields)?)?,
                3 => parts.schema_url = Some(field.bytes("schema_url", &fields)?),
                _ => {}
            }
        }
        Ok(parts)
    }

    /// The `service.name`, if it is text; the last one counts.
    pub(crate) fn service_name(&self) -> Option<&'a str> {
        let named = self.attributes.iter().rfind(|a| a.key.bytes == b"service.name")?;
        match named.value {
            AnyValue::Text(name) => name.text(),
            _ => None,
        }
    }
}

/// The parts of a ScopeSpans, ScopeLogs or ScopeMetrics message.
#[derive(Debug, Default)]
pub(crate) struct ScopeParts<'a> {
    pub(crate) attributes: Vec<KeyValue<'a>>,
    pub(crate) name: Option<Message<'a>>,
    pub(crate) version: Option<Message<'a>>,
    pub(crate) schema_url: Option<Message<'a>>,
    pub(crate) items: Vec<Message<'a>>,
}

impl<'a> ScopeParts<'a> {
    pub(crate) fn parse(message: Message<'a>) -> WireResult<Self> {
        let mut parts = Self::default();
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => {
                    let scope = field.bytes("scope", &fields)?;
                    parts.parse_scope(scope).map_err(|e| e.within("scope"))?;
                }
                2 => fields.push(&mut parts.items, field.bytes("items", &fields)?)?,
                3 => parts.schema_url = Some(field.bytes("schema_url", &fields)?),
                _ => {}
            }
        }
        Ok(parts)
    }

    fn parse_scope(&mut self, scope: Message<'a>) -> WireResult<()> {
        let mut fields = scope.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => self.name = Some(field.bytes("name", &fields)?),
                2 => self.version = Some(field.bytes("version", &fields)?),
                _ => {}
            }
        }
        attributes_of(scope, 3, &mut self.attributes)
    }
}

/// Reads the attributes in one field of a message.
fn attributes_of<'a>(
    message: Message<'a>,
    field_number: u32,
    attributes: &mut Vec<KeyValue<'a>>,
) -> WireResult<()> {
    let mut fields = message.fields();
    while let Some((number, field)) = fields.next()? {
        if number == field_number {
            push_attribute(attributes, field, &fields)?;
        }
    }
    Ok(())
}

/// A rate attribute of a resource or scope.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RateValue {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
}

impl RateValue {
    pub(crate) fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Text(text) => Self::Text((*text).to_owned()),
            Value::Int(int) => Self::Int(*int),
            Value::Float(float) => Self::Float(*float),
            Value::Bool(bool) => Self::Bool(*bool),
        }
    }

    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Int(int) => Value::Int(*int),
            Self::Float(float) => Value::Float(*float),
            Self::Bool(bool) => Value::Bool(*bool),
        }
    }
}

/// The rates that hold for a run unless a span says its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunRates {
    pub(crate) first: Option<RateValue>,
    pub(crate) second: Option<RateValue>,
}

/// Opens the run of a scope's rows in the builder and gives it what holds for all of them.
pub(crate) fn open_run(
    builder: &mut BatchBuilder,
    dataset: &str,
    resource: &ResourceParts<'_>,
    scope: &ScopeParts<'_>,
    unpack: &impl Unpack,
) -> Result<RunRates, Trouble> {
    builder.start_run(dataset);
    let mut rates = RunRates::default();
    for attribute in resource.attributes.iter().chain(&scope.attributes) {
        flatten(attribute, &mut |name, value| match name {
            CHOSEN_FIRST => rates.first = Some(RateValue::of(&value)),
            CHOSEN_SECOND => rates.second = Some(RateValue::of(&value)),
            _ => unpack.each(name, value, &mut |name, value| builder.run_attribute(name, value)),
        })?;
    }
    let mut put = |base, message: Option<Message<'_>>, what| -> Result<(), Trouble> {
        match message.map(|message| text(message, what)).transpose()? {
            None | Some("") => {}
            Some(text) => builder.run_base(base, Value::Text(text)),
        }
        Ok(())
    };
    put(Base::ResourceSchemaUrl, resource.schema_url, "a schema url")?;
    put(Base::ScopeSchemaUrl, scope.schema_url, "a schema url")?;
    put(Base::ScopeName, scope.name, "a scope's name")?;
    put(Base::ScopeVersion, scope.version, "a scope's version")?;
    let name = scope.name.and_then(Message::text).unwrap_or_default();
    if INSTRUMENTATION_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        builder.run_base(Base::InstrumentationScope, Value::Bool(true));
    }
    Ok(rates)
}
