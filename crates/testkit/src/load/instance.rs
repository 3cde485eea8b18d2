//! The sixty processes of the shop and the seventeen resource attributes of each.

use super::digits;
use super::draw::Draw;
use super::shop::{INCIDENT_SERVICE, INCIDENT_VERSION, SERVICE_COUNT, SERVICES};
use super::wire::{self, Any};

/// How many instances each service has.
pub(super) const INSTANCES_PER_SERVICE: usize = 3;
/// How many instances there are.
pub(super) const INSTANCES: usize = SERVICE_COUNT * INSTANCES_PER_SERVICE;
/// How many resource attributes an instance has.
#[cfg(test)]
pub(super) const RESOURCE_ATTRIBUTES: usize = 17;

/// The fields of OTLP's `Resource` message that are written here.
const RESOURCE_FIELD_ATTRIBUTES: u32 = 1;

/// A process of a service.
#[derive(Debug)]
pub(super) struct Instance {
    /// Its service's place among the services.
    pub(super) service: usize,
    /// `service.instance.id`.
    pub(super) id: String,
    /// The address under which other instances see it.
    pub(super) address: String,
    /// Its `Resource` message.
    pub(super) resource: Vec<u8>,
    /// Whether it runs the version of the incident.
    pub(super) is_incident: bool,
}

/// The instances of every service; those of service `s` begin at `s * INSTANCES_PER_SERVICE`.
pub(super) fn instances(draw: &mut Draw) -> Vec<Instance> {
    (0..INSTANCES).map(|index| instance(index, draw)).collect()
}

fn instance(index: usize, draw: &mut Draw) -> Instance {
    let service = index / INSTANCES_PER_SERVICE;
    let shop = &SERVICES[service];
    let last = index % INSTANCES_PER_SERVICE == INSTANCES_PER_SERVICE - 1;
    let is_incident = last && shop.name == INCIDENT_SERVICE;
    let version = if is_incident { INCIDENT_VERSION } else { shop.version };
    let id = text_of(&digits::uuid(draw.next(), draw.next()));
    let pod = format!("{}-7d9c6b{}-x{}", shop.name, 40 + service, 11 + index);
    let node = format!("node-{}", 1 + draw.below(9));
    let (runtime, runtime_version) = shop.language.runtime();

    let mut resource = Vec::new();
    let mut add = |key: &str, value: Any<'_>| {
        wire::attribute(&mut resource, RESOURCE_FIELD_ATTRIBUTES, key, value);
    };
    add("service.name", Any::Text(shop.name.as_bytes()));
    add("service.namespace", Any::Text(b"shop"));
    add("service.version", Any::Text(version.as_bytes()));
    add("service.instance.id", Any::Text(id.as_bytes()));
    add("deployment.environment.name", Any::Text(b"production"));
    add("telemetry.sdk.name", Any::Text(b"opentelemetry"));
    add("telemetry.sdk.language", Any::Text(shop.language.name().as_bytes()));
    add("telemetry.sdk.version", Any::Text(shop.language.sdk_version().as_bytes()));
    add("host.name", Any::Text(node.as_bytes()));
    add("host.arch", Any::Text(b"amd64"));
    add("os.type", Any::Text(b"linux"));
    add("process.pid", Any::Int(1 + draw.below(40) as i64));
    add("process.runtime.name", Any::Text(runtime.as_bytes()));
    add("process.runtime.version", Any::Text(runtime_version.as_bytes()));
    add("k8s.namespace.name", Any::Text(b"shop-production"));
    add("k8s.pod.name", Any::Text(pod.as_bytes()));
    add("cloud.region", Any::Text(b"eu-central-1"));

    let address = format!("10.42.{}.{}", 1 + index % 9, 10 + index * 4);
    Instance { service, id, address, resource, is_incident }
}

fn text_of(ascii: &[u8]) -> String {
    ascii.iter().map(|&byte| char::from(byte)).collect()
}
