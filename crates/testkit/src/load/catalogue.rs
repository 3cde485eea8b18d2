//! The catalogue: every instance, operation and route of the shop, built once for a generator.

use super::draw::{Draw, mixed};
use super::instance::{self, INSTANCES_PER_SERVICE, Instance};
use super::operation::{Operation, STATEMENT_FORMS};
use super::shop::{INCIDENT_ROUTE, SERVICES, Service, TOPICS, service_index};

/// Redis commands that services use.
const CACHE_COMMANDS: [&str; 2] = ["GET", "SET"];

/// The place of an operation in [`Catalogue::operations`].
pub(super) type OperationIndex = u16;

/// Everything that does not differ between traces.
#[derive(Debug)]
pub(super) struct Catalogue {
    pub(super) instances: Vec<Instance>,
    pub(super) operations: Vec<Operation>,
    /// What each service can do, in the order of the services.
    pub(super) abilities: Vec<Abilities>,
    /// The text of each route.
    pub(super) routes: Vec<&'static str>,
}

/// What a service can do, as places of operations.
#[derive(Debug, Default)]
pub(super) struct Abilities {
    /// Requests it serves; the call that asks for one follows it in the catalogue.
    pub(super) serves: Vec<OperationIndex>,
    pub(super) queries: Vec<OperationIndex>,
    pub(super) caches: Vec<OperationIndex>,
    pub(super) functions: Vec<OperationIndex>,
    /// Topics it sends to; the processing of the message follows it in the catalogue.
    pub(super) topics: Vec<Publication>,
    /// Services it calls.
    pub(super) calls: Vec<usize>,
}

/// A topic that a service sends to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Publication {
    pub(super) produce: OperationIndex,
    /// The service that processes the message.
    pub(super) consumer: usize,
}

impl Catalogue {
    /// The catalogue whose random ids come from `draw`.
    pub(super) fn new(draw: &mut Draw) -> Self {
        let mut catalogue = Self {
            instances: instance::instances(draw),
            operations: Vec::new(),
            abilities: Vec::new(),
            routes: Vec::new(),
        };
        for service in &SERVICES {
            let abilities = catalogue.add_service(service);
            catalogue.abilities.push(abilities);
        }
        catalogue
    }

    /// The instance of a service that a trace meets: always the same one, as with load balancers
    /// that keep a session where it began.
    pub(super) fn instance_for(service: usize, trace: u64) -> u8 {
        let pick = mixed(trace ^ service as u64) % INSTANCES_PER_SERVICE as u64;
        (service * INSTANCES_PER_SERVICE) as u8 + pick as u8
    }

    /// The service of an instance.
    pub(super) fn service_of(instance: u8) -> usize {
        usize::from(instance) / INSTANCES_PER_SERVICE
    }

    fn add(&mut self, operation: Operation) -> OperationIndex {
        self.operations.push(operation);
        (self.operations.len() - 1) as OperationIndex
    }

    fn add_service(&mut self, service: &Service) -> Abilities {
        let mut abilities = Abilities::default();
        for route in service.routes {
            let mut serve = Operation::serve(service, route, self.add_route(route.path));
            serve.is_incident = route.path == INCIDENT_ROUTE;
            abilities.serves.push(self.add(serve));
            self.add(Operation::call(service, route));
        }
        for table in service.tables {
            for form in &STATEMENT_FORMS {
                abilities.queries.push(self.add(Operation::query(service, table, form)));
            }
        }
        if service.cache {
            for command in CACHE_COMMANDS {
                abilities.caches.push(self.add(Operation::cache(service, command)));
            }
        }
        for function in service.functions {
            abilities.functions.push(self.add(Operation::function(service, function)));
        }
        for topic in TOPICS.iter().filter(|topic| topic.producer == service.name) {
            let produce = self.add(Operation::produce(topic));
            let consumer = service_index(topic.consumer);
            self.add(Operation::consume(&SERVICES[consumer], topic));
            abilities.topics.push(Publication { produce, consumer });
        }
        abilities.calls = service.calls.iter().map(|name| service_index(name)).collect();
        abilities
    }

    fn add_route(&mut self, path: &'static str) -> u16 {
        let known = self.routes.iter().position(|&route| route == path);
        known.unwrap_or_else(|| {
            self.routes.push(path);
            self.routes.len() - 1
        }) as u16
    }
}
