//! DuckDB on the server's own files: the peer that is asked the same questions in the same minutes.
//!
//! It runs in a Python process that is kept, so that its caches are as warm as ours. It is timed in
//! that process, without the pipe between: what it is measured by here is its best.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use super::question::TABLE;
use crate::python;

/// Its threads: as many as the measured machine has cores.
const THREADS: u32 = 2;
/// The Python side, and what it needs.
const SCRIPT: &str = "bench/duckdb_peer.py";
const REQUIREMENTS: &str = "bench/requirements.txt";

/// A DuckDB that has our files as a table.
#[derive(Debug)]
pub(super) struct DuckDb {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What it answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) ms: f64,
    pub(super) cpu_ms: f64,
    pub(super) rows: Vec<Vec<Value>>,
}

impl DuckDb {
    /// Starts it on the segments of the data folder `data`.
    pub(super) fn start(data: &Path) -> Result<Self, String> {
        let mut python = python::python(&[REQUIREMENTS])?;
        let started = python.arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| format!("starting DuckDB: {error}"))?;
        let (questions, answers) = (child.stdin.take(), child.stdout.take());
        let (questions, answers) = questions.zip(answers).ok_or("DuckDB has no pipes")?;
        let mut duckdb = Self { child, questions, answers: BufReader::new(answers) };
        let files = data.join("segments/*/spans/**/*.parquet");
        duckdb.exchange(&json!({ "files": files, "table": TABLE, "threads": THREADS }))?;
        Ok(duckdb)
    }

    /// Asks a question in SQL.
    pub(super) fn ask(&mut self, sql: &str) -> Result<Answer, String> {
        let told = self.exchange(&json!({ "sql": sql }))?;
        let answer = || {
            let rows = told["rows"].as_array()?.iter().map(|row| row.as_array().cloned());
            Some(Answer {
                ms: told["ms"].as_f64()?,
                cpu_ms: told["cpu_ms"].as_f64()?,
                rows: rows.collect::<Option<_>>()?,
            })
        };
        answer().ok_or_else(|| format!("DuckDB's answer is not as expected: {told}"))
    }

    fn exchange(&mut self, message: &Value) -> Result<Value, String> {
        let failed = |error: std::io::Error| format!("talking to DuckDB: {error}");
        writeln!(self.questions, "{message}").map_err(failed)?;
        self.questions.flush().map_err(failed)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(failed)?;
        let told: Value = serde_json::from_str(&line)
            .map_err(|_| "DuckDB ended; what it said stands above".to_owned())?;
        match told["error"].as_str() {
            Some(error) => Err(format!("DuckDB: {error}")),
            None => Ok(told),
        }
    }
}

impl Drop for DuckDb {
    fn drop(&mut self) {
        // Both fail only if it is gone already, which is what they are for.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
