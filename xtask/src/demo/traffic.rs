//! Requests to the service, as its users would make them.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use crate::http;

/// A request to the service.
struct Route {
    method: &'static str,
    path: &'static str,
    body: &'static str,
}

impl Route {
    const fn get(path: &'static str) -> Self {
        Self { method: "GET", path, body: "" }
    }

    const fn post(path: &'static str, body: &'static str) -> Self {
        Self { method: "POST", path, body }
    }
}

/// Where the service fails on purpose.
pub(super) const FAILING: &str = "/api/activities/failing";

/// Every route, and one request that is refused.
const ROUTES: [Route; 13] = [
    Route::get("/api/activities/home"),
    Route::get("/api/activities/notifications"),
    Route::get("/api/activities/search?term=moth"),
    Route::get("/api/activities/search?term="),
    Route::get("/api/activities/@grace"),
    Route::get("/api/activities/0b8f5f3c-6c0e-4a55-9d0d-3f1c7f0a9b11"),
    Route::get(FAILING),
    Route::post("/api/activities", r#"{"message":"Back from the lake.","ttl":"7-days"}"#),
    Route::post("/api/activities/0b8f5f3c/reply", r#"{"message":"So soon?"}"#),
    Route::get("/api/message_groups"),
    Route::get("/api/messages/@tomas"),
    Route::post("/api/messages", r#"{"message":"At noon.","user_receiver_handle":"tomas"}"#),
    Route::get("/api/health-check"),
];

/// Users whose requests these are.
const USERS: [&str; 4] = ["ada", "chen", "grace", "noor"];

/// Requests in turn.
pub(super) struct Traffic {
    /// As many were made.
    pub(super) made: usize,
    /// What they call themselves, which nothing else does that ever sent to this service.
    pub(super) user_agent: String,
}

impl Traffic {
    /// Begins with the first route.
    pub(super) fn new() -> Self {
        Self { made: 0, user_agent: format!("trackway-demo/{:08x}", random()) }
    }

    /// Makes every request once for each user.
    pub(super) fn all_routes(&mut self, app_url: &str) -> Result<(), String> {
        (0..ROUTES.len() * USERS.len()).try_for_each(|_| self.one_more(app_url))
    }

    /// Makes the next request. The status does not matter: some are meant to fail.
    pub(super) fn one_more(&mut self, app_url: &str) -> Result<(), String> {
        let route = &ROUTES[self.made % ROUTES.len()];
        let user = USERS[self.made / ROUTES.len() % USERS.len()];
        self.made += 1;
        let headers = [
            ("content-type", "application/json"),
            ("user-agent", &self.user_agent),
            ("x-user-id", user),
        ];
        http::request(route.method, &format!("{app_url}{}", route.path), &headers, route.body)?;
        Ok(())
    }
}

/// A number from the randomness that the standard library has for its hash maps.
fn random() -> u32 {
    RandomState::new().build_hasher().finish() as u32
}
