//! The planted incident: one route of one instance, slow and failing for a quarter of an hour.
//!
//! The instance is the only one that runs a certain version of the payment service, so a search
//! for what the slow requests have in common has one right answer.

use model::{NANOS_PER_SECOND, Timestamp};

use super::catalogue::Catalogue;
use super::report::IncidentReport;
use super::shop::{INCIDENT_ROUTE, INCIDENT_SERVICE, INCIDENT_VERSION};

/// When the incident begins and ends, in seconds after the hour's start.
const FROM_SECOND: i64 = 24 * 60;
const UNTIL_SECOND: i64 = 39 * 60;

/// The time of the incident.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incident {
    from: Timestamp,
    until: Timestamp,
}

impl Incident {
    /// The incident of the hour that begins at `start`.
    pub(super) fn of_hour(start: Timestamp) -> Self {
        Self {
            from: start.saturating_add(FROM_SECOND * NANOS_PER_SECOND),
            until: start.saturating_add(UNTIL_SECOND * NANOS_PER_SECOND),
        }
    }

    /// Whether a trace that starts at `moment` meets it.
    pub(super) fn holds(&self, moment: Timestamp) -> bool {
        self.from <= moment && moment < self.until
    }

    /// What a search must find; the counts are of affected requests.
    pub(super) fn report(&self, catalogue: &Catalogue, spans: u64, errors: u64) -> IncidentReport {
        let affected = catalogue.instances.iter().find(|instance| instance.is_incident);
        IncidentReport {
            service: INCIDENT_SERVICE.to_owned(),
            instance: affected.expect("one instance runs the version").id.clone(),
            route: INCIDENT_ROUTE.to_owned(),
            version: INCIDENT_VERSION.to_owned(),
            from: self.from.to_string(),
            until: self.until.to_string(),
            spans,
            errors,
        }
    }
}
