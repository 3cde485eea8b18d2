//! `GET /api/v1/backup`: everything that the server keeps, as a tar archive.
//!
//! All that was acknowledged before is in it, and of what comes later the beginning. Its last file
//! is the list of all others; where that is missing the backup is not whole.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures::stream::try_unfold;
use model::{EnvironmentId, Result};
use registry::Permission;
use store::CATALOG;
use tokio::sync::OwnedMutexGuard;

use super::{Failure, admit};
use crate::app::{App, blocking};
use crate::backup::{Archive, Copies, Head};
use crate::folder;

/// `GET /api/v1/backup`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/v1/backup", get(back_up))
}

async fn back_up(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failure> {
    let admission = admit(&app, &headers, Permission::Manage)?;
    if admission.environment != EnvironmentId::DEFAULT {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "a backup holds every environment: take it with a key of the environment default",
        ));
    }
    app.readiness.check_replayed()?;
    // Each keeps files from being removed, and has copies of the databases in the data folder.
    let turn = Arc::clone(&app.backing_up).try_lock_owned().map_err(|_| {
        let text = "another backup is being taken: wait for its end";
        Failure::new(StatusCode::CONFLICT, text)
    })?;
    let archive = blocking(move || begin(&app, turn)).await?;
    let pieces = try_unfold(archive, |mut archive| {
        blocking(move || Ok(archive.next_piece()?.map(|piece| (piece, archive))))
    });
    Ok(([(header::CONTENT_TYPE, "application/x-tar")], Body::from_stream(pieces)).into_response())
}

fn begin(app: &App, turn: OwnedMutexGuard<()>) -> Result<Archive> {
    let began = app.clock.now();
    let copies = Copies::new(app.folder.empty_copies()?, vec![CATALOG, registry::FILE], turn);
    let backup = app.store.back_up(&copies.path(CATALOG))?;
    // After the catalog, so that every environment that has events is known.
    app.registry.copy_to(&copies.path(registry::FILE))?;
    let head = Head::new(folder::VERSION, began.to_string(), &backup);
    Archive::new(backup, copies, &head)
}
