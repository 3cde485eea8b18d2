//! Tests of where settings come from and what is said of wrong ones.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use clap::Parser;

use super::*;

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    flags: SettingFlags,
}

/// A machine with a home folder, and what somebody set on it.
#[derive(Default)]
struct Machine {
    flags: Vec<String>,
    variables: BTreeMap<String, OsString>,
}

impl Machine {
    fn new() -> Self {
        Self::default().variable("HOME", "/nowhere")
    }

    fn flags(mut self, flags: &[&str]) -> Self {
        self.flags.extend(flags.iter().map(|&flag| flag.to_owned()));
        self
    }

    fn variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    fn resolve(&self) -> Result<Settings> {
        let words = std::iter::once("trackway").chain(self.flags.iter().map(String::as_str));
        let flags = CommandLine::parse_from(words).flags;
        let variables = |name: &str| self.variables.get(name).cloned();
        Settings::resolve(&Sources::new(&flags, &variables)?)
    }

    fn refusal(&self) -> String {
        self.resolve().unwrap_err().to_string()
    }
}

fn write(folder: &Path, text: &str) -> String {
    let path = folder.join("trackway.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Guarantees: nobody has to set anything, and what holds then is what the documents say.
#[test]
fn defaults_hold() {
    let settings = Machine::new().resolve().unwrap();
    assert_eq!(settings.data.value, Path::new("/nowhere/.local/share/trackway"));
    assert_eq!(settings.listen.value.to_string(), "127.0.0.1:4400");
    assert_eq!(settings.otlp_http.value.to_string(), "127.0.0.1:4318");
    assert_eq!(settings.otlp_grpc.value.to_string(), "127.0.0.1:4317");
    assert_eq!(settings.keys.value, Mode::Open);
    assert_eq!(settings.memory.value, 256 << 20);
    assert_eq!(settings.query_memory.value, 128 << 20);
    assert_eq!(settings.query_seconds.value, 60);
    assert!(settings.query_threads.value >= 1);
    assert!(!settings.accept_log_damage.value);
    assert_eq!(settings.public_url.value, None);
    assert!(settings.listed().iter().all(|(_, _, origin)| **origin == Origin::Default));
}

/// Guarantees: a flag goes before a variable, that before the file, that before the default; and
/// each value knows which it was.
#[test]
fn the_first_source_decides() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "query-seconds = 7\nmemory = \"1GiB\"\nquery-threads = 3\n");
    let settings = Machine::new()
        .flags(&["--config", &file, "--query-seconds", "5"])
        .variable("TRACKWAY_QUERY_SECONDS", "6")
        .variable("TRACKWAY_QUERY_THREADS", "2")
        .resolve()
        .unwrap();
    assert_eq!(settings.query_seconds.value, 5);
    assert_eq!(settings.query_seconds.origin.to_string(), "by --query-seconds");
    assert_eq!(settings.query_threads.value, 2);
    assert_eq!(settings.query_threads.origin.to_string(), "by TRACKWAY_QUERY_THREADS");
    assert_eq!(settings.memory.value, 1 << 30);
    assert_eq!(settings.memory.origin.to_string(), format!("in {file}"));
    assert_eq!(settings.query_memory.origin, Origin::Default);
}

/// Guarantees: the file is found where the system's conventions put it, or where the variable says.
#[test]
fn the_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("trackway")).unwrap();
    let file = write(&folder.path().join("trackway"), "query-seconds = 7\n");
    let conventional = Machine::new().variable("XDG_CONFIG_HOME", folder.path());
    assert_eq!(conventional.resolve().unwrap().query_seconds.value, 7);
    let named = Machine::new().variable("TRACKWAY_CONFIG", &file);
    assert_eq!(named.resolve().unwrap().query_seconds.value, 7);
    let missing = folder.path().join("none.toml");
    let refusal = Machine::new().variable("TRACKWAY_CONFIG", &missing).refusal();
    assert!(refusal.contains("none.toml"), "{refusal}");
}

/// Guarantees: a wrong value is refused with its setting, itself, where it is, and what is
/// expected.
#[test]
fn wrong_values_are_named() {
    let cases = [
        ("listen", "4400", "an address and a port"),
        ("listen", "localhost:x", "an address and a port"),
        ("otlp-http", "example.com:1", "an address and a port"),
        ("allowed-hosts", "http://obs.lan", "names without ports"),
        ("allowed-hosts", "obs.lan:80", "names without ports"),
        ("allowed-hosts", "obs.lan,", "names without ports"),
        ("otlp-grpc", "4317", "an address and a port"),
        ("keys", "some", "open or strict"),
        ("memory", "1MiB", "at least 192MiB"),
        ("memory", "much", "a size such as 256MiB"),
        ("query-memory", "15MiB", "at least 16MiB"),
        ("query-seconds", "0", "from 1 to 86400"),
        ("query-threads", "-1", "from 1 to 1024"),
        ("accept-log-damage", "yes", "true or false"),
        ("log", "loud", "error, warn, info"),
        ("public-url", "example.com", "a URL such as https://"),
        ("public-url", "https://", "a URL such as https://"),
        ("public-url", "http://a b", "a URL such as https://"),
    ];
    for (name, value, expected) in cases {
        let variable = format!("TRACKWAY_{}", name.to_uppercase().replace('-', "_"));
        let refusal = Machine::new().variable(&variable, value).refusal();
        for part in [name, value, &variable, expected] {
            assert!(refusal.contains(part), "{part} is not in: {refusal}");
        }
    }
}

/// Guarantees: what is not text, not TOML, not of a fitting type or not a setting is refused, and
/// the file and line or key are named.
#[test]
fn wrong_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("query-seconds = 7\nmemroy = 3\n", "\"memroy\" is not a setting; there are data"),
        ("\nquery-seconds =\n", "trackway.toml:2:"),
        ("memory = [1]\n", "memory is of the type array"),
        ("[listen]\nport = 1\n", "listen is of the type table"),
        ("query-seconds = 1.5\n", "query-seconds is of the type float"),
        ("query-seconds = \"never\"\n", "query-seconds is \"never\" (in "),
    ];
    for (text, expected) in cases {
        let file = write(folder.path(), text);
        let refusal = Machine::new().flags(&["--config", &file]).refusal();
        assert!(refusal.contains(expected) && refusal.contains(&file), "{text:?}: {refusal}");
    }
}

/// Guarantees: a variable that is not UTF-8 is refused and not passed over.
#[test]
fn strange_bytes_are_named() {
    use std::os::unix::ffi::OsStringExt as _;
    let strange = OsString::from_vec(vec![b'x', 0xff]);
    let refusal = Machine::new().variable("TRACKWAY_LISTEN", strange).refusal();
    assert!(refusal.contains("TRACKWAY_LISTEN") && refusal.contains("not UTF-8"), "{refusal}");
}

/// Guarantees: who listens beyond loopback must say who may come in, and is told both ways.
#[test]
fn openness_is_said() {
    for flag in ["--listen", "--otlp-http", "--otlp-grpc"] {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let machine = Machine::new().flags(&[flag, address]);
            let refusal = machine.refusal();
            for part in [flag, address, "--keys strict", "--keys open"] {
                assert!(refusal.contains(part), "{part} is not in: {refusal}");
            }
            let strict = machine.flags(&["--keys", "strict"]).resolve().unwrap();
            assert_eq!(strict.keys.value, Mode::Strict);
            assert_eq!(strict.beyond_loopback().len(), 1);
        }
    }
    for address in ["127.0.0.1:0", "127.9.9.9:0", "[::1]:0", "[::ffff:127.0.0.1]:0", "localhost:0"]
    {
        let settings = Machine::new().flags(&["--listen", address]).resolve().unwrap();
        assert_eq!(settings.keys.value, Mode::Open, "{address}");
        assert!(settings.beyond_loopback().is_empty(), "{address}");
    }
}

/// Guarantees: names of hosts are a list in lower case, and nobody has allowed any by default.
#[test]
fn hosts_are_listed() {
    let allowed = |machine: Machine| machine.resolve().unwrap().allowed_hosts.value;
    assert_eq!(allowed(Machine::new()), Vec::<String>::new());
    let given = Machine::new().flags(&["--allowed-hosts", "Obs.lan, trace_way"]);
    assert_eq!(allowed(given), ["obs.lan", "trace_way"]);
}

/// Guarantees: two listeners on one port are refused before either is opened; port 0 is any port.
#[test]
fn ports_differ() {
    for (flag, taken) in [
        ("--listen", "127.0.0.1:4318"),
        ("--listen", "127.0.0.1:4317"),
        ("--otlp-http", "127.0.0.1:4317"),
    ] {
        let refusal = Machine::new().flags(&[flag, taken]).refusal();
        for part in [taken, flag, "give them different ports"] {
            assert!(refusal.contains(part), "{part} is not in: {refusal}");
        }
    }
    let any =
        ["--listen", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0"];
    Machine::new().flags(&any).resolve().unwrap();
}

/// Guarantees: without a home folder the data folder must be named; relative ones are no home.
#[test]
fn homeless_servers_are_refused() {
    let homeless = Machine::default().variable("XDG_DATA_HOME", "relative");
    assert!(homeless.refusal().contains("--data DIR"), "{}", homeless.refusal());
    let settings = homeless.flags(&["--data", "here"]).resolve().unwrap();
    assert_eq!(settings.data.value, Path::new("here"));
}

/// Guarantees: the flag that accepts damage needs no value, and every setting is listed once.
#[test]
fn all_are_listed() {
    let settings = Machine::new().flags(&["--accept-log-damage"]).resolve().unwrap();
    assert!(settings.accept_log_damage.value);
    let listed: Vec<Setting> = settings.listed().iter().map(|(setting, _, _)| *setting).collect();
    assert_eq!(listed, ALL);
}
