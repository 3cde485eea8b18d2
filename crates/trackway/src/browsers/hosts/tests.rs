use axum::body::Body;

use super::*;

fn asked(host: &str) -> Request {
    Request::get("/api/v1/datasets").header(HOST, host).body(Body::empty()).unwrap()
}

fn passes(hosts: &Hosts, host: &str) -> bool {
    hosts.check(&asked(host)).is_ok()
}

const LOOPBACK: [&str; 7] = [
    "localhost",
    "LocalHost:4400",
    "localhost.",
    "127.0.0.1:4400",
    "127.8.9.1",
    "[::1]",
    "[::1]:1",
];

/// Guarantees: a listener on loopback answers to the names of loopback, with any port, and to no
/// name that only looks like one.
#[test]
fn loopback_has_its_names() {
    let hosts = Hosts::new("127.0.0.1".parse().unwrap(), &[], None);
    for host in LOOPBACK {
        assert!(passes(&hosts, host), "{host}");
    }
    let others = [
        "evil.example",
        "evil.example:4400",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.7:4400",
        "[fe80::1]",
        "2130706433",
        "0.0.0.0",
        "",
    ];
    for host in others {
        assert!(!passes(&hosts, host), "{host}");
    }
}

/// Guarantees: an allowed name is answered to, and those of loopback still are.
#[test]
fn allowed_names_are_answered_to() {
    let hosts = Hosts::new("::1".parse().unwrap(), &["obs.lan".to_owned()], None);
    assert!(passes(&hosts, "OBS.lan:4400"));
    assert!(passes(&hosts, "localhost:4400"));
    assert!(!passes(&hosts, "sub.obs.lan"));
}

/// Guarantees: a listener that others reach answers to every name until it is given some, and then
/// to these and to addresses.
#[test]
fn beyond_loopback_names_are_checked_once_given() {
    let everywhere: IpAddr = "0.0.0.0".parse().unwrap();
    assert!(passes(&Hosts::new(everywhere, &[], None), "anything.example"));
    let named = Hosts::new(everywhere, &["obs.lan".to_owned()], None);
    assert!(passes(&named, "obs.lan"));
    assert!(passes(&named, "192.168.1.7:4400"));
    assert!(passes(&named, "[2001:db8::1]:4400"));
    assert!(!passes(&named, "evil.example"));
}

/// Guarantees: the name in the public URL is answered to, and shuts out nobody by itself.
#[test]
fn the_public_name_is_answered_to() {
    let url = Some("https://Obs.example:8443/trackway");
    let behind_a_proxy = Hosts::new("127.0.0.1".parse().unwrap(), &[], url);
    assert!(passes(&behind_a_proxy, "obs.example:8443"));
    assert!(!passes(&behind_a_proxy, "evil.example"));
    let everywhere = Hosts::new("0.0.0.0".parse().unwrap(), &[], url);
    assert!(passes(&everywhere, "other.example"));
}

/// Guarantees: what names nobody, or two, is refused; HTTP/2 says whom it asks in the target.
#[test]
fn requests_name_one_host() {
    let hosts = Hosts::new("127.0.0.1".parse().unwrap(), &[], None);
    let none = Request::get("/metrics").body(Body::empty()).unwrap();
    assert!(hosts.check(&none).is_err());
    let twice = Request::get("/metrics").header(HOST, "localhost").header(HOST, "evil.example");
    assert!(hosts.check(&twice.body(Body::empty()).unwrap()).is_err());
    let target = |host: &str| Request::get(format!("http://{host}/metrics"));
    assert!(hosts.check(&target("localhost:1").body(Body::empty()).unwrap()).is_ok());
    assert!(hosts.check(&target("evil.example").body(Body::empty()).unwrap()).is_err());
    let differs = target("localhost").header(HOST, "evil.example").body(Body::empty()).unwrap();
    assert!(hosts.check(&differs).is_err());
}
