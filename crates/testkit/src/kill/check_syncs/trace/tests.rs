use super::*;

const READ: &str = r#"7 1:0 recvfrom(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, "POST", 8192, 0) = 4"#;
const WRITE: &str = r#"8 1:1 pwrite64(5</d/log/00000001.log>, "\1"..., 4096, 8192) = 4096"#;
const SYNC: &str = "8 1:2 fdatasync(5</d/log/00000001.log>) = 0";
const ANSWER: &str =
    r#"7 1:3 sendto(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, "HTTP/1.1 200 OK\r\n"..., 90, 0) = 90"#;

fn successes(lines: &[&str]) -> (u64, usize) {
    let seen = examine(&lines.join("\n"));
    (seen.successes, seen.unsynced.len())
}

/// Guarantees: a success after read, write and sync is right, one by one and with calls that were
/// interrupted.
#[test]
fn synced() {
    assert_eq!(successes(&[READ, WRITE, SYNC, ANSWER, READ, WRITE, SYNC, ANSWER]), (2, 0));
    let begun = "8 1:2 fdatasync(5</d/log/00000001.log> <unfinished ...>";
    let ended = "8 1:2 <... fdatasync resumed>)        = 0";
    let other = "9 1:2 write(2</dev/pts/0>, \"x\", 1) = 1";
    assert_eq!(successes(&[READ, WRITE, begun, other, ended, ANSWER]), (1, 0));
    let reading = "7 1:0 recvfrom(9<TCP:[127.0.0.1:1->127.0.0.1:2]>,  <unfinished ...>";
    let read = "7 1:0 <... recvfrom resumed>\"POST\", 8192, 0) = 4";
    assert_eq!(successes(&[reading, read, WRITE, SYNC, ANSWER]), (1, 0));
}

/// Guarantees: each way in which a sync can be missing is noticed.
#[test]
fn unsynced() {
    assert_eq!(successes(&[READ, WRITE, ANSWER]), (1, 1), "none");
    assert_eq!(successes(&[READ, WRITE, SYNC, READ, ANSWER]), (1, 1), "that of another request");
    assert_eq!(successes(&[READ, SYNC, WRITE, ANSWER]), (1, 1), "before the write");
    let elsewhere = "8 1:2 fdatasync(6</d/catalog.db-wal>) = 0";
    assert_eq!(successes(&[READ, WRITE, elsewhere, ANSWER]), (1, 1), "of another file");
    let failed = "8 1:2 fdatasync(5</d/log/00000001.log>) = -1 EIO (Input/output error)";
    assert_eq!(successes(&[READ, WRITE, failed, ANSWER]), (1, 1), "failed");
    let begun = "8 1:2 fdatasync(5</d/log/00000001.log> <unfinished ...>";
    let ended = "8 1:4 <... fdatasync resumed>) = 0";
    assert_eq!(successes(&[READ, WRITE, begun, ANSWER, ended]), (1, 1), "ended too late");
    let writing = "8 1:1 pwrite64(5</d/log/00000001.log>, \"\\1\"..., 4096, 8192 <unfinished ...>";
    let written = "8 1:2 <... pwrite64 resumed>) = 4096";
    let early = "9 1:1 fdatasync(5</d/log/00000001.log>) = 0";
    assert_eq!(successes(&[READ, writing, early, written, ANSWER]), (1, 1), "during the write");
}

/// Guarantees: a read that found nothing does not begin a request, and refusals need no sync.
#[test]
fn other_calls() {
    let nothing = "7 1:2 recvfrom(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, 0x7f, 8192, 0) = -1 EAGAIN";
    let closed = "7 1:4 recvfrom(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, \"\", 8192, 0) = 0";
    assert_eq!(successes(&[READ, WRITE, SYNC, nothing, ANSWER, closed]), (1, 0));
    let refusal = ANSWER.replace("200", "503");
    assert_eq!(successes(&[READ, &refusal]), (0, 0));
    assert_eq!(successes(&["+++ exited with 0 +++", "", "7 1:0 --- SIGTERM {} ---"]), (0, 0));
}
