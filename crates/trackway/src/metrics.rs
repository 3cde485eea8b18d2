//! The server's numbers as Prometheus reads them.

mod page;

use std::collections::BTreeMap;
use std::sync::Arc;

use honeycomb::{Amount, Doorway, RefusedFor};
use model::Result;
use store::{Counters, Gauges};

use self::page::Page;
use crate::app::{App, blocking};
use crate::readiness::Phase;

/// Takes every number and writes the page.
///
/// The store's numbers are taken on a thread that may wait, because the log may be waiting for its
/// disk; one page at a time, so that scrapes of a disk that hangs do not use up all such threads.
pub(crate) async fn collect(app: &Arc<App>) -> Result<String> {
    let turn = Arc::clone(&app.measuring).lock_owned().await;
    let app = Arc::clone(app);
    blocking(move || {
        let text = render(&app);
        drop(turn);
        Ok(text)
    })
    .await
}

fn render(app: &App) -> String {
    let mut page = Page::default();
    add_gauges(&mut page, &app.store.gauges());
    page.gauge(
        "catalog_bytes",
        "Bytes of catalog.db and of its write-ahead log.",
        app.folder.catalog_bytes(),
    );
    add_counters(&mut page, app.store.counters());
    add_door(&mut page, app);
    add_server(&mut page, app);
    page.text()
}

fn add_gauges(page: &mut Page, gauges: &Gauges) {
    let Gauges {
        memtable_rows,
        memtable_bytes,
        flushes_pending,
        compactions_pending,
        segments,
        segment_bytes,
        index_bytes,
        segment_rows,
        log_bytes,
        datasets,
        damaged_segments,
        storage_trouble,
    } = gauges;
    page.gauge("memtable_rows", "Rows in memory that are not in segments.", *memtable_rows);
    page.gauge("memtable_bytes", "Bytes of the generation that grows.", *memtable_bytes);
    page.gauge("flushes_pending", "Generations that wait to be written.", *flushes_pending);
    page.gauge("compactions_pending", "Segments that wait to be merged.", *compactions_pending);
    page.gauge("segments", "Live segments.", *segments);
    page.gauge("segment_bytes", "Bytes of live segments, without indexes.", *segment_bytes);
    page.gauge("index_bytes", "Bytes of the trace indexes of live segments.", *index_bytes);
    page.gauge("segment_rows", "Rows of live segments.", *segment_rows);
    page.gauge("log_bytes", "Bytes of the log's files.", *log_bytes);
    page.gauge("datasets", "Live datasets.", *datasets);
    page.gauge(
        "damaged_segments",
        "Segments that compaction found unreadable since the start.",
        *damaged_segments,
    );
    page.gauge(
        "storage_trouble",
        "1 while storage cannot be written.",
        u64::from(storage_trouble.is_some()),
    );
}

/// One for each of the store's counters; taken apart so that a new one cannot be forgotten.
fn add_counters(page: &mut Page, counters: &Counters) {
    let Counters {
        log_groups,
        log_records,
        log_bytes,
        log_failures,
        flushes,
        flushed_rows,
        flushed_bytes,
        flush_failures,
        compactions,
        groups_copied,
        groups_encoded,
        compacted_bytes,
        compaction_failures,
        files_removed,
        files_quarantined,
        lost_records,
    } = counters;
    let all = [
        ("log_groups", "Groups written to the log, each with one sync.", log_groups),
        ("log_records", "Requests written to the log.", log_records),
        ("log_bytes", "Bytes of the requests written to the log.", log_bytes),
        ("log_failures", "Groups that could not be written and were refused.", log_failures),
        ("flushes", "Generations written as segments.", flushes),
        ("flushed_rows", "Rows written as segments by flushes.", flushed_rows),
        ("flushed_bytes", "Bytes of segments written by flushes.", flushed_bytes),
        ("flush_failures", "Flushes that failed and were tried again.", flush_failures),
        ("compactions", "Compactions.", compactions),
        ("groups_copied", "Row groups that compaction copied byte for byte.", groups_copied),
        ("groups_encoded", "Row groups that compaction encoded again.", groups_encoded),
        ("compacted_bytes", "Bytes of segments written by compaction.", compacted_bytes),
        ("compaction_failures", "Compactions that failed.", compaction_failures),
        ("files_removed", "Files that were replaced and removed.", files_removed),
        ("files_quarantined", "Unknown files put aside at the start.", files_quarantined),
        ("lost_records", "Requests lost to damage of the log that was accepted.", lost_records),
    ];
    for (name, help, counter) in all {
        page.counter(&format!("{name}_total"), help, counter.get());
    }
}

fn add_door(page: &mut Page, app: &App) {
    let counts = app.door.counts();
    let mut accepted: BTreeMap<Doorway, Amount> = BTreeMap::new();
    for account in &counts.accounts {
        let sum = accepted.entry(account.doorway).or_default();
        sum.requests += account.accepted.requests;
        sum.events += account.accepted.events;
        sum.bytes += account.accepted.bytes;
    }
    let sums = |of: fn(&Amount) -> u64| {
        let sum = move |(doorway, amount): (&Doorway, &Amount)| ([doorway.name()], of(amount));
        accepted.iter().map(sum).collect::<Vec<_>>()
    };
    let door = ["door"];
    page.counters(
        "requests_accepted_total",
        "Requests acknowledged, by door.",
        door,
        sums(|amount| amount.requests),
    );
    page.counters(
        "events_accepted_total",
        "Events kept, by door.",
        door,
        sums(|amount| amount.events),
    );
    page.counters(
        "bytes_accepted_total",
        "Bytes of acknowledged requests as received, by door.",
        door,
        sums(|amount| amount.bytes),
    );
    let refused = |of: &[RefusedFor]| {
        of.iter().map(|of| ([of.doorway.name(), of.reason], of.count)).collect::<Vec<_>>()
    };
    page.counters(
        "requests_refused_total",
        "Requests refused, by door and reason.",
        ["door", "reason"],
        refused(&counts.refused_requests),
    );
    page.counters(
        "events_refused_total",
        "Events refused within accepted requests, by door and reason.",
        ["door", "reason"],
        refused(&counts.refused_events),
    );
    page.counter(
        "points_without_value_total",
        "Points of metrics that say that there is no value, so that nothing is kept.",
        counts.unrecorded_points,
    );
}

fn add_server(page: &mut Page, app: &App) {
    let is_ready = app.readiness.phase() == Phase::Ready;
    page.gauge("ready", "1 once the log has been replayed.", u64::from(is_ready));
    page.gauge("memory_bytes", "Memory for request bodies.", app.budget.bytes() as u64);
    page.gauge("memory_used_bytes", "Memory of request bodies in use.", app.budget.used() as u64);
    page.gauge(
        "keys_trouble",
        "1 while keys cannot be read again and stay as they were.",
        u64::from(app.keys.trouble().is_some()),
    );
    let (queries, results) = app.desk.dropped();
    page.counter(
        "queries_dropped_total",
        "Saved queries that went because there were too many.",
        queries,
    );
    page.counter(
        "query_results_dropped_total",
        "Query results that went because there were too many.",
        results,
    );
    page.gauge("connections", "Open connections.", app.connections.open());
    page.gauge("tail_readers", "Readers that follow events.", app.readers.present());
    page.counter(
        "connections_refused_total",
        "Connections beyond the bound, answered with 503.",
        app.connections.refused(),
    );
    page.counters(
        "connections_cut_total",
        "Connections ended, and requests given up, because their client kept the server waiting.",
        ["reason"],
        app.connections.cuts().into_iter().map(|(reason, count)| ([reason], count)),
    );
    page.counter(
        "requests_turned_away_total",
        "Requests on shared connections beyond the bound, answered with 503 or UNAVAILABLE.",
        app.connections.refused_requests(),
    );
    page.counter("handler_panics_total", "Requests whose handler panicked.", app.faults.panics());
    page.counter(
        "internal_errors_total",
        "Requests answered with 500, or INTERNAL over gRPC.",
        app.faults.answers(),
    );
}
