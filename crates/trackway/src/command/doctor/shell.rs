//! The variables by which SDKs that are started in this shell find a server.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};

use super::finding::Finding;

/// Where SDKs send: the first for all signals, the others for one each.
const ENDPOINTS: [(&str, &str); 4] = [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/v1/traces"),
    ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "/v1/logs"),
    ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "/v1/metrics"),
];
/// Where Honeycomb's own clients and tools send and ask.
const HONEYCOMB: [&str; 2] = ["HONEYCOMB_API_ENDPOINT", "HONEYCOMB_API_HOST"];
/// The signals that an SDK can be told not to send.
const EXPORTERS: [&str; 3] =
    ["OTEL_TRACES_EXPORTER", "OTEL_LOGS_EXPORTER", "OTEL_METRICS_EXPORTER"];
/// Turns an SDK off altogether.
const DISABLED: &str = "OTEL_SDK_DISABLED";
/// How it speaks.
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";

/// Looks at the variables. `addresses` are those of the server.
pub(super) fn examine(
    variables: &dyn Fn(&str) -> Option<OsString>,
    server: &str,
    addresses: &[SocketAddr],
) -> Vec<Finding> {
    let value = |name: &str| variables(name).map(|value| value.to_string_lossy().into_owned());
    let mut findings = Vec::new();
    let mut has_endpoint = false;
    for (name, path) in ENDPOINTS {
        if let Some(url) = value(name) {
            has_endpoint = true;
            let is_grpc = value(PROTOCOL).is_some_and(|protocol| protocol == "grpc");
            findings.push(endpoint(name, &url, path, is_grpc, server, addresses));
        }
    }
    for name in HONEYCOMB {
        if let Some(url) = value(name) {
            findings.push(endpoint(name, &url, "", true, server, addresses));
        }
    }
    if value(DISABLED).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        let text = format!("{DISABLED} is true: SDKs in this shell send nothing");
        findings.push(Finding::wrong("shell", text, format!("unset {DISABLED}")));
    }
    for name in EXPORTERS {
        if let Some(exporter) = value(name).filter(|exporter| exporter != "otlp") {
            let text = format!("{name} is {exporter:?}: SDKs in this shell do not send these here");
            let remedy = format!("unset {name}, unless it is meant so");
            findings.push(Finding::warning("shell", text, remedy));
        }
    }
    if !has_endpoint {
        findings.push(Finding::note(
            "shell",
            "OTEL_EXPORTER_OTLP_ENDPOINT is not set: SDKs in this shell send to localhost:4318 \
             (HTTP) or localhost:4317 (gRPC)"
                .to_owned(),
        ));
    }
    findings
}

fn endpoint(
    name: &'static str,
    url: &str,
    path: &str,
    is_grpc: bool,
    server: &str,
    addresses: &[SocketAddr],
) -> Finding {
    let here = || format!("export {name}={server}{path}");
    let Some(target) = Target::read(url) else {
        let text = format!("{name} is {url:?}, which is no http URL");
        return Finding::wrong("shell", text, here());
    };
    if !addresses.iter().any(|address| target.reaches(*address)) {
        let text = format!("{name} is {url}: what is started in this shell does not send here");
        return Finding::wrong("shell", text, format!("{}, unless it is meant so", here()));
    }
    if target.is_secure {
        let text = format!("{name} is {url}: the server speaks plain HTTP");
        return Finding::wrong("shell", text, here());
    }
    let is_whole = is_grpc || target.path == path;
    if !is_whole {
        let wanted = if path.is_empty() { "no path: SDKs add it" } else { path };
        let text = format!("{name} is {url}: its path is {:?}, expected {wanted}", target.path);
        return Finding::wrong("shell", text, here());
    }
    Finding::good("shell", format!("{name} points here"))
}

/// Where a URL leads.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    is_secure: bool,
    host: String,
    port: u16,
    path: String,
}

impl Target {
    fn read(url: &str) -> Option<Self> {
        let (scheme, rest) = url.trim().split_once("://").unwrap_or(("http", url.trim()));
        let is_secure = match scheme {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
            _ => (authority, if is_secure { 443 } else { 80 }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let path = path.trim_end_matches('/').to_owned();
        (!host.is_empty()).then_some(Self { is_secure, host, port, path })
    }

    /// Whether a server that listens there is reached. A listener on all addresses is reached by
    /// any of them, and all names of loopback are the same.
    fn reaches(&self, address: SocketAddr) -> bool {
        if self.port != address.port() {
            return false;
        }
        let own = address.ip().to_canonical();
        let is_local_name = self.host.eq_ignore_ascii_case("localhost");
        match self.host.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
            Ok(ip) => ip == own || own.is_unspecified() || ip.is_loopback() && own.is_loopback(),
            Err(_) if is_local_name => own.is_loopback() || own.is_unspecified(),
            // Other names are not looked up: they may well be this machine's.
            Err(_) => !own.is_loopback(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    const SERVER: &str = "http://127.0.0.1:4318";

    fn look(variables: &[(&str, &str)]) -> Vec<Finding> {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let addresses = ["127.0.0.1:4400", "127.0.0.1:4318"].map(|text| text.parse().unwrap());
        examine(&find, SERVER, &addresses)
    }

    /// Guarantees: an endpoint that leads here is well under any name of loopback, and one that
    /// leads elsewhere, is secure, or has a wrong path is wrong, with the line that corrects it.
    #[test]
    fn endpoints_are_judged() {
        const ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
        const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
        let cases = [
            (ALL, "http://localhost:4318", State::Good),
            (ALL, "http://127.0.0.1:4400/", State::Good),
            (ALL, "http://[::1]:4318", State::Good),
            (ALL, "localhost:4318", State::Good),
            (ALL, "http://localhost:4317", State::Wrong),
            (ALL, "https://api.honeycomb.io", State::Wrong),
            (ALL, "https://localhost:4318", State::Wrong),
            (ALL, "http://localhost:4318/v1/traces", State::Wrong),
            (ALL, "grpc://localhost:4318", State::Wrong),
            (TRACES, "http://localhost:4318/v1/traces", State::Good),
            (TRACES, "http://localhost:4318", State::Wrong),
            ("HONEYCOMB_API_ENDPOINT", "https://api.honeycomb.io", State::Wrong),
            ("HONEYCOMB_API_ENDPOINT", "http://localhost:4400", State::Good),
        ];
        for (name, url, expected) in cases {
            let finding = &look(&[(name, url)])[0];
            assert_eq!(finding.state, expected, "{url}: {finding:?}");
            let has_remedy = finding.remedy.as_deref().is_some_and(|text| text.contains(name));
            assert_eq!(has_remedy, expected == State::Wrong, "{url}: {finding:?}");
        }
    }

    /// Guarantees: an SDK that is off, and a signal that is not sent, are said; so is what holds
    /// where nothing is set.
    #[test]
    fn switches_are_seen() {
        let states = |variables: &[(&str, &str)]| -> Vec<State> {
            look(variables).iter().map(|finding| finding.state).collect()
        };
        assert_eq!(states(&[]), [State::Note]);
        assert_eq!(states(&[("OTEL_SDK_DISABLED", "TRUE")]), [State::Wrong, State::Note]);
        assert_eq!(states(&[("OTEL_METRICS_EXPORTER", "none")]), [State::Warning, State::Note]);
        assert_eq!(states(&[("OTEL_TRACES_EXPORTER", "otlp")]), [State::Note]);
    }
}
