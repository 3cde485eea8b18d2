"""OTLP attribute values as Honeycomb fields.

OTLP values nest (arrays, maps, bytes); a Honeycomb event is flat. Scalars stay what they are, maps
are spread over dotted names to a fixed depth, and all else becomes JSON text.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from evaluator.values import Value

Fields = dict[str, Value]

# Maps nested deeper than this are kept as JSON text (measured on Honeycomb's own code).
DEPTH_MAX = 5

# JSON text is cut to what one of Honeycomb's string columns holds.
JSON_BYTES_MAX = 65_535

# JavaScript and Go write whole floats below this without fraction or exponent.
WHOLE_FLOAT_MAX = 1e21


def fields_of(attributes: Iterable[dict[str, Any]] | None) -> Fields:
    """Flattens a list of OTLP key-values; entries without key or value are dropped."""
    fields: Fields = {}
    for attribute in attributes or []:
        put(fields, attribute.get("key", ""), attribute.get("value"), 0)
    return fields


def put(fields: Fields, key: str, value: dict[str, Any] | None, depth: int) -> None:
    """Adds one OTLP value under `key`, spreading maps down to the depth limit."""
    kind = _kind(value)
    if not key or kind is None:
        return
    if kind == "kvlistValue" and depth < DEPTH_MAX:
        for entry in value[kind].get("values") or []:
            if entry.get("key"):
                put(fields, f"{key}.{entry['key']}", entry.get("value"), depth + 1)
        return
    if kind in ("kvlistValue", "arrayValue", "bytesValue"):
        fields[key] = json_text(value)
        return
    fields[key] = plain(value)


def json_text(value: dict[str, Any]) -> str:
    """An OTLP value as JSON text with the line feed that Honeycomb's encoder leaves behind it."""
    text = json.dumps(_json_ready(plain(value)), ensure_ascii=False, separators=(",", ":"))
    encoded = f"{text}\n".encode()
    return encoded[:JSON_BYTES_MAX].decode(errors="ignore")


def plain(value: dict[str, Any] | None) -> Any:
    """An OTLP value as Python's own; bytes as base64 text, maps with their keys sorted."""
    kind = _kind(value)
    if kind is None:
        return None
    inner = value[kind]
    if kind == "intValue":
        return int(inner)
    if kind == "doubleValue":
        return float(inner)
    if kind == "bytesValue":
        return base64.b64encode(base64.b64decode(inner)).decode()
    if kind == "arrayValue":
        return [plain(item) for item in inner.get("values") or []]
    if kind == "kvlistValue":
        entries = inner.get("values") or []
        return {entry["key"]: plain(entry.get("value")) for entry in _by_key(entries)}
    return inner


def _by_key(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted((entry for entry in entries if entry.get("key")), key=lambda entry: entry["key"])


def _kind(value: dict[str, Any] | None) -> str | None:
    """The name of the one member that says which kind of value this is."""
    kinds = ("stringValue", "boolValue", "intValue", "doubleValue", "bytesValue", "arrayValue",
             "kvlistValue")
    for kind in kinds:
        if value is not None and value.get(kind) is not None:
            return kind
    return None


def _json_ready(value: Any) -> Any:
    """Whole floats as integers, as Honeycomb's encoder writes them."""
    if isinstance(value, float) and value == int(value) and abs(value) < WHOLE_FLOAT_MAX:
        return int(value)
    if isinstance(value, list):
        return [_json_ready(item) for item in value]
    if isinstance(value, dict):
        return {key: _json_ready(item) for key, item in value.items()}
    return value
