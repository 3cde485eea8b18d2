//! What one instance has not sent yet, and the export request made of it.
//!
//! As the batch processor of the SDKs does: a request goes out when 512 spans wait, or when the
//! timer rings. A request holds one resource and the scopes that have spans.

use super::instance::Instance;
use super::language::{SCOPES, Scope};
use super::shop::SERVICES;
use super::wire;

/// Most spans of a request, the default of the SDKs (`OTEL_BSP_MAX_EXPORT_BATCH_SIZE`).
pub const REQUEST_SPANS_MAX: u32 = 512;

/// The schema that resources follow.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.37.0";

/// Fields of `ExportTraceServiceRequest`, `ResourceSpans`, `ScopeSpans`, `InstrumentationScope`.
const REQUEST_FIELD_RESOURCE_SPANS: u32 = 1;
const RESOURCE_SPANS_FIELD_RESOURCE: u32 = 1;
const RESOURCE_SPANS_FIELD_SCOPE_SPANS: u32 = 2;
const RESOURCE_SPANS_FIELD_SCHEMA_URL: u32 = 3;
const SCOPE_SPANS_FIELD_SCOPE: u32 = 1;
const SCOPE_SPANS_FIELD_SPANS: u32 = 2;
const SCOPE_FIELD_NAME: u32 = 1;
const SCOPE_FIELD_VERSION: u32 = 2;

/// The exporter of an instance.
#[derive(Debug)]
pub(super) struct Exporter {
    /// The `Resource` message.
    resource: Vec<u8>,
    /// The start of each `ScopeSpans` message: its scope.
    scopes: [Vec<u8>; SCOPES],
    /// The rest of each `ScopeSpans` message: spans that wait.
    waiting: [Vec<u8>; SCOPES],
    waiting_spans: u32,
}

impl Exporter {
    pub(super) fn new(instance: &Instance) -> Self {
        Self {
            resource: instance.resource.clone(),
            scopes: Scope::ALL.map(|scope| encoded_scope(instance.service, scope)),
            waiting: Default::default(),
            waiting_spans: 0,
        }
    }

    /// Adds a `Span` message.
    pub(super) fn add(&mut self, scope: Scope, message: &[u8]) {
        wire::bytes_field(&mut self.waiting[scope as usize], SCOPE_SPANS_FIELD_SPANS, message);
        self.waiting_spans += 1;
    }

    /// Whether a request is full.
    pub(super) fn is_full(&self) -> bool {
        self.waiting_spans >= REQUEST_SPANS_MAX
    }

    /// The `ExportTraceServiceRequest` message of all that waits, and how many spans it holds;
    /// none if nothing waits.
    pub(super) fn take(&mut self) -> Option<(Vec<u8>, u32)> {
        if self.waiting_spans == 0 {
            return None;
        }
        let scope_len = |scope: usize| self.scopes[scope].len() + self.waiting[scope].len();
        let mut len = wire::field_len(self.resource.len()) + wire::field_len(SCHEMA_URL.len());
        for scope in self.used_scopes() {
            len += wire::field_len(scope_len(scope));
        }
        let mut body = Vec::with_capacity(wire::field_len(len));
        wire::header(&mut body, REQUEST_FIELD_RESOURCE_SPANS, len);
        wire::bytes_field(&mut body, RESOURCE_SPANS_FIELD_RESOURCE, &self.resource);
        for scope in self.used_scopes() {
            wire::header(&mut body, RESOURCE_SPANS_FIELD_SCOPE_SPANS, scope_len(scope));
            body.extend_from_slice(&self.scopes[scope]);
            body.extend_from_slice(&self.waiting[scope]);
        }
        wire::bytes_field(&mut body, RESOURCE_SPANS_FIELD_SCHEMA_URL, SCHEMA_URL.as_bytes());
        for waiting in &mut self.waiting {
            waiting.clear();
        }
        Some((body, std::mem::take(&mut self.waiting_spans)))
    }

    fn used_scopes(&self) -> impl Iterator<Item = usize> {
        (0..SCOPES).filter(|&scope| !self.waiting[scope].is_empty())
    }
}

/// The scope of a service's spans, as a field of a `ScopeSpans` message.
fn encoded_scope(service: usize, scope: Scope) -> Vec<u8> {
    let service = &SERVICES[service];
    let (name, version) = match service.language.library(scope) {
        ("", _) => (service.name, ""),
        library => library,
    };
    let mut message = Vec::new();
    wire::bytes_field(&mut message, SCOPE_FIELD_NAME, name.as_bytes());
    if !version.is_empty() {
        wire::bytes_field(&mut message, SCOPE_FIELD_VERSION, version.as_bytes());
    }
    let mut field = Vec::new();
    wire::bytes_field(&mut field, SCOPE_SPANS_FIELD_SCOPE, &message);
    field
}
