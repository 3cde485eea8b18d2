use super::*;
use crate::tree::planted::{places, tree};

/// Guarantees: a Rust file whose first line says nothing is found, a file of tests is not.
#[test]
fn rust_openings() {
    let planted = tree(&[
        ("good.rs", &["//! What it is.", "//!", "//! Why."]),
        ("late.rs", &["use std::fmt;", "//! Late."]),
        ("mute.rs", &["//!", "//! Second."]),
        ("empty.rs", &[]),
        ("good/tests.rs", &["use super::*;"]),
    ]);
    assert_eq!(places(&check(&planted)), ["late.rs:1", "mute.rs:1", "empty.rs:1"]);
}

/// Guarantees: a Python module without a docstring before its first statement is found.
#[test]
fn python_openings() {
    let planted = tree(&[
        ("good.py", &["#!/usr/bin/env python3", "", "\"\"\"What it is.\"\"\""]),
        ("raw.py", &["r\"\"\"What it is.\"\"\""]),
        ("late.py", &["import os", "\"\"\"Late.\"\"\""]),
        ("package/__init__.py", &[]),
    ]);
    assert_eq!(places(&check(&planted)), ["late.py:1", "package/__init__.py:1"]);
}
