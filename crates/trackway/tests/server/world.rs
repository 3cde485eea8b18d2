//! A server of its own for a test.
//!
//! ```ignore
//! let world = World::new();
//! let server = world.start();             // waits until it is ready
//! let (status, body) = server.post("/v1/traces", &json!({}));
//! server.kill();                          // as kill -9 does
//! let server = world.start();             // on the same folder
//! ```
//!
//! Nothing waits for time: lines of standard output say what has happened, and every wait has a
//! bound after which the test fails. What the server logged is shown with a failure.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::Builder;
use std::time::Duration;

use model::{Clock as _, SystemClock};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use ureq::http::{HeaderMap, Method, Request, Response};
use ureq::{Agent, Body};

use super::recording;
use super::schema;

/// How long anything may take before the test fails: far longer than it does on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Lines of standard output that may wait to be read.
const LINES_MAX: usize = 1_000;

/// A folder, and how servers on it are started.
pub(crate) struct World {
    folder: Arc<TempDir>,
    data: PathBuf,
    flags: Vec<String>,
    variables: Vec<(String, String)>,
}

impl World {
    /// A folder that does not exist yet, and any ports.
    pub(crate) fn new() -> Self {
        let any = "127.0.0.1:0";
        Self::bare().with_flags(&["--listen", any, "--otlp-http", any, "--otlp-grpc", any])
    }

    /// A folder that does not exist yet, and the default ports, for tests that name others.
    pub(crate) fn bare() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self { folder, data: "data".into(), flags: Vec::new(), variables: Vec::new() }
    }

    /// Starts servers with these flags too.
    pub(crate) fn with_flags(mut self, flags: &[&str]) -> Self {
        self.flags.extend(flags.iter().map(|&flag| flag.to_owned()));
        self
    }

    /// Starts servers with these ports in place of any, so that a later one has those of the first.
    pub(crate) fn on_ports(mut self, listen: &str, otlp_http: &str) -> Self {
        for (flag, address) in [("--listen", listen), ("--otlp-http", otlp_http)] {
            let place = self.flags.iter().position(|known| known == flag).unwrap();
            self.flags[place + 1] = address.to_owned();
        }
        self
    }

    /// Starts servers with this variable set, in place of the value it had.
    pub(crate) fn set_variable(&mut self, name: &str, value: &str) {
        self.remove_variable(name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Starts servers without this variable.
    pub(crate) fn remove_variable(&mut self, name: &str) {
        self.variables.retain(|(known, _)| known != name);
    }

    /// Starts servers on this folder of the home folder from here on.
    pub(crate) fn move_to(&mut self, data: &str) {
        self.data = data.into();
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.home().join(&self.data)
    }

    /// A folder for other files, which is where all that is started is and has its home.
    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a server and waits until it is ready.
    pub(crate) fn start(&self) -> Server {
        let server = self.start_unready();
        server.wait_for_line("ready");
        server
    }

    /// Starts a server and waits until its ports are open.
    pub(crate) fn start_unready(&self) -> Server {
        let mut command = self.command(&["serve", "--data"]);
        command.arg(self.data()).args(&self.flags);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = read_lines(child.stdout.take().unwrap());
        let log = collect(child.stderr.take().unwrap());
        let pid = Pid::from_child(&child);
        let (ended, end) = sync_channel(1);
        let wait = move || ended.send(child.wait()).unwrap_or_default();
        Builder::new().name("waiter".to_owned()).spawn(wait).unwrap();
        let mut server = Server {
            lines: Mutex::new(lines),
            log,
            process: Mutex::new(Process { pid, end, status: None }),
            _folder: self.folder.clone(),
            url: String::new(),
            otlp_url: String::new(),
            grpc_url: String::new(),
        };
        server.url = server.listening("(main)");
        server.otlp_url = server.listening("(otlp-http)");
        server.grpc_url = server.listening("(otlp-grpc)");
        server
    }

    /// Runs a command of the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Starts a command that says lines for as long as it runs.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Begun {
        let mut command = self.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = read_lines(child.stdout.take().unwrap());
        let log = collect(child.stderr.take().unwrap());
        Begun { child, lines, log }
    }

    /// Runs a command whose standard output nobody reads any more.
    pub(crate) fn run_unread(&self, arguments: &[&str]) -> Ran {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = self.command(arguments);
        Ran::of(
            command
                .stdout(writer)
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
                .wait_with_output()
                .unwrap(),
        )
    }

    /// Runs a server that is expected to end by itself.
    pub(crate) fn run_server(&self, flags: &[&str]) -> Ran {
        let data = self.data();
        let mut command = self.command(&["serve", "--data"]);
        command.arg(data).args(&self.flags).args(flags);
        Ran::of(command.output().unwrap())
    }

    /// The binary, without the variables of whoever runs the tests.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackway"));
        command.current_dir(self.home()).env_clear().env("HOME", self.home()).args(arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }
}

/// A command that runs, ended with the test.
pub(crate) struct Begun {
    child: Child,
    lines: Receiver<String>,
    log: Arc<Log>,
}

impl Begun {
    /// Its next line; none at its end.
    pub(crate) fn next_line(&self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Timeout) => panic!("it says nothing more"),
            line => line.ok(),
        }
    }

    /// What it has said to standard error so far.
    pub(crate) fn complaints(&self) -> String {
        self.log.text.lock().unwrap().clone()
    }

    /// Waits for its end, which its lines have told.
    pub(crate) fn status(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().unwrap_or_default();
    }
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit status.
    pub(crate) status: i32,
    /// What it said to standard output.
    pub(crate) out: String,
    /// What it said to standard error.
    pub(crate) err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            status: output.status.code().expect("no signal ended it"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Its standard output, if it did what it should.
    pub(crate) fn done(self) -> String {
        assert_eq!(self.status, 0, "{self:?}");
        self.out
    }

    /// Its standard error, if it ended with this status.
    pub(crate) fn refused(self, status: i32) -> String {
        assert_eq!(self.status, status, "{self:?}");
        self.err
    }
}

/// A running server, killed when it is dropped.
pub(crate) struct Server {
    /// The URL of its main port.
    pub(crate) url: String,
    /// The URL of its OTLP port.
    pub(crate) otlp_url: String,
    /// The URL of its gRPC port.
    pub(crate) grpc_url: String,
    lines: Mutex<Receiver<String>>,
    log: Arc<Log>,
    process: Mutex<Process>,
    /// Kept as long as the server, whose files are in it.
    _folder: Arc<TempDir>,
}

struct Process {
    pid: Pid,
    end: Receiver<std::io::Result<ExitStatus>>,
    status: Option<ExitStatus>,
}

#[derive(Default)]
struct Log {
    text: Mutex<String>,
    grown: Condvar,
}

impl Server {
    /// Waits until the server says this line.
    pub(crate) fn wait_for_line(&self, wanted: &str) {
        while self.next_line() != wanted {}
    }

    /// Waits until the server has logged this.
    pub(crate) fn wait_for_log(&self, wanted: &str) {
        let text = self.log.text.lock().unwrap();
        let lacks = |text: &mut String| !text.contains(wanted);
        let waited = self.log.grown.wait_timeout_while(text, PATIENCE, lacks).unwrap();
        assert!(!waited.1.timed_out(), "{wanted:?} was not logged");
    }

    /// Asks again and again until something holds that the server tells only when asked.
    pub(crate) fn wait_until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let clock = SystemClock::new();
        while !holds(self) {
            assert!(clock.elapsed() < PATIENCE, "never: {what}");
        }
    }

    /// Waits until everything that filled a generation is in segments. What was acknowledged before
    /// is then in segments or in the generation that grows, and nothing is being written.
    pub(crate) fn wait_until_flushed(&self) {
        self.wait_until("flushed", |server| {
            server.metric("trackway_flushes_total") >= 1.0
                && server.metric("trackway_flushes_pending") == 0.0
        });
    }

    /// Its process.
    pub(crate) fn pid(&self) -> i32 {
        self.process.lock().unwrap().pid.as_raw_nonzero().get()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.process.lock().unwrap().pid, signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(&self, at_most: Duration) -> ExitStatus {
        let mut process = self.process.lock().unwrap();
        if process.status.is_none() {
            let status = process.end.recv_timeout(at_most).expect("it ends in time").unwrap();
            process.status = Some(status);
        }
        process.status.unwrap()
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// Asks it to stop, and waits.
    pub(crate) fn stop(self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait(PATIENCE)
    }

    /// Gets a path of the main port: the status and the body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.ask(Method::GET, path, &[], None)
    }

    /// Posts JSON to a path of the main port.
    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, String) {
        self.ask(Method::POST, path, &[], Some(&body.to_string()))
    }

    /// Asks the main port.
    pub(crate) fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> (u16, String) {
        let answer = self.try_to_ask(method, path, headers, body);
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Asks the main port; an error if the server goes away meanwhile.
    pub(crate) fn try_to_ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<(u16, String), ureq::Error> {
        let name = method.as_str().to_owned();
        let answer = ask(method, &format!("{}{path}", self.url), headers, body)?;
        schema::check_answer(&name, path, answer.status, &answer.body);
        Ok((answer.status, answer.body))
    }

    /// The value of a number in `/metrics`.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let (status, page) = self.get("/metrics");
        assert_eq!(status, 200, "{page}");
        let line = page.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("no {name} in {page}")).parse().unwrap()
    }

    fn listening(&self, what: &str) -> String {
        let line = self.next_line();
        let line = line.strip_prefix("listening on ").and_then(|line| line.strip_suffix(what));
        line.unwrap_or_else(|| panic!("no line about {what}")).trim().to_owned()
    }

    fn next_line(&self) -> String {
        match self.lines.lock().unwrap().recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("the server says nothing more"),
            Err(RecvTimeoutError::Disconnected) => panic!("the server has ended"),
        }
    }
}

impl Drop for Server {
    #[expect(clippy::print_stdout, reason = "it is part of what a failed test shows")]
    fn drop(&mut self) {
        let mut process = self.process.lock().unwrap();
        if process.status.is_none() {
            // It may have ended by itself meanwhile.
            kill_process(process.pid, Signal::KILL).unwrap_or_default();
            process.status = process.end.recv_timeout(PATIENCE).ok().and_then(Result::ok);
        }
        if std::thread::panicking() {
            println!("the server logged:\n{}", self.log.text.lock().unwrap());
        }
    }
}

/// An answer with its headers.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// The header that says when to try again.
    pub(crate) retry_after: Option<String>,
    /// The body.
    pub(crate) body: String,
}

/// Asks any URL.
pub(crate) fn ask(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Result<Answer, ureq::Error> {
    let recorded = recording::asked(method.as_str(), url, body);
    let agent = agent();
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = match body {
        Some(body) => {
            let request = request.header("content-type", "application/json");
            agent.run(request.body(body.to_owned()).unwrap())
        }
        None => agent.run(request.body(()).unwrap()),
    };
    let mut response = response?;
    let retry_after = response.headers().get("retry-after");
    let answer = Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        retry_after: retry_after.map(|value| value.to_str().unwrap().to_owned()),
        body: response.body_mut().read_to_string()?,
    };
    let content_type = answer.headers.get("content-type").map(|value| value.to_str().unwrap());
    recording::answered(recorded, answer.status, content_type, &answer.body);
    Ok(answer)
}

fn read_lines(out: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = sync_channel(LINES_MAX);
    let read = move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    };
    Builder::new().name("stdout".to_owned()).spawn(read).unwrap();
    lines
}

fn collect(err: impl Read + Send + 'static) -> Arc<Log> {
    let log = Arc::new(Log::default());
    let kept = Arc::clone(&log);
    let read = move || {
        for line in BufReader::new(err).lines().map_while(Result::ok) {
            let mut text = kept.text.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
            kept.grown.notify_all();
        }
    };
    Builder::new().name("stderr".to_owned()).spawn(read).unwrap();
    log
}

/// A client that takes every answer as it is, and waits no longer than a test may.
pub(crate) fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(PATIENCE))
        .build();
    config.into()
}

/// Posts bytes with these headers.
pub(crate) fn post(url: &str, headers: &[(&str, &str)], body: &[u8]) -> Response<Body> {
    let mut request = agent().post(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send(body).unwrap()
}
