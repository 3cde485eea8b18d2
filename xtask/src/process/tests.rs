use std::process::Command;
use std::time::Duration;

use super::Process;

/// Reached only if a guarantee is broken.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

fn shell(script: &str) -> Process {
    Process::start("the script", Command::new("sh").args(["-c", script])).unwrap()
}

/// Guarantees: the rest of the line that was waited for is given, whatever was said before it.
#[test]
fn rest_of_the_line() {
    let mut process = shell("echo starting; echo listening on http://h:1");
    assert_eq!(process.line_after("listening on ", LONG).unwrap(), "http://h:1");
}

/// Guarantees: who waits for a line of a process that ended hears at once how it ended.
#[test]
fn end_ends_the_wait() {
    let error = shell("exit 3").line_after("ready", LONG).unwrap_err();
    assert_eq!(error, "the script ended too early: exit status: 3");
    let error = shell("exit 4").poll("it is done", LONG, || None::<()>).unwrap_err();
    assert_eq!(error, "the script ended too early: exit status: 4");
}

/// Guarantees: a wait has an end while the process says nothing.
#[test]
fn bounded_wait() {
    let mut process = shell("exec tail -f /dev/null");
    let error = process.line_after("ready", SHORT).unwrap_err();
    assert_eq!(error, "the script did not say \"ready\" within 20ms");
    let error = process.poll("it is done", SHORT, || None::<()>).unwrap_err();
    assert_eq!(error, "waited 20ms in vain until it is done");
}

/// Guarantees: SIGTERM lets a process end in its own way, and gives its status.
#[test]
fn orderly_end() {
    let script = "trap 'exit 7' TERM; echo ready; while :; do read line < /dev/null; done";
    let mut process = shell(script);
    process.line_after("ready", LONG).unwrap();
    assert_eq!(process.terminate(LONG).unwrap().code(), Some(7));
}

/// Guarantees: a process that does not heed SIGTERM is killed and that is said.
#[test]
fn forced_end() {
    let mut process = shell("trap '' TERM; echo ready; while :; do read line < /dev/null; done");
    process.line_after("ready", LONG).unwrap();
    let error = process.terminate(SHORT).unwrap_err();
    assert_eq!(error, "the script was still running after 20ms and was killed");
}
