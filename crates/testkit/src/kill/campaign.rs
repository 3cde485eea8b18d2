//! A campaign: start, check, send, kill, and the same again on the same folder.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use model::{Clock, NANOS_PER_HOUR, Random as _, SeededRandom};

use super::finding::{self, Finding};
use super::ledger::Ledger;
use super::plan::Way;
use super::reading;
use super::request::Source;
use super::server::{Happening, Launch, PATIENCE, Server};
use super::tally::Tally;
use super::traffic::{Sight, Traffic, ask};

/// Kills of one data folder. It grows by some thousand events each time, so that recovery meets
/// segments of every age; but all of them are read back after every kill, and with more than this
/// the reading takes longer than everything else.
const KILLS_PER_FOLDER: usize = 12;

/// A campaign to run.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The server's program.
    pub server: PathBuf,
    /// Decides the traffic and the store's settings.
    pub seed: u64,
    /// The kills, in order.
    pub ways: Vec<Way>,
    /// A planted bug, as `TRACKWAY_TEST_STORE` names it.
    pub planted: Option<String>,
}

/// Why a campaign stopped.
#[derive(Debug)]
pub struct Failure {
    /// The kill before or during which it happened, from 1.
    pub kill: usize,
    /// That kill.
    pub way: Option<Way>,
    /// What was found. Nothing if the campaign could not go on for another reason.
    pub findings: Vec<Finding>,
    /// What happened.
    pub what: String,
    /// The data folder, which is kept.
    pub folder: PathBuf,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = self.way.map_or("the end of the folder".to_owned(), |way| way.to_string());
        writeln!(f, "kill {} ({way}):", self.kill)?;
        write!(f, "{}\nkept: {}", self.what.trim_end(), self.folder.display())
    }
}

/// Runs a campaign; `say` is told of each kill. What was done is in the tally even if it fails.
pub fn run(
    campaign: &Campaign,
    clock: &dyn Clock,
    say: &mut dyn FnMut(&str),
) -> (Tally, Result<(), Box<Failure>>) {
    let began = clock.elapsed();
    let mut tally = Tally::default();
    let mut result = Ok(());
    for (number, ways) in campaign.ways.chunks(KILLS_PER_FOLDER).enumerate() {
        result = Folder::make(campaign, number, clock).map_or_else(
            |what| Err(Box::new(Failure::of_folder(number, what))),
            |folder| folder.run(ways, &mut tally, say),
        );
        if result.is_err() {
            break;
        }
    }
    tally.elapsed = clock.elapsed().saturating_sub(began);
    (tally, result)
}

impl Failure {
    /// A folder could not be made.
    fn of_folder(number: usize, what: String) -> Self {
        let kill = number * KILLS_PER_FOLDER + 1;
        Self { kill, way: None, findings: Vec::new(), what, folder: PathBuf::new() }
    }
}

/// What stops a folder: findings, or words about something else.
enum Stop {
    Findings(Vec<Finding>),
    Trouble(String),
}

impl From<String> for Stop {
    fn from(what: String) -> Self {
        Self::Trouble(what)
    }
}

/// A data folder with everything that is known of it.
struct Folder<'a> {
    campaign: &'a Campaign,
    /// Its number in the campaign, from 0.
    number: usize,
    temporary: tempfile::TempDir,
    source: Source,
    store: String,
    ledger: Mutex<Ledger>,
    /// The kill of which the unanswered events have not been looked for yet.
    unchecked: Option<Way>,
}

impl<'a> Folder<'a> {
    fn make(campaign: &'a Campaign, number: usize, clock: &dyn Clock) -> Result<Self, String> {
        let temporary = tempfile::Builder::new()
            .prefix("trackway-kill-")
            .tempdir()
            .map_err(|error| format!("making a folder: {error}"))?;
        let chance = SeededRandom::new(campaign.seed ^ (number as u64 + 1) << 32);
        Ok(Self {
            campaign,
            number,
            source: Source {
                seed: chance.next(),
                hour: clock.now().nanos().div_euclid(NANOS_PER_HOUR),
            },
            store: store_settings(&chance, campaign.planted.as_deref()),
            temporary,
            ledger: Mutex::default(),
            unchecked: None,
        })
    }

    /// Kills servers on the folder, and checks it a last time.
    fn run(
        mut self,
        ways: &[Way],
        tally: &mut Tally,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), Box<Failure>> {
        tally.folders += 1;
        let last = std::iter::once(None);
        for (at, way) in ways.iter().copied().map(Some).chain(last).enumerate() {
            let kill = self.number * KILLS_PER_FOLDER + at + 1;
            if let Some(way) = way {
                say(&format!("kill {kill}: {way}"));
            }
            let Err(stop) = self.live(way, tally) else { continue };
            let (findings, what) = match stop {
                Stop::Findings(findings) => (findings.clone(), finding::summary(&findings)),
                Stop::Trouble(what) => (Vec::new(), what),
            };
            let folder = self.temporary.keep();
            return Err(Box::new(Failure { kill, way, findings, what, folder }));
        }
        Ok(())
    }

    /// One life of a server: from its start over the check to its kill, or to its check alone.
    fn live(&mut self, way: Option<Way>, tally: &mut Tally) -> Result<(), Stop> {
        let life = self.ledger.get_mut().unwrap_or_else(PoisonError::into_inner).begin_life();
        let folder = self.temporary.path();
        let (data, log) = (data_in(folder), folder.join(format!("server-{life}.log")));
        std::fs::create_dir_all(&data).map_err(|error| format!("making the folder: {error}"))?;
        let program = self.campaign.server.as_path();
        let launch =
            Launch { program, data: &data, log: &log, store: &self.store, way, trace: None };
        let server = Server::start(&launch).map_err(|what| format!("at its start, {what}"))?;
        let server = match server {
            Some(server) => get_ready(server, way)?,
            None => None,
        };
        let server = match server {
            Some(server) => self.check_unless_killed(server, way, tally)?,
            None => None,
        };
        match (server, way) {
            (Some(server), Some(way)) => self.send_and_kill(server, way, tally),
            (Some(server), None) => Ok(server.kill()?),
            (None, way) => {
                let line = tally.line(way.unwrap_or(Way::Start));
                line.kills += 1;
                line.early += 1;
                Ok(())
            }
        }
    }

    /// Checks a server. None if it was killed meanwhile, at a write that its compaction made.
    fn check_unless_killed(
        &mut self,
        mut server: Server,
        way: Option<Way>,
        tally: &mut Tally,
    ) -> Result<Option<Server>, Stop> {
        match self.check(&server, tally) {
            Ok(()) => Ok(Some(server)),
            Err(Stop::Trouble(what)) if way.is_some_and(Way::is_traced) => {
                let has_ended = server.next() == Some(Happening::Ended) && server.was_killed();
                if has_ended { Ok(None) } else { Err(Stop::Trouble(what)) }
            }
            Err(stop) => Err(stop),
        }
    }

    /// Reads everything and compares it with the ledger.
    fn check(&mut self, server: &Server, tally: &mut Tally) -> Result<(), Stop> {
        let range = self.source.range_seconds();
        let mut question = |body: &serde_json::Value| ask(&server.main, body);
        let rows = reading::rows(&mut question, range)?;
        let mut findings = reading::compare(&mut question, range, &rows)?;
        let ledger = self.ledger.get_mut().unwrap_or_else(PoisonError::into_inner);
        let review = ledger.review(&rows);
        findings.extend(review.findings);
        tally.checks += 1;
        tally.rows += rows.len() as u64;
        if !findings.is_empty() {
            return Err(Stop::Findings(findings));
        }
        if let Some(way) = self.unchecked.take() {
            tally.line(way).survived += review.survived;
        }
        Ok(())
    }

    /// Sends events until it is time, kills the server, and sees that it was right until then.
    fn send_and_kill(&mut self, server: Server, way: Way, tally: &mut Tally) -> Result<(), Stop> {
        let before = self.ledger.get_mut().unwrap_or_else(PoisonError::into_inner).bounds();
        let addresses = (server.main.clone(), server.otlp.clone());
        let addresses = (addresses.0.as_str(), addresses.1.as_str());
        let enough = if let Way::Moment(requests) = way { Some(requests.into()) } else { None };
        let traffic = Traffic::new(self.source, &self.ledger, addresses, server.sender(), enough);
        let (killed, Sight { counts, findings }) =
            traffic.run(|traffic| kill_in_time(server, way, traffic));
        tally.counts += counts;
        killed?;
        if !findings.is_empty() {
            return Err(Stop::Findings(findings));
        }
        let after = self.ledger.get_mut().unwrap_or_else(PoisonError::into_inner).bounds();
        let line = tally.line(way);
        line.kills += 1;
        line.acknowledged += after.least - before.least;
        line.unanswered += (after.most - before.most) - (after.least - before.least);
        self.unchecked = Some(way);
        Ok(())
    }
}

/// Waits until a server is ready. None if it was killed before: at once if it is to be killed while
/// it starts, or at a stage or write that it passed while it replayed its log.
fn get_ready(mut server: Server, way: Option<Way>) -> Result<Option<Server>, String> {
    if way == Some(Way::Start) {
        return server.kill().map(|()| None);
    }
    match (server.next(), way) {
        (Some(Happening::Ready), _) => Ok(Some(server)),
        (Some(Happening::Held(_)), _) => server.kill().map(|()| None),
        (Some(Happening::Ended), Some(way)) if way.is_traced() && server.was_killed() => Ok(None),
        (Some(Happening::Ended), _) => {
            Err(format!("it ended at its start: {}", server.last_words()))
        }
        _ => Err(format!("not ready after {PATIENCE:?}: {}", server.last_words())),
    }
}

/// Waits for the moment of a kill and kills.
fn kill_in_time(mut server: Server, way: Way, traffic: &Traffic<'_>) -> Result<(), String> {
    match (server.next(), way) {
        (Some(Happening::Held(stage)), _) => {
            traffic.count_while_held(&stage);
            server.kill()
        }
        (Some(Happening::Enough), _) => server.kill(),
        (Some(Happening::Ended), way) if way.is_traced() && server.was_killed() => Ok(()),
        (Some(Happening::Ended), _) => Err(format!("it ended by itself: {}", server.last_words())),
        _ => Err(format!("waited {PATIENCE:?} in vain, {way}: {}", server.last_words())),
    }
}

/// Thresholds so low that every stage is passed with a few thousand events; different ones for
/// every folder, as chance has it.
fn store_settings(chance: &SeededRandom, planted: Option<&str>) -> String {
    let planted = planted.map(|planted| format!(",planted={planted}")).unwrap_or_default();
    format!(
        "group_rows={},flush_bytes={},flush_after_ms={},log_file_bytes={},compact_segments={},\
         compact_after_ms={},small_segment_bytes={}{planted}",
        64 << chance.below(4),
        60_000 + chance.below(400_000),
        100 + chance.below(300),
        4_096 * (24 + chance.below(200)),
        2 + chance.below(3),
        100 + chance.below(900),
        20_000 + chance.below(200_000),
    )
}

/// Settings of a store that never gets to a stage while a few requests come.
pub(super) fn still_store(planted: Option<&str>) -> String {
    let planted = planted.map(|planted| format!(",planted={planted}")).unwrap_or_default();
    format!("log_file_bytes=4194304{planted}")
}

/// Where a folder's data lies in what a campaign keeps.
pub(super) fn data_in(folder: &Path) -> PathBuf {
    folder.join("data")
}
