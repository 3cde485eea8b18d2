//! `GET /api/v1/ingest`: what each door heard from whom, and what was refused and why.
//!
//! ```text
//! {"since": TIME,                               counting begins anew when the server starts
//!  "doors": [{"door": "otlp/http traces", "key": id of the key, label of one that nobody created,
//!                                                "(others)" beyond the bound, null without a key,
//!             "environment": "default",          null for the others
//!             "accepted": {"requests", "events", "bytes" as received},
//!             "refused": {"requests", "events" within accepted requests},
//!             "last_event": TIME or null}],      when the last event that was kept arrived
//!  "refusals": [{"time", "door", "key", "reason", "text", "remedy", "count"}]}  the newest first
//! ```
//!
//! A key sees what came into its own environment; one of the environment `default` that may manage
//! sees everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use honeycomb::{Account, Counts, Refusal};
use model::{EnvironmentId, Timestamp};
use registry::Permission;
use serde_json::{Value, json};

use super::{Failure, admit};
use crate::app::{App, blocking};

/// `GET /api/v1/ingest`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/v1/ingest", get(show))
}

async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Failure> {
    let admission = admit(&app, &headers, Permission::Query)?;
    let all = admission.environment == EnvironmentId::DEFAULT && admission.permissions.manage;
    let registry = Arc::clone(&app.registry);
    let environments = blocking(move || registry.environments()).await?;
    let names = environments.into_iter().map(|known| (known.id, known.name)).collect();
    let mut counts = app.door.counts();
    if !all {
        let own = admission.environment;
        counts.accounts.retain(|account| account.environment == Some(own));
        counts.refusals.retain(|refusal| refusal.environment == own);
    }
    Ok(Json(shown(&counts, &names)))
}

fn shown(counts: &Counts, environments: &BTreeMap<EnvironmentId, String>) -> Value {
    let door = |account: &Account| {
        json!({
            "door": account.doorway.name(),
            "key": account.key,
            "environment": account.environment.and_then(|id| environments.get(&id)),
            "accepted": {
                "requests": account.accepted.requests,
                "events": account.accepted.events,
                "bytes": account.accepted.bytes,
            },
            "refused": {
                "requests": account.refused_requests,
                "events": account.refused_events,
            },
            "last_event": account.last_event.map(time),
        })
    };
    let refusal = |refusal: &Refusal| {
        json!({
            "time": time(refusal.time),
            "door": refusal.doorway.name(),
            "key": refusal.key,
            "reason": refusal.reason,
            "text": refusal.text,
            "remedy": refusal.remedy,
            "count": refusal.count,
        })
    };
    json!({
        "since": time(counts.since),
        "doors": counts.accounts.iter().map(door).collect::<Vec<_>>(),
        "refusals": counts.refusals.iter().map(refusal).collect::<Vec<_>>(),
    })
}

fn time(time: Timestamp) -> String {
    time.to_string()
}
