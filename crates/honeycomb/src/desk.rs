//! The desk: where questions are asked and things are set up in Honeycomb's words, beside the door
//! where events come in.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use body::{Budget, Encoding, Limits};
use model::{Clock, Dataset, Error, ErrorKind, Random, Result};
use query::{Engine, Running};
use registry::{Admission, Keys, Permission, Registry};
use serde_json::{Map, Value};
use store::{Snapshot, Store};

use crate::api::export::read_off;
use crate::api::{
    create_column, create_dataset, create_query, create_query_result, delete_column,
    delete_dataset, get_auth, get_column, get_dataset, get_query, get_query_result, get_v2_auth,
    list_columns, list_datasets, not_built, nowhere, update_column, update_dataset,
};
use crate::auth;
use crate::columns;
use crate::cors;
use crate::dataset_settings::DatasetSettingsTable;
use crate::problem::{Base, Kind, Problem, in_honeycombs_words};
use crate::queries;
use crate::results::Results;
use crate::shelf::Shelf;

/// Most bytes of a request's body, as sent and decompressed: Honeycomb's own limit.
const BODY_BYTES_MAX: usize = 100_000;
/// How long a body waits for memory that others use.
const PATIENCE: Duration = Duration::from_secs(2);

/// Says whether the server knows all its events yet; an error with a time to try again until then.
pub type Ready = Box<dyn Fn() -> Result<()> + Send + Sync>;

/// What the desk stands on.
pub struct DeskParts {
    /// Who may come in.
    pub keys: Arc<Keys>,
    /// Where what is set up is kept.
    pub registry: Arc<Registry>,
    /// Where datasets and their events are.
    pub store: Arc<Store>,
    /// Answers questions.
    pub engine: Arc<Engine>,
    /// Where questions are listed while they are worked on, and ended.
    pub running: Arc<Running>,
    /// Memory of request bodies.
    pub budget: Budget,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids that nobody guesses.
    pub random: Arc<dyn Random>,
    /// Whether the events are all there.
    pub ready: Ready,
    /// The URL under which clients reach the server, if that is not the one they use.
    pub public_url: Option<String>,
}

/// The open desk.
pub struct Desk {
    pub(crate) parts: DeskParts,
    /// What people have said about datasets.
    pub(crate) datasets: Arc<DatasetSettingsTable>,
    /// The queries that clients put down.
    pub(crate) queries: Shelf,
    /// What came of those that they ran.
    pub(crate) results: Results,
    /// Held by whoever makes a column.
    pub(crate) changing_columns: Mutex<()>,
}

impl Desk {
    /// A desk on these parts; reads what has been set up.
    pub fn open(parts: DeskParts) -> Result<Arc<Self>> {
        let datasets = Arc::new(DatasetSettingsTable::open(Arc::clone(&parts.registry))?);
        let queries = queries::open(Arc::clone(&parts.registry))?;
        let results = Results::open(Arc::clone(&parts.registry))?;
        let changing_columns = Mutex::default();
        Ok(Arc::new(Self { parts, datasets, queries, results, changing_columns }))
    }

    /// What people have said about datasets, for the door, which follows some of it.
    pub fn dataset_settings(&self) -> &Arc<DatasetSettingsTable> {
        &self.datasets
    }

    /// Forgets what was said of a dataset that has been deleted, by whomever. Waits for the disk.
    pub fn forget_dataset(&self, dataset: &Dataset) {
        let forgotten = self.datasets.forget(dataset);
        let columns = columns::forget(&self.parts.registry, dataset);
        if let Err(error) = forgotten.and(columns) {
            // They hold for this one life of the name, and go at the next start.
            tracing::warn!(
                "what was said of the deleted dataset {:?} stays: {error}",
                dataset.name
            );
        }
    }

    /// How many queries and how many results went since the start because there were too many.
    pub fn dropped(&self) -> (u64, u64) {
        (self.queries.dropped(), self.results.requests.dropped())
    }

    /// Forgets what was said of datasets that were deleted just before the server ended. Called
    /// once the store knows its datasets. Waits for the disk.
    pub fn forget_deleted_datasets(&self) -> Result<()> {
        let snapshot = self.parts.store.snapshot();
        self.datasets.forget_dead(|id| snapshot.datasets().get(id).is_some())
    }

    /// The paths of the interface, those that are not built among them.
    pub fn routes(self: &Arc<Self>) -> Router {
        // Pages in browsers ask what their key may do before they send.
        let of_pages = Router::new().route("/1/auth", get(get_auth::handle));
        let operations = Router::new()
            .route("/2/auth", get(get_v2_auth::handle))
            .route("/1/datasets", get(list_datasets::handle).post(create_dataset::handle))
            .route(
                "/1/datasets/{dataset}",
                get(get_dataset::handle).put(update_dataset::handle).delete(delete_dataset::handle),
            )
            .route("/1/columns/{dataset}", get(list_columns::handle).post(create_column::handle))
            .route(
                "/1/columns/{dataset}/{column}",
                get(get_column::handle).put(update_column::handle).delete(delete_column::handle),
            )
            .route("/1/queries/{dataset}", post(create_query::handle))
            .route("/1/queries/{dataset}/{query}", get(get_query::handle))
            .route("/1/query_results/{dataset}", post(create_query_result::handle))
            .route("/1/query_results/{dataset}/{result}", get(get_query_result::handle))
            .merge(not_built::routes())
            .route("/1/{*path}", any(nowhere))
            .route("/2/{*path}", any(nowhere));
        let words = || from_fn_with_state(Arc::clone(self), in_honeycombs_words);
        cors::allow(of_pages.layer(words()))
            .merge(operations.layer(words()))
            .with_state(Arc::clone(self))
    }

    /// Judges a request by the key that it presents.
    pub(crate) fn admit(
        &self,
        headers: &HeaderMap,
        need: Permission,
    ) -> Result<Admission, Problem> {
        self.parts.keys.admit(auth::presented(headers), need).map_err(Problem::refused)
    }

    /// A view of everything acknowledged so far; not before it has all been read back.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot> {
        (self.parts.ready)()?;
        let store = Arc::clone(&self.parts.store);
        // It waits for whoever changes the store's state, and that may be waiting for the disk.
        blocking(move || Ok(store.snapshot())).await
    }

    /// Reads the body of a request, which only those may send whose key has been judged.
    pub(crate) async fn read_object(
        &self,
        request: Request,
    ) -> Result<Map<String, Value>, Problem> {
        let (head, mut body) = request.into_parts();
        let encoding = head.headers.get(header::CONTENT_ENCODING);
        let encoding = Encoding::parse(encoding.map(|value| value.to_str().unwrap_or("?")));
        let encoding = encoding.map_err(Problem::unparseable)?;
        let limits = Limits { body_bytes: BODY_BYTES_MAX, patience: PATIENCE };
        let received = body::receive(&mut body, encoding, limits, &self.parts.budget).await;
        let received = match received {
            Ok(received) => received,
            Err(error) => {
                read_off(body).await;
                return Err(not_received(error));
            }
        };
        match serde_json::from_slice(&received.plain) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => Err(Problem::unparseable("the body is not a JSON object")),
            Err(error) => Err(Problem::unparseable(error)),
        }
    }

    /// The URL that a client used, as far as the path.
    pub(crate) fn base(&self, head: &Parts) -> Base {
        Base::of(head, self.parts.public_url.as_deref())
    }

    /// Text that nobody guesses: 32 hex digits.
    pub(crate) fn token(&self) -> String {
        let random = &self.parts.random;
        format!("{:016x}{:016x}", random.next(), random.next())
    }
}

fn not_received(error: Error) -> Problem {
    match error.kind() {
        ErrorKind::TooLarge => Problem::new(
            Kind::TooLarge,
            format!("Body size is larger than maximum size of {BODY_BYTES_MAX} bytes"),
        ),
        ErrorKind::Invalid => Problem::unparseable(error),
        _ => error.into(),
    }
}

/// Does what may wait for a disk, on a thread that nobody else waits for.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Error::unavailable(Duration::from_secs(1), "the server is stopping")),
    }
}
