use std::collections::BTreeSet;
use std::time::Duration;

use super::{Options, STEPS, options, summary};

fn parse(line: &str) -> Result<Options, String> {
    options(line.split_whitespace().map(str::to_owned))
}

/// Guarantees: without names everything runs; names, the seed and the list are understood in any
/// order.
#[test]
fn understood() {
    let all = Options { names: Vec::new(), seed: 1, list: false };
    assert_eq!(parse(""), Ok(all));
    let some = Options { names: vec!["tidy".into(), "fmt".into()], seed: 7, list: true };
    assert_eq!(parse("tidy --seed 7 fmt --list"), Ok(some));
}

/// Guarantees: what does not exist is refused by its name, and nothing runs.
#[test]
fn refused() {
    assert!(parse("tidy fnt").unwrap_err().starts_with("there is no check fnt"));
    assert!(parse("--sed 1").unwrap_err().starts_with("unknown --sed"));
    assert_eq!(parse("--seed many").unwrap_err(), "--seed takes a number, not many");
}

/// Guarantees: every check can be named by itself.
#[test]
fn distinct_names() {
    let names: BTreeSet<&str> = STEPS.iter().map(|step| step.name).collect();
    assert_eq!(names.len(), STEPS.len());
}

/// Guarantees: the summary names each check with its verdict, and counts the failures.
#[test]
fn summed_up() {
    let outcomes =
        [("fmt", true, Duration::from_millis(1_240)), ("tidy", false, Duration::from_secs(2))];
    let expected = "\
fmt              passed     1.2 s
tidy             FAILED     2.0 s
1 of 2 failed in 3.2 s
";
    assert_eq!(summary(&outcomes, Duration::from_millis(3_240)), expected);
}
