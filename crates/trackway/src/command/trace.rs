//! `trackway trace`: a trace as a waterfall: its tree of spans, and when each of them was.

mod columns;
mod waterfall;

use clap::Args;
use ureq::http::Method;

use self::columns::Columns;
use self::waterfall::Canvas;
use crate::client::{Client, ServerFlags, parse, path_part};
use crate::output;
use crate::stop::Stop;
use crate::terminal::{self, Paint};

/// Spans that are drawn unless all are wanted: a few screens.
const SPANS_SHOWN: usize = 200;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Trace id, in any spelling
    id: String,
    /// Draw every span of a long trace
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    server: ServerFlags,
}

pub(super) fn run(arguments: &Arguments, paint: Paint) -> Result<(), Stop> {
    let path = format!("/api/v1/traces/{}", path_part(&arguments.id));
    let text = Client::new(&arguments.server)?.ask(Method::GET, &path, None)?;
    if arguments.server.json {
        return output::say(&text);
    }
    let trace = parse(&text)?;
    let most = if arguments.all { usize::MAX } else { SPANS_SHOWN };
    let canvas = Canvas { width: terminal::width(), most, paint };
    output::say(&waterfall::draw(&Columns::read(&trace)?, canvas))
}
