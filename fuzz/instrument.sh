#!/bin/sh
# Cargo starts the compiler through this (RUSTC_WRAPPER), so that just the crates that read what
# others wrote tell libFuzzer where an input went. Everything else is built as always: an input is
# not more interesting because it reached another corner of a hash map.
set -eu
compiler=$1
shift
name=
previous=
for argument in "$@"; do
    if [ "$previous" = --crate-name ]; then
        name=$argument
    fi
    previous=$argument
done
case $name in
    body | honeycomb | model | otlp | store | trackway_fuzz) ;;
    *) exec "$compiler" "$@" ;;
esac
exec "$compiler" "$@" \
    -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1
