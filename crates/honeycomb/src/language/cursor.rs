//! `next`: where the next page of events begins, as text that clients hand back.

use model::{Error, Result, Timestamp};
use query::{Cursor, Scope};

/// The text of a place in the list of a scope.
pub fn write_cursor(scope: &Scope, cursor: &Cursor) -> String {
    format!(
        "{}.{}.{}.{:x}.{}",
        scope.start.nanos(),
        scope.end.nanos(),
        cursor.time.nanos(),
        cursor.tie,
        cursor.listed
    )
}

/// The start and end of the list that a text is of, and the place in it.
pub(super) fn read(text: &str) -> Result<(Timestamp, Timestamp, Cursor)> {
    let read = || {
        let mut parts = text.split('.');
        let mut moment = || parts.next()?.parse().ok().map(Timestamp::from_nanos);
        let (start, end, time) = (moment()?, moment()?, moment()?);
        let tie = u64::from_str_radix(parts.next()?, 16).ok()?;
        let listed = parts.next()?.parse().ok()?;
        let is_whole = parts.next().is_none();
        is_whole.then_some((start, end, Cursor { time, tie, listed }))
    };
    read().ok_or_else(|| {
        Error::invalid(format!("next: {text:?} where the \"next\" of the page before is expected"))
    })
}
