//! `trackway-load`: sends a reproducible hour of traces to a server and measures it.
//!
//! Prints one line of JSON, also when the server fails: then with what was acknowledged until
//! then, the error on standard error, and exit status 1.

#![expect(clippy::print_stdout, reason = "the result of a command goes to standard output")]
#![expect(clippy::print_stderr, reason = "and its errors to standard error")]

use std::process::ExitCode;
use std::time::Duration;

use model::{Error, Result, SystemClock, Timestamp};
use testkit::load::{
    Crowd, Encoding, Generator, Plan, Run, Settings, Shape, Target, discard, send,
};

const USAGE: &str = "\
usage: trackway-load (--url URL | --discard) --spans N [options]

  --url URL           the server, as in http://127.0.0.1:4318
  --discard           send nothing: measure the generator, or only write --truth
  --spans N           how many spans, all in one hour of event time
  --seed N            the same seed gives the same requests (1)
  --start TIME        RFC 3339 start of the hour (2026-11-20T12:00:00Z)
  --flush-seconds S   how often exporters send, in event time (5; below 10 million spans longer
                      in proportion, so that requests keep their size)
  --connections N     connections with one request in flight each (2)
  --crowd N           so many connections beside these, idle or slow (0)
  --rate N            spans a second; latencies then count from each request's scheduled time
  --shape NAME        what spans are sent as: otlp-http, otlp-grpc, logs, batch-json,
                      batch-msgpack, or events one by one (otlp-http)
  --encoding NAME     identity, gzip or zstd (identity)
  --in-memory N       generate the first N requests before the measured time
  --truth FILE        write what a server must answer, as JSON
";

/// Most connections: each is a thread.
const CONNECTIONS_MAX: usize = 256;

/// Most connections of a crowd: what a process may open by default, less some.
const CROWD_MAX: u64 = 1_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match Command::parse(arguments).and_then(|command| command.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trackway-load: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The command line.
struct Command {
    /// Where to send; nowhere with `--discard`.
    target: Option<Target>,
    plan: Plan,
    settings: Settings,
    /// Connections that are open and do next to nothing.
    crowd: u64,
    truth: Option<String>,
}

impl Command {
    fn parse(arguments: Vec<String>) -> Result<Self> {
        let mut settings = Settings {
            connections: 2,
            rate: None,
            shape: Shape::Traces,
            encoding: Encoding::Identity,
            in_memory: 0,
        };
        let (mut target, mut is_discard, mut truth) = (None, false, None);
        let mut crowd = 0;
        let (mut spans, mut seed, mut start, mut flush) = (None, 1, None, None);
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            if name == "--discard" {
                is_discard = true;
                continue;
            }
            let value = arguments.next();
            let value = value.ok_or_else(|| Error::invalid(format!("{name} takes a value")))?;
            match name.as_str() {
                "--url" => target = Some(Target::parse(&value)?),
                "--spans" => spans = Some(number(&name, &value)?),
                "--seed" => seed = number(&name, &value)?,
                "--start" => start = Some(moment(&value)?),
                "--flush-seconds" => flush = Some(positive(&name, &value)?),
                "--connections" => settings.connections = number(&name, &value)? as usize,
                "--crowd" => crowd = number(&name, &value)?,
                "--rate" => settings.rate = Some(positive(&name, &value)?),
                "--shape" => settings.shape = Shape::parse(&value)?,
                "--encoding" => settings.encoding = Encoding::parse(&value)?,
                "--in-memory" => settings.in_memory = number(&name, &value)? as usize,
                "--truth" => truth = Some(value),
                _ => return Err(Error::invalid(format!("no option {name}; see --help"))),
            }
        }
        if target.is_some() == is_discard {
            return Err(Error::invalid("give either --url or --discard; see --help"));
        }
        if !(1..=CONNECTIONS_MAX).contains(&settings.connections) {
            let context = format!("--connections is from 1 to {CONNECTIONS_MAX}");
            return Err(Error::invalid(context));
        }
        if crowd > CROWD_MAX {
            return Err(Error::invalid(format!("--crowd is at most {CROWD_MAX}")));
        }
        let spans = spans.ok_or_else(|| Error::invalid("--spans is missing; see --help"))?;
        let mut plan = Plan::new(seed, spans);
        plan.start = start.unwrap_or(plan.start);
        plan.flush_ns = flush.map_or(plan.flush_ns, |seconds| (seconds * 1e9) as i64);
        Ok(Self { target, plan, settings, crowd, truth })
    }

    fn run(self) -> Result<()> {
        let clock = SystemClock::new();
        let mut generator = Generator::new(self.plan);
        let run = match &self.target {
            Some(target) => {
                let crowd = (self.crowd > 0).then(|| Crowd::gather(target, self.crowd));
                let crowd = crowd.transpose()?;
                let mut run = send(target, &self.settings, &mut generator, &clock);
                run.summary.crowd = crowd.map(Crowd::dismiss);
                run
            }
            None => {
                let summary =
                    discard(self.settings.shape, self.settings.encoding, &mut generator, &clock);
                Run { summary, failure: None }
            }
        };
        println!("{}", json(&run.summary, false)?);
        if let Some(failure) = run.failure {
            return Err(failure);
        }
        let Some(path) = self.truth else {
            return Ok(());
        };
        let truth = json(&generator.truth(), true)?;
        std::fs::write(&path, truth)
            .map_err(|error| Error::invalid(format!("writing {path}")).because(error))
    }
}

fn json(document: &impl serde::Serialize, is_pretty: bool) -> Result<String> {
    let text = match is_pretty {
        true => serde_json::to_string_pretty(document),
        false => serde_json::to_string(document),
    };
    text.map_err(|error| Error::bug("writing JSON").because(error))
}

fn number(name: &str, value: &str) -> Result<u64> {
    value.parse().map_err(|_| Error::invalid(format!("{name} takes a number, not {value:?}")))
}

/// A number of seconds or spans that a time can be made of.
fn positive(name: &str, value: &str) -> Result<f64> {
    let number: Option<f64> = value.parse().ok();
    number
        .filter(|&number| number > 0.0 && Duration::try_from_secs_f64(number).is_ok())
        .ok_or_else(|| Error::invalid(format!("{name} takes a positive number, not {value:?}")))
}

fn moment(value: &str) -> Result<Timestamp> {
    let time: jiff::Timestamp = value.parse().map_err(|error| {
        Error::invalid(format!("--start takes an RFC 3339 time, not {value:?}")).because(error)
    })?;
    let nanos = i64::try_from(time.as_nanosecond());
    let nanos = nanos.map_err(|_| Error::invalid(format!("--start {value} is out of range")))?;
    Ok(Timestamp::from_nanos(nanos))
}
