//! What clients read of problems.

use super::*;

/// Guarantees: what an error says to do is what its status says, and no text gets lost.
#[test]
fn errors_keep_their_meaning() {
    let later = Duration::from_secs(3);
    let cases = [
        (Error::invalid("a"), Kind::Invalid),
        (Error::missing("a"), Kind::NotFound),
        (Error::new(ErrorKind::Conflict, "a"), Kind::Conflict),
        (Error::new(ErrorKind::TooCostly, "a"), Kind::Invalid),
        (Error::new(ErrorKind::Stalled, "a"), Kind::Stalled),
        (Error::throttled(later, "a"), Kind::RateLimited),
        (Error::unavailable(later, "a"), Kind::Unavailable),
        (Error::bug("a"), Kind::Fault),
    ];
    for (error, kind) in cases {
        let again = matches!(kind, Kind::RateLimited | Kind::Unavailable);
        let problem = Problem::from(error);
        assert_eq!((problem.kind, problem.error.as_str()), (kind, "a"));
        assert_eq!(problem.retry_after, again.then_some(later), "{kind:?}");
    }
}

/// Guarantees: a key that lacks a permission is told so with 403, any other refused key with 401.
#[test]
fn refusals_of_keys() {
    for refusal in [Refusal::Missing, Refusal::Unknown, Refusal::Revoked] {
        assert_eq!(Problem::refused(refusal).kind.status(), 401);
    }
    let problem = Problem::refused(Refusal::NotPermitted(Permission::Manage));
    assert_eq!(problem.kind.status(), 403);
    assert!(problem.error.contains("change what is set up"), "{}", problem.error);
}
