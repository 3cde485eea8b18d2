//! The command line: where to listen.
//!
//! Everything else is configured by the `OTEL_*` variables, as with any instrumented service.

/// Where the front end of the model user expects the backend.
const LISTEN_DEFAULT: &str = "127.0.0.1:4567";

const USAGE: &str = "usage: cruddur [--listen HOST:PORT]";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// Host and port to listen on; port 0 lets the operating system choose.
    pub(crate) listen: String,
}

impl Arguments {
    /// Reads the arguments that follow the program's name. An error is a sentence for the user.
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut listen = LISTEN_DEFAULT.to_owned();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            listen = match (word.as_str(), word.strip_prefix("--listen=")) {
                (_, Some(address)) => address.to_owned(),
                ("--listen", None) => words.next().ok_or(USAGE)?,
                _ => return Err(format!("unknown argument {word:?}; {USAGE}")),
            };
        }
        Ok(Self { listen })
    }
}

#[cfg(test)]
mod tests;
