//! The program that is fuzzed: libFuzzer gives it bytes, and it gives them to one of the readers of
//! what others wrote.
//!
//! Which one stands in `TRACKWAY_FUZZ_TARGET`, so that everything is built and linked once. What is
//! looked for is a panic, a hang, and memory or time out of proportion; `cargo xtask fuzz` sets the
//! bounds. `TRACKWAY_FUZZ_PLANT` makes the reader of OpenTelemetry fail on something that only a
//! request that decodes can have: a run that does not find it would find nothing.

#![no_main]

mod events;
mod log;
mod opentelemetry;
mod question;
mod rows;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

/// A reader of arbitrary bytes.
type Target = fn(&[u8]);

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("TRACKWAY_FUZZ_TARGET").unwrap_or_default();
    match name.as_str() {
        "protobuf" => opentelemetry::protobuf,
        "json" => opentelemetry::json,
        "events" => events::read,
        "question" => question::read,
        "log" => log::replay,
        _ => panic!("TRACKWAY_FUZZ_TARGET={name}: protobuf, json, events, question or log"),
    }
});

fuzz_target!(|data: &[u8]| (*TARGET)(data));
