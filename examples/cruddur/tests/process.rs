//! The program as its user runs it: a process, a receiver for OTLP, and a signal at the end.
//!
//! The other tests reach the service without a socket. What only a process shows is tested here:
//! that the variables are read, that what was recorded arrives before the process is gone, and
//! that a receiver that cannot be reached costs one warning and nothing else.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use tokio::net::TcpListener;

/// The process promises to end within five seconds; the rest is for a busy machine.
const EXIT_TIME_MAX: Duration = Duration::from_secs(10);

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE: [u8; 16] = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();

/// A running service, killed if its test fails.
struct Service {
    process: Option<Child>,
    address: String,
    /// Kept open: a service that writes there must not find its reader gone.
    _stdout: BufReader<ChildStdout>,
}

impl Service {
    fn start(otlp_endpoint: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_cruddur"))
            .args(["--listen", "127.0.0.1:0"])
            .env_clear()
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_endpoint)
            .env("OTEL_EXPORTER_OTLP_HEADERS", "x-honeycomb-team=a-key")
            .env("OTEL_SERVICE_NAME", "backend-axum")
            .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.id=proving-ground,service.name=overruled")
            // The queue is flushed by the end of the process, not by the clock.
            .env("OTEL_BSP_SCHEDULE_DELAY", "600000")
            .env("OTEL_BLRP_SCHEDULE_DELAY", "600000")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on http://").unwrap().to_owned();
        Self { process: Some(process), address, _stdout: stdout }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\ntraceparent: {TRACEPARENT}\r\n\
             connection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Sends SIGTERM and waits for the end. Returns the status and all of standard error.
    async fn terminate(mut self) -> (ExitStatus, String) {
        let process = self.process.as_ref().unwrap();
        let kill = format!("kill -TERM {}", process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let mut process = self.process.take().unwrap();
        let watchdog = format!("kill -KILL {}", process.id());
        let ended = tokio::task::spawn_blocking(move || {
            let mut stderr = String::new();
            process.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
            (process.wait().unwrap(), stderr)
        });
        let Ok(ended) = tokio::time::timeout(EXIT_TIME_MAX, ended).await else {
            Command::new("sh").args(["-c", &watchdog]).status().unwrap();
            panic!("still running {EXIT_TIME_MAX:?} after SIGTERM");
        };
        ended.unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill().ok();
            process.wait().ok();
        }
    }
}

/// One delivery: its path, its headers, its body.
type Delivery = (String, HeaderMap, Bytes);
type Deliveries = Arc<Mutex<Vec<Delivery>>>;

async fn receive(
    State(deliveries): State<Deliveries>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> &'static str {
    deliveries.lock().unwrap().push((uri.path().to_owned(), headers, body));
    ""
}

/// A receiver on a free port, for as long as the test runs.
async fn receiver() -> (String, Deliveries) {
    let deliveries = Deliveries::default();
    let router = Router::new().fallback(receive).with_state(Arc::clone(&deliveries));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (endpoint, deliveries)
}

fn contains(body: &[u8], needle: &[u8]) -> bool {
    body.windows(needle.len()).any(|window| window == needle)
}

/// Guarantees: after SIGTERM the spans and the log line of the last request arrive, as protobuf,
/// with the headers, the service's name and the caller's trace, and the process ends well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn termination_flushes() {
    let (endpoint, deliveries) = receiver().await;
    let service = Service::start(&endpoint);
    let response = service.get("/api/activities/home");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    let (status, stderr) = service.terminate().await;
    assert!(status.success(), "{stderr}");
    assert!(stderr.contains("127.0.0.1 GET http /api/activities/home? 200 OK"), "{stderr}");
    assert!(!stderr.contains("WARN"), "{stderr}");

    let deliveries = deliveries.lock().unwrap();
    let mut paths: Vec<_> = deliveries.iter().map(|(path, ..)| path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["/v1/logs", "/v1/traces"]);
    for (path, headers, body) in deliveries.iter() {
        assert_eq!(headers["content-type"], "application/x-protobuf", "{path}");
        assert_eq!(headers["x-honeycomb-team"], "a-key", "{path}");
        assert!(contains(body, b"backend-axum"), "{path}");
        assert!(contains(body, b"proving-ground"), "{path}");
        assert!(!contains(body, b"overruled"), "{path}");
        assert!(contains(body, &TRACE), "{path}");
        let name: &[u8] = match path.as_str() {
            "/v1/traces" => b"GET /api/activities/home",
            _ => b"] 127.0.0.1 GET http /api/activities/home? 200 OK",
        };
        assert!(contains(body, name), "{path}");
    }
}

/// Guarantees: where nobody receives telemetry, requests are answered, the loss is said once for
/// both signals, and the process still ends well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreachable_receiver() {
    // A port that was free a moment ago: nobody listens there.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let service = Service::start(&endpoint);
    for _ in 0..3 {
        let response = service.get("/api/health-check");
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    }
    let (status, stderr) = service.terminate().await;
    assert!(status.success(), "{stderr}");
    assert_eq!(stderr.matches("WARN").count(), 1, "{stderr}");
    assert!(stderr.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{stderr}");
    assert_eq!(stderr.lines().count(), 4, "three requests and a warning: {stderr}");
}
