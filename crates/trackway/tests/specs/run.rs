//! Runs a specification against a server and says where the two differ, by the line of the file.

use std::env;
use std::path::Path;

use model::{Clock as _, SystemClock};
use serde_json::Value;

use crate::exchange::{Answer, Request, exchange, gzip};
use crate::markdown::{Block, Spec, Step, read};
use crate::pattern::Known;
use crate::recording;
use crate::world::{PATIENCE, Server, World};

/// `http://host:port` of another server, such as a proxy to the real service. Specifications with
/// commands are left out then: they are about this program.
const URL_VARIABLE: &str = "TRACKWAY_SPEC_URL";
/// The key that stands for `[KEY team]` there.
const KEY_VARIABLE: &str = "TRACKWAY_SPEC_KEY";
/// The same for a server of ours, where any will do unless it asks for keys.
const KEY_DEFAULT: &str = "aKeyOfAnyKindThatIsNotChecked1";
/// The first line of a body that is written in hexadecimal digits.
const HEX: &str = "[HEX]";
/// How the line of a call of gRPC ends.
const CALL: &str = " HTTP/2";
/// The first line of a body that is an archive; the paths of its files follow.
const TAR: &str = "[TAR]";
/// How a server is started in the middle of a file.
const SERVE_ON: &str = " --data ";
/// A line that stands for any lines.
const MORE: &str = "...";

/// Runs a file; the error is for people.
pub(crate) fn run(path: &Path, shown: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let spec = read(&text).map_err(|wrong| format!("{shown}:{wrong}"))?;
    let mut known = Known::new(SystemClock::new().now());
    let key = env::var(KEY_VARIABLE).unwrap_or_else(|_| KEY_DEFAULT.to_owned());
    known.name("team", &key);
    match env::var(URL_VARIABLE) {
        Ok(_) if has_commands(&spec) => Ok(()),
        Ok(url) => Run { url, known, ours: None }.steps(&spec, shown),
        Err(_) => Run::with_server(&spec, known).steps(&spec, shown),
    }
}

fn has_commands(spec: &Spec) -> bool {
    spec.steps.iter().any(|step| matches!(step, Step::Command { .. }))
}

fn serve_flags(step: &Step) -> Option<&str> {
    match step {
        Step::Command { arguments, .. } => arguments.text.strip_prefix("serve"),
        Step::Exchange { .. } => None,
    }
}

struct Run {
    url: String,
    known: Known,
    /// A server of its own.
    ours: Option<(World, Server)>,
}

impl Run {
    /// Starts a server of its own. A first command `trackway serve` has its flags.
    fn with_server(spec: &Spec, known: Known) -> Self {
        let mut world = World::new();
        if let Some(flags) = spec.steps.first().and_then(serve_flags) {
            let flags: Vec<&str> = flags.split_whitespace().collect();
            world = world.with_flags(&flags);
        }
        let server = world.start();
        let mut run = Self { url: String::new(), known, ours: None };
        run.serve_by(world, server);
        run
    }

    fn serve_by(&mut self, mut world: World, server: Server) {
        world.set_variable("TRACKWAY_DATA", &world.data().to_string_lossy());
        world.set_variable("TRACKWAY_SERVER", &server.url);
        self.url.clone_from(&server.url);
        self.ours = Some((world, server));
    }

    /// Does everything in order; the first difference ends it, as what follows may build on it.
    fn steps(mut self, spec: &Spec, shown: &str) -> Result<(), String> {
        for (place, step) in spec.steps.iter().enumerate() {
            let done = match step {
                Step::Exchange { request, response, eventually } => {
                    self.exchange(request, response, *eventually)
                }
                Step::Command { arguments, output } => match serve_flags(step) {
                    Some(_) if place == 0 => Ok(()),
                    Some(flags) => self.serve_again(flags, arguments.line),
                    None => self.command(arguments, output),
                },
            };
            done.map_err(|wrong| format!("{shown}:{}: {}", wrong.line, wrong.why))?;
        }
        Ok(())
    }

    /// Ends the server as a crash does, and starts it on another folder.
    fn serve_again(&mut self, flags: &str, line: usize) -> Result<(), Wrong> {
        let data = flags.strip_prefix(SERVE_ON).ok_or_else(|| {
            let why = "in the middle of a file it is `trackway serve --data DIR`".to_owned();
            Wrong { line, why }
        })?;
        let Some((mut world, server)) = self.ours.take() else { return Ok(()) };
        server.kill();
        world.move_to(data);
        let server = world.start();
        self.serve_by(world, server);
        Ok(())
    }

    fn exchange(&mut self, asked: &Block, wanted: &Block, eventually: bool) -> Result<(), Wrong> {
        let clock = SystemClock::new();
        loop {
            let request = self.request(asked).map_err(|why| Wrong { line: asked.line, why })?;
            let enough = |answer: &Answer| self.known.clone().check(wanted, answer).is_ok();
            let recorded = recorded(&self.url, &request);
            let answer = exchange(&self.url, &request, enough)
                .map_err(|error| Wrong { line: asked.line, why: format!("no answer: {error}") })?;
            let said = String::from_utf8_lossy(&answer.body);
            recording::answered(recorded, answer.status, answer.header("content-type"), &said);
            let checked = self.known.check(wanted, &answer);
            if checked.is_ok() || !eventually || clock.elapsed() > PATIENCE {
                return checked;
            }
        }
    }

    fn request(&self, block: &Block) -> Result<Request, String> {
        let text = self.known.fill(&block.text);
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let line = lines.next().unwrap_or_default();
        let is_call = line.ends_with(CALL);
        let line = line.trim_end_matches(CALL).trim_end_matches(" HTTP/1.1").to_owned();
        let mut headers = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(':').ok_or("a header has no colon")?;
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        let mut body = match body.strip_prefix(HEX) {
            Some(digits) => bytes_of_hex(digits)?,
            None => body.as_bytes().to_vec(),
        };
        let is_gzip =
            |(name, value): &(String, String)| name == "content-encoding" && value == "gzip";
        if headers.iter().any(is_gzip) {
            body = gzip(&body);
        }
        Ok(Request { line, is_call, headers, body })
    }

    fn command(&mut self, arguments: &Block, output: &Block) -> Result<(), Wrong> {
        let Some((world, _)) = &self.ours else { return Ok(()) };
        let line = self.known.fill(&arguments.text);
        let words = words(&line)
            .ok_or_else(|| Wrong { line: arguments.line, why: "a quote has no end".to_owned() })?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = world.run(&words);
        let printed = match ran.status {
            0 => ran.out,
            _ => format!("{}{}", ran.out, ran.err),
        };
        if self.known.fits_lines(&output.text, printed.trim_end_matches('\n')) {
            return Ok(());
        }
        let why = difference(&self.known.fill(&output.text), &printed);
        Err(Wrong { line: output.line, why })
    }
}

/// What is asked, if it is to be written down: calls and what is no text are of other forms than
/// the vendor's description has.
fn recorded(url: &str, request: &Request) -> Option<Value> {
    let is_coded = |(name, _): &(String, String)| {
        name.eq_ignore_ascii_case("content-encoding") || name.eq_ignore_ascii_case("accept")
    };
    if request.is_call || request.headers.iter().any(is_coded) {
        return None;
    }
    let (method, path) = request.line.split_once(' ')?;
    let body = str::from_utf8(&request.body).ok()?;
    let body = (!body.is_empty()).then_some(body);
    recording::asked(method, &format!("{}{path}", url.trim_end_matches('/')), body)
}

/// What is wrong, at a line of the file.
#[derive(Debug)]
pub(crate) struct Wrong {
    line: usize,
    why: String,
}

impl Known {
    /// Compares an answer with what is expected of it.
    fn check(&mut self, wanted: &Block, answer: &Answer) -> Result<(), Wrong> {
        let (head, body) = wanted.text.split_once("\n\n").unwrap_or((&wanted.text, ""));
        let body_line = wanted.line + head.lines().count() + 1;
        let shown = || String::from_utf8_lossy(&answer.body).into_owned();
        for (place, line) in head.lines().enumerate() {
            let wrong = |why| Wrong { line: wanted.line + place, why };
            if place == 0 {
                let status = line.split(' ').nth(1).unwrap_or_default();
                if status != answer.status.to_string() {
                    let found = answer.status;
                    return Err(wrong(format!("expected {status}, found {found}: {}", shown())));
                }
                continue;
            }
            let (name, value) =
                line.split_once(':').ok_or_else(|| wrong("a header has no colon".to_owned()))?;
            let found = answer.header(name.trim()).unwrap_or("nothing");
            if !self.fits(value.trim(), found) {
                return Err(wrong(format!("expected {}, found {found}", line.trim())));
            }
        }
        self.check_body(body, answer).map_err(|why| Wrong { line: body_line, why })
    }

    fn check_body(&mut self, wanted: &str, answer: &Answer) -> Result<(), String> {
        if let Some(digits) = wanted.strip_prefix(HEX) {
            let (wanted, found) = (bytes_of_hex(digits)?, &answer.body);
            return if wanted == *found { Ok(()) } else { Err(hex_difference(&wanted, found)) };
        }
        if let Some(paths) = wanted.strip_prefix(TAR) {
            let found = paths_of(&answer.body).map_err(|error| format!("no archive: {error}"))?;
            let (wanted, found) = (paths.trim_start(), found.join("\n"));
            let fits = self.fits_lines(wanted, &found);
            return if fits { Ok(()) } else { Err(difference(&self.fill(wanted), &found)) };
        }
        let found = str::from_utf8(&answer.body).map_err(|_| "the body is not text".to_owned())?;
        let is_json = answer.header("content-type").is_some_and(|kind| kind.contains("json"));
        if !is_json || wanted.is_empty() {
            let fits = match answer.is_stream() {
                true => self.fits_lines(&format!("{wanted}\n{MORE}"), found),
                false => self.fits_lines(wanted, found.trim_end_matches('\n')),
            };
            return if fits { Ok(()) } else { Err(difference(&self.fill(wanted), found)) };
        }
        let wanted: Value = serde_json::from_str(&self.fill(wanted))
            .map_err(|error| format!("what is expected is not JSON: {error}"))?;
        let found: Value = serde_json::from_str(found)
            .map_err(|error| format!("the body is not JSON: {error}: {found}"))?;
        let problems = self.differences(&wanted, &found);
        if problems.is_empty() {
            return Ok(());
        }
        Err(format!("\n  {}\n  the body: {found}", problems.join("\n  ")))
    }

    /// Compares line by line; a line of three dots stands for any lines.
    fn fits_lines(&mut self, wanted: &str, found: &str) -> bool {
        let (wanted, found): (Vec<_>, Vec<_>) = (wanted.lines().collect(), found.lines().collect());
        self.fits_from(&wanted, &found)
    }

    fn fits_from(&mut self, wanted: &[&str], found: &[&str]) -> bool {
        match (wanted.split_first(), found.split_first()) {
            (None, None) => true,
            (Some((&MORE, rest)), _) => {
                (0..=found.len()).any(|skipped| self.fits_from(rest, &found[skipped..]))
            }
            (Some((line, rest)), Some((other, others))) => {
                self.fits(line, other) && self.fits_from(rest, others)
            }
            _ => false,
        }
    }
}

/// The words of a command: apart by spaces, but for what is in single quotes.
fn words(line: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = line.split('\'').collect();
    let mut words = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        match place % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push((*part).to_owned()),
        }
    }
    (parts.len() % 2 == 1).then_some(words)
}

fn bytes_of_hex(digits: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = digits.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let bytes = digits.chunks(2).map(|pair| byte(pair).filter(|_| pair.len() == 2));
    bytes.collect::<Option<_>>().ok_or_else(|| "the body is not hexadecimal".to_owned())
}

/// The paths of an archive's files, each of which is read through.
fn paths_of(archive: &[u8]) -> std::io::Result<Vec<String>> {
    let mut paths = Vec::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        std::io::copy(&mut entry, &mut std::io::sink())?;
        paths.push(entry.path()?.to_string_lossy().into_owned());
    }
    Ok(paths)
}

fn hex_difference(wanted: &[u8], found: &[u8]) -> String {
    let digits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    difference(&digits(wanted), &digits(found))
}

fn difference(wanted: &str, found: &str) -> String {
    let lines = |mark: &str, text: &str| -> String {
        text.lines().map(|line| format!("\n  {mark} {line}")).collect()
    };
    format!("expected (-), found (+):{}{}", lines("-", wanted), lines("+", found))
}
