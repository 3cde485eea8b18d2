//! Exceptions with their stack traces, in the form that each language prints.

use super::shop::{Language, Service};

/// What a failing operation throws. The message goes on with a number that differs each time.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: &'static str,
    pub(super) message: &'static str,
    /// The lines below the message.
    pub(super) frames: String,
}

/// The layer in which an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    Handler,
    Database,
}

impl Failure {
    /// What `function` of `service` throws when `layer` fails.
    pub(super) fn new(service: &Service, function: &str, layer: Layer) -> Self {
        let language = service.language;
        let (kind, message) = exception(language, layer);
        let name = language.qualified(service.name, function);
        let file = language.file(service.name, function);
        let mut lines = Vec::new();
        for (depth, (name, file)) in library_frames(language, layer).iter().enumerate() {
            lines.push(frame(language, name, file, 118 + 73 * depth));
        }
        lines.push(frame(language, &name, &file, 40 + 9 * function.len()));
        for (depth, (name, file)) in server_frames(language).iter().enumerate() {
            lines.push(frame(language, name, file, 211 + 57 * depth));
        }
        // Python prints the innermost call last.
        if language == Language::Python {
            lines.reverse();
        }
        Self { kind, message, frames: lines.concat() }
    }

    /// Appends the stack trace of a failure that says `message`.
    pub(super) fn write_stack(&self, language: Language, message: &[u8], out: &mut Vec<u8>) {
        let head: [&[u8]; 4] = [self.kind.as_bytes(), b": ", message, b"\n"];
        let frames = self.frames.as_bytes();
        if language == Language::Python {
            out.extend_from_slice(b"Traceback (most recent call last):\n");
            out.extend_from_slice(frames);
            out.extend(head.iter().copied().flatten());
            return;
        }
        out.extend(head.iter().copied().flatten());
        out.extend_from_slice(frames);
    }
}

/// One line (Go and Python: two) of a stack trace.
fn frame(language: Language, name: &str, file: &str, line: usize) -> String {
    match language {
        Language::Go => format!("{name}(...)\n\t{file}:{line}\n"),
        Language::Java => format!("\tat {name}({file}:{line})\n"),
        Language::Node => format!("    at {name} ({file}:{line}:{})\n", 5 + line % 37),
        Language::Python => format!("  File \"{file}\", line {line}, in {name}\n"),
    }
}

const fn exception(language: Language, layer: Layer) -> (&'static str, &'static str) {
    match (language, layer) {
        (Language::Go, Layer::Handler) => {
            ("*net.OpError", "upstream: context deadline exceeded after ms ")
        }
        (Language::Go, Layer::Database) => ("*pq.Error", "pq: canceling statement, pid "),
        (Language::Java, Layer::Handler) => (
            "java.util.concurrent.TimeoutException",
            "Timeout waiting for connection from pool; waited ms: ",
        ),
        (Language::Java, Layer::Database) => (
            "org.postgresql.util.PSQLException",
            "ERROR: deadlock detected; waiting for ShareLock on transaction ",
        ),
        (Language::Node, Layer::Handler) => {
            ("TypeError", "Cannot read properties of undefined (reading 'price'), item ")
        }
        (Language::Node, Layer::Database) => {
            ("Error", "ER_LOCK_WAIT_TIMEOUT: Lock wait timeout exceeded; thread ")
        }
        (Language::Python, Layer::Handler) => {
            ("requests.exceptions.ReadTimeout", "Read timed out. (read timeout=2) attempt ")
        }
        (Language::Python, Layer::Database) => {
            ("psycopg2.errors.SerializationFailure", "could not serialize access, transaction ")
        }
    }
}

const fn library_frames(
    language: Language,
    layer: Layer,
) -> &'static [(&'static str, &'static str)] {
    match (language, layer) {
        (Language::Go, Layer::Handler) => {
            &[("net/http.(*Client).do", "/go/src/net/http/client.go")]
        }
        (Language::Go, Layer::Database) => &[
            ("github.com/lib/pq.(*conn).simpleQuery", "/go/pkg/mod/github.com/lib/pq/conn.go"),
            ("database/sql.(*DB).queryDC", "/go/src/database/sql/sql.go"),
        ],
        (Language::Java, Layer::Handler) => &[
            ("org.apache.http.impl.conn.PoolingManager.leaseConnection", "PoolingManager.java"),
            ("org.apache.http.impl.client.InternalHttpClient.doExecute", "InternalHttpClient.java"),
        ],
        (Language::Java, Layer::Database) => &[
            ("org.postgresql.core.v3.QueryExecutorImpl.execute", "QueryExecutorImpl.java"),
            ("org.postgresql.jdbc.PgStatement.executeInternal", "PgStatement.java"),
            ("com.zaxxer.hikari.pool.ProxyStatement.execute", "ProxyStatement.java"),
        ],
        (Language::Node, Layer::Handler) => &[],
        (Language::Node, Layer::Database) => &[
            ("Packet.asError", "/app/node_modules/mysql2/lib/packets/packet.js"),
            ("Query.execute", "/app/node_modules/mysql2/lib/commands/command.js"),
        ],
        (Language::Python, Layer::Handler) => &[
            ("send", "/usr/lib/python3.14/site-packages/requests/adapters.py"),
            ("request", "/usr/lib/python3.14/site-packages/requests/sessions.py"),
        ],
        (Language::Python, Layer::Database) => {
            &[("do_execute", "/usr/lib/python3.14/site-packages/sqlalchemy/engine/default.py")]
        }
    }
}

const fn server_frames(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::Go => &[
            ("net/http.HandlerFunc.ServeHTTP", "/go/src/net/http/server.go"),
            ("net/http.(*ServeMux).ServeHTTP", "/go/src/net/http/server.go"),
            ("net/http.serverHandler.ServeHTTP", "/go/src/net/http/server.go"),
            ("net/http.(*conn).serve", "/go/src/net/http/server.go"),
        ],
        Language::Java => &[
            ("org.springframework.web.servlet.FrameworkServlet.service", "FrameworkServlet.java"),
            ("jakarta.servlet.http.HttpServlet.service", "HttpServlet.java"),
            ("org.apache.catalina.core.ApplicationFilterChain.doFilter", "FilterChain.java"),
            ("org.apache.catalina.core.StandardWrapperValve.invoke", "StandardWrapperValve.java"),
            ("org.apache.coyote.http11.Http11Processor.service", "Http11Processor.java"),
            ("org.apache.tomcat.util.net.NioEndpoint$SocketProcessor.doRun", "NioEndpoint.java"),
            ("java.base/java.lang.Thread.run", "Thread.java"),
        ],
        Language::Node => &[
            ("Layer.handle", "/app/node_modules/express/lib/router/layer.js"),
            ("next", "/app/node_modules/express/lib/router/route.js"),
            ("Route.dispatch", "/app/node_modules/express/lib/router/route.js"),
            ("process.processTicksAndRejections", "node:internal/process/task_queues"),
        ],
        Language::Python => &[
            ("dispatch_request", "/usr/lib/python3.14/site-packages/flask/app.py"),
            ("full_dispatch_request", "/usr/lib/python3.14/site-packages/flask/app.py"),
            ("wsgi_app", "/usr/lib/python3.14/site-packages/flask/app.py"),
            ("run", "/usr/lib/python3.14/threading.py"),
        ],
    }
}
