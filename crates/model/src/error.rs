//! One error shape for every crate, its kinds sorted by what the caller must do.
//!
//! A message says, in lower case and without a full stop, what was being done and which value was
//! wrong. A dialect turns the kind into its vendor's status once, in its own `error.rs`.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// The result of every fallible operation in the project.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller must do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Change the request: sending it again cannot succeed.
    Invalid,
    /// Name something that exists.
    Missing,
    /// Read the present state and decide again.
    Conflict,
    /// Present another key.
    Denied,
    /// Send less: the body is over a limit.
    TooLarge,
    /// Send the same again at once: it stopped coming, or came too slowly.
    Stalled,
    /// Ask for less: the answer takes more memory or time than a question may.
    TooCostly,
    /// Send the same again after the given time: a bound is reached for now.
    Throttled {
        /// How long to wait before the next attempt.
        retry_after: Duration,
    },
    /// Send the same again after the given time: the server cannot do it now.
    Unavailable {
        /// How long to wait before the next attempt.
        retry_after: Duration,
    },
    /// Tell the operator: stored bytes are damaged.
    Corrupt,
    /// Report it: an invariant of the program did not hold.
    Bug,
}

impl ErrorKind {
    /// Where the same may be sent again: after how many whole seconds. A part of one is a second,
    /// and so is no time at all, because a client that comes back at once meets the same.
    pub fn retry_after_seconds(self) -> Option<u64> {
        let (Self::Throttled { retry_after } | Self::Unavailable { retry_after }) = self else {
            return None;
        };
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        Some(seconds.max(1))
    }
}

/// A failed operation: what to do, what was being done, and what lay beneath.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    context: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind` that says `context`.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// Shorthand for [`ErrorKind::Invalid`].
    pub fn invalid(context: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, context)
    }

    /// Shorthand for [`ErrorKind::Missing`].
    pub fn missing(context: impl Into<String>) -> Self {
        Self::new(ErrorKind::Missing, context)
    }

    /// Shorthand for [`ErrorKind::Corrupt`].
    pub fn corrupt(context: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, context)
    }

    /// Shorthand for [`ErrorKind::Bug`].
    pub fn bug(context: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, context)
    }

    /// Shorthand for [`ErrorKind::Unavailable`].
    pub fn unavailable(retry_after: Duration, context: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable { retry_after }, context)
    }

    /// Shorthand for [`ErrorKind::Throttled`].
    pub fn throttled(retry_after: Duration, context: impl Into<String>) -> Self {
        Self::new(ErrorKind::Throttled { retry_after }, context)
    }

    /// Adds the error that lay beneath.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Puts `context` before the present one, as in `reading x: short file`.
    #[must_use]
    pub fn while_doing(mut self, context: impl fmt::Display) -> Self {
        self.context = format!("{context}: {}", self.context);
        self
    }

    /// What the caller must do.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What was being done and which value was wrong, without the sources beneath.
    pub fn context(&self) -> &str {
        &self.context
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)?;
        let mut cause: Option<&(dyn StdError + 'static)> = self.source();
        let mut said = String::new();
        while let Some(error) = cause {
            let text = error.to_string();
            // An error that does no more than wrap another says what that one says.
            if text != said {
                write!(f, ": {text}")?;
                said = text;
            }
            // An `Error` beneath has already written its own sources.
            cause = if error.is::<Error>() { None } else { error.source() };
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: an error says what lies beneath it, and says it once where it is wrapped.
    #[test]
    fn wrapped_errors_are_said_once() {
        #[derive(Debug)]
        struct Wrapped(std::io::Error);

        impl fmt::Display for Wrapped {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl StdError for Wrapped {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                Some(&self.0)
            }
        }

        let beneath = Wrapped(std::io::Error::other("no room"));
        let error = Error::invalid("reading").because(Error::bug("writing").because(beneath));
        assert_eq!(error.to_string(), "reading: writing: no room");
    }

    /// Guarantees: a wait is whole seconds, rounded up, and never none.
    #[test]
    fn waits_are_rounded_up() {
        for (millis, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (59_999, 60)] {
            let retry_after = Duration::from_millis(millis);
            for kind in
                [ErrorKind::Throttled { retry_after }, ErrorKind::Unavailable { retry_after }]
            {
                assert_eq!(kind.retry_after_seconds(), Some(seconds), "{millis}");
            }
        }
        assert_eq!(ErrorKind::Invalid.retry_after_seconds(), None);
    }
}
