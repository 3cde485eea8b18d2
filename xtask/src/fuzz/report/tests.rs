//! What libFuzzer says, as it says it.

use super::*;

/// Guarantees: a run's figures and its finding are read from what libFuzzer prints.
#[test]
fn figures_and_findings() {
    let said = "\
INFO: Running with entropic power schedule (0xFF, 100).
#21\tINITED cov: 1402 ft: 2011 corp: 17/6kb exec/s: 0 rss: 92Mb
#4096\tNEW    cov: 1404 ft: 2020 corp: 18/6kb lim: 4096 exec/s: 2048 rss: 99Mb L: 9/900 MS: 1
thread '<unnamed>' panicked at src/opentelemetry.rs:42:5:
the planted bug
==7== ERROR: libFuzzer: deadly signal
Test unit written to /tmp/found/protobuf-crash-00ff
stat::number_of_executed_units: 5000
stat::average_exec_per_sec:     2500
stat::peak_rss_mb:              101
";
    let report = Report::of(false, said);
    let expected = Report {
        is_clean: false,
        executed: 5_000,
        per_second: 2_500,
        coverage: (1_402, 1_404),
        peak_mib: 101,
        complaints: vec![
            "thread '<unnamed>' panicked at src/opentelemetry.rs:42:5:".to_owned(),
            "the planted bug".to_owned(),
            "==7== ERROR: libFuzzer: deadly signal".to_owned(),
        ],
        input: Some("/tmp/found/protobuf-crash-00ff".to_owned()),
    };
    assert_eq!(report, expected);
    assert_eq!(
        report.to_string(),
        "5000 inputs, 2500 a second, 1402 to 1404 places reached, at most 101 MiB: found something"
    );
}
