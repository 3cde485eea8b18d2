//! Who asks.
//!
//! The model user has no accounts yet, so everybody is the same mock user. A load generator gives
//! other ids in a header, which makes `app.user_id` a field of many values, as in real traffic.

use axum::http::HeaderMap;

/// Names the user of a request in place of the mock user.
const USER_ID_HEADER: &str = "x-user-id";
/// Longer ids are nobody's: the header comes from outside and ends on every span.
const USER_ID_BYTES_MAX: usize = 64;
const MOCK_USER_ID: &str = "1815-12-10";

/// The handle under which everything is posted.
pub(crate) const HANDLE: &str = "ada";
/// The name shown beside [`HANDLE`].
pub(crate) const DISPLAY_NAME: &str = "Ada L.";

/// The user of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// The id: from the header where it is usable, else the mock user's.
    pub(crate) id: String,
}

impl User {
    /// The user that a request with these `headers` comes from.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let id = headers
            .get(USER_ID_HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|id| !id.is_empty() && id.len() <= USER_ID_BYTES_MAX)
            .unwrap_or(MOCK_USER_ID);
        Self { id: id.to_owned() }
    }
}
