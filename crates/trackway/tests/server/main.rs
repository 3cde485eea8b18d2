//! The real binary from outside: started on any ports and a folder of its own, asked over HTTP, and
//! stopped or killed.
//!
//! Whatever crosses the process is tested here, what a module does alone beside it.

#![expect(clippy::unwrap_used, reason = "a test fails where it finds what it must not")]

mod asking;
mod auth;
mod backup;
mod browsers;
mod browsing;
mod calls;
mod check;
mod commands;
mod config;
mod connections;
mod datasets;
mod desk;
mod doctor;
mod events;
mod exit_status;
mod fields;
mod following;
mod grpc;
mod health;
mod ingest;
mod keys;
mod limits;
mod metrics;
mod pages;
mod protobuf;
mod queries;
mod recording;
mod recovery;
mod schema;
mod spans;
mod stalled;
mod starting;
mod stopping;
mod tail;
mod trace_lists;
mod unpacking;
mod vectors;
mod world;
