//! A server under `strace`, which sees its system calls and can kill it at one of them.

use std::path::Path;
use std::process::{Command, Stdio};

/// How to get what is missing.
pub const REMEDY: &str = "strace is not on this machine or may not trace: apt-get install strace";

/// Whether `strace` is there and may trace.
pub fn is_there() -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "true"]);
    let status = strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Calls that change or sync files; some processors do not have those with a question mark. What
/// goes over connections goes by others.
const FILE_CALLS: &str = "pwrite64,ftruncate,fsync,fdatasync,?rename,renameat,?unlink,unlinkat";

/// Starts `program`, which is killed when one of its threads writes to `file` for the `nth` time.
/// The process that is started is the program itself.
pub(super) fn killing_at_write(program: &Path, file: &Path, nth: u32) -> Command {
    let mut strace = killing("pwrite64,write", nth);
    strace.arg("-P").arg(file).arg(program);
    strace
}

/// Starts `program`, which is killed when one of its threads makes any of the calls that change or
/// sync files for the `nth` time. The process that is started is the program itself.
pub(super) fn killing_at_call(program: &Path, nth: u32) -> Command {
    let mut strace = killing(FILE_CALLS, nth);
    strace.arg(program);
    strace
}

fn killing(calls: &str, nth: u32) -> Command {
    let mut strace = Command::new("strace");
    // Not with `--seccomp-bpf`, however much faster: together with `-D` it sees no call at all.
    strace.args(["-D", "-f", "-qq", "-o", "/dev/null"]);
    strace.args(["-e", &format!("trace={calls}")]);
    strace.args(["-e", &format!("inject={calls}:signal=KILL:when={nth}")]);
    strace
}

/// Starts `program` and writes its reads, writes and syncs to the file `trace`, with the paths and
/// addresses behind its descriptors. The process that is started is the program itself.
pub(super) fn tracing(program: &Path, trace: &Path) -> Command {
    let mut strace = Command::new("strace");
    let calls = "trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,\
                 fsync,fdatasync";
    strace.args(["-D", "-f", "-qq", "-tt", "-yy", "-s", "64", "-e", calls, "-o"]);
    strace.arg(trace).arg(program);
    strace
}
