//! The ground truth as a document: what a server that holds all spans must answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Exact figures over all spans of a generator, written as JSON by `trackway-load --truth`.
///
/// Percentiles are nearest-rank: the smallest duration that at least that share does not exceed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthReport {
    /// The seed of the generator.
    pub seed: u64,
    /// The start of the hour in which all spans lie, RFC 3339.
    pub start: String,
    /// All spans.
    pub spans: u64,
    /// All traces.
    pub traces: u64,
    /// Spans whose status is an error.
    pub errors: u64,
    /// Span events, each an exception.
    pub exceptions: u64,
    /// Attributes of all spans, without those of resources and events.
    pub attributes: u64,
    /// Spans with `db.system` = `postgresql` that took 10 ms or more.
    pub slow_postgresql: u64,
    /// By `service.name`.
    pub services: BTreeMap<String, ServiceReport>,
    /// By `http.route`: spans that carry it, which are served requests.
    pub routes: BTreeMap<String, RouteReport>,
    /// By `user.id`.
    pub users: UsersReport,
    /// Spans that start in each minute of the hour.
    pub minutes: Vec<u64>,
    /// How many traces have each number of spans.
    pub trace_sizes: BTreeMap<u64, u64>,
    /// Some traces, drawn evenly, in the order of their ids: at most a thousand.
    pub sample_traces: Vec<TraceReport>,
    /// The planted incident.
    pub incident: IncidentReport,
}

/// Figures of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceReport {
    /// Its spans.
    pub spans: u64,
    /// Its spans of any kind with `http.response.status_code` of 500 or more.
    pub status_500_or_more: u64,
}

/// Exact durations of a route's served requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteReport {
    /// The service that serves it.
    pub service: String,
    /// Its served requests.
    pub spans: u64,
    /// Sum of their durations, ns.
    pub sum_ns: u64,
    /// Median duration, ns.
    pub p50_ns: u64,
    /// 90th percentile, ns.
    pub p90_ns: u64,
    /// 95th percentile, ns.
    pub p95_ns: u64,
    /// 99th percentile, ns.
    pub p99_ns: u64,
    /// 99.9th percentile, ns.
    pub p999_ns: u64,
    /// Longest duration, ns.
    pub max_ns: u64,
}

/// Figures of the users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsersReport {
    /// How many users spans carry.
    pub distinct: u64,
    /// How many spans carry a user.
    pub spans: u64,
    /// The hundred users with the most spans, most first; ties in the order of their ids.
    pub top: Vec<UserReport>,
}

/// Figures of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserReport {
    /// `user.id`.
    pub user: String,
    /// Spans that carry it.
    pub spans: u64,
}

/// Figures of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceReport {
    /// The trace id, 32 hex digits.
    pub trace_id: String,
    /// Its spans.
    pub spans: u64,
}

/// The planted incident: what a root-cause search must find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentReport {
    /// `service.name` of the affected instance.
    pub service: String,
    /// `service.instance.id` of the affected instance.
    pub instance: String,
    /// `http.route` of the affected requests.
    pub route: String,
    /// `service.version` that only the affected instance runs.
    pub version: String,
    /// Traces that start from here on are affected, RFC 3339.
    pub from: String,
    /// Traces that start from here on no longer are, RFC 3339.
    pub until: String,
    /// Served requests that are slow.
    pub spans: u64,
    /// Those of them that failed by themselves or because of something below.
    pub errors: u64,
}
