use super::*;

/// Guarantees: calls cannot go in circles, and every name that is called exists.
#[test]
fn calls_go_forward() {
    for (place, service) in SERVICES.iter().enumerate() {
        for name in service.calls {
            assert!(service_index(name) > place, "{} calls {name}", service.name);
        }
        assert!(!service.functions.is_empty() && !service.routes.is_empty(), "{}", service.name);
    }
    for topic in &TOPICS {
        assert_ne!(service_index(topic.producer), service_index(topic.consumer));
    }
}

/// Guarantees: a route's text names one service, so percentiles by route are of one service.
#[test]
fn routes_are_of_one_service() {
    let mut paths: Vec<_> = SERVICES.iter().flat_map(|service| service.routes).collect();
    paths.sort_by_key(|route| route.path);
    for pair in paths.windows(2) {
        assert_ne!(pair[0].path, pair[1].path);
    }
    let payment = &SERVICES[service_index(INCIDENT_SERVICE)];
    assert!(payment.routes.iter().any(|route| route.path == INCIDENT_ROUTE));
}
