//! `trackway trace`: a trace as a tree of spans.

mod tree;

use clap::Args;
use ureq::http::Method;

use crate::client::{Client, ServerFlags, parse, path_part};
use crate::output;
use crate::stop::Stop;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Trace id
    id: String,
    #[command(flatten)]
    server: ServerFlags,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let path = format!("/api/v1/traces/{}", path_part(&arguments.id));
    let text = Client::new(&arguments.server)?.ask(Method::GET, &path, None)?;
    if arguments.server.json {
        return output::say(&text);
    }
    output::say(&tree::draw(&parse(&text)?)?)
}
