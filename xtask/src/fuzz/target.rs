//! What is fuzzed, each by the name that `fuzz/src/main.rs` and `fuzz/corpus` have for it.

/// A reader of arbitrary bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) name: &'static str,
    /// Longest input. Short ones are tried more often, and reach as much.
    pub(super) input_bytes_max: usize,
}

pub(super) const TARGETS: [Target; 5] = [
    Target { name: "protobuf", input_bytes_max: 4_096 },
    Target { name: "json", input_bytes_max: 4_096 },
    Target { name: "events", input_bytes_max: 4_096 },
    Target { name: "question", input_bytes_max: 4_096 },
    // Two files, of which each begins with two pages of headers.
    Target { name: "log", input_bytes_max: 32 << 10 },
];

/// The target that a bug can be planted in.
pub(super) const PLANTED_IN: &str = "protobuf";

/// The target of a name.
pub(super) fn named(name: &str) -> Result<Target, String> {
    let names = TARGETS.map(|target| target.name).join(", ");
    let found = TARGETS.into_iter().find(|target| target.name == name);
    found.ok_or(format!("there is no target {name}: {names}"))
}
