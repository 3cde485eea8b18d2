"""An OpenAPI 3.1 description: finds the operation of a request and checks bodies against it.

The schemas are left as they are: each is reached by its place in the document, so that references
between them are the validator's business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

URI = "urn:description"

METHODS = ("get", "post", "put", "patch", "delete")

# What a failure may look like that an operation does not describe, by the version of the path.
PROBLEMS = {
    "/1/": {"application/json": "Error", "application/problem+json": "DetailedError"},
    "/2/": {"application/vnd.api+json": "JSONAPIError"},
}


@dataclass(frozen=True)
class Operation:
    """One operation, and where it stands in the document."""

    method: str
    path: str
    place: tuple[str, ...]
    content: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name in the description."""
        return self.content["operationId"]


@dataclass(frozen=True)
class Fault:
    """What is wrong, and the keyword of the schema that says so."""

    keyword: str
    text: str


class Description:
    """A description read from its file."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self.registry: Registry[Any] = Registry().with_resource(URI, resource)
        self.operations = [
            Operation(method.upper(), path, ("paths", path, method), item[method])
            for path, item in document["paths"].items() for method in METHODS if method in item]

    @staticmethod
    def read(path: Path) -> Description:
        """The description in a YAML file."""
        return Description(yaml.load(path.read_text(), Loader=yaml.CSafeLoader))

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a request, by its path without a query string."""
        parts = path.split("?")[0].split("/")
        fitting = [operation for operation in self.operations
                   if operation.method == method and fits(operation.path.split("/"), parts)]
        # A word in a path goes before a parameter.
        return min(fitting, key=lambda operation: operation.path.count("{"), default=None)

    def request_fault(self, operation: Operation, body: str | None) -> Fault | None:
        """What is wrong with a request's body, if the operation takes one."""
        schema = schema_of(operation.content.get("requestBody", {}), "application/json")
        if schema is None:
            return None
        place = (*operation.place, "requestBody", "content", "application/json", "schema")
        return self.fault(place, body or "")

    def answer_fault(
        self, operation: Operation, status: int, content_type: str | None, body: str
    ) -> Fault | None:
        """What is wrong with an answer."""
        responses = operation.content["responses"]
        place, response = self.resolved((*operation.place, "responses", str(status)),
                                        responses.get(str(status)))
        if response is not None and not body and not described(response):
            return None
        kind = (content_type or "").split(";")[0]
        if response is not None and kind in response.get("content", {}):
            if schema_of(response, kind) is None:
                return None
            return self.fault((*place, "content", kind, "schema"), body)
        known = PROBLEMS[operation.path[:3]]
        if status < 400 or kind not in known or (response is not None and "default" not in responses
                                                 and described(response)):
            return Fault("content", f"{status} with {content_type!r} is not described")
        return self.fault(("components", "schemas", known[kind]), body)

    def resolved(
        self, place: tuple[str, ...], response: dict[str, Any] | None
    ) -> tuple[tuple[str, ...], dict[str, Any] | None]:
        """A response, where another place says what it is like."""
        if response is None or "$ref" not in response:
            return place, response
        place = tuple(response["$ref"].removeprefix("#/").split("/"))
        target: Any = self.document
        for part in place:
            target = target[part]
        return place, target

    def fault(self, place: tuple[str, ...], body: str) -> Fault | None:
        """What is wrong with a body by the schema at a place."""
        try:
            value = json.loads(body)
        except json.JSONDecodeError as error:
            return Fault("json", f"not JSON: {error}")
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)
        validator = Draft202012Validator({"$ref": f"{URI}#/{pointer}"}, registry=self.registry)
        error = best_match(validator.iter_errors(value))
        if error is None:
            return None
        return Fault(str(error.validator), f"{error.json_path}: {error.message}")


def fits(described: list[str], parts: list[str]) -> bool:
    """Whether the parts of a path are those of a described one, parameters being anything."""
    return len(described) == len(parts) and all(
        wanted.startswith("{") or wanted == part for wanted, part in zip(described, parts))


def described(response: dict[str, Any]) -> bool:
    """Whether a response has a body with a schema."""
    return any("schema" in content for content in response.get("content", {}).values())


def schema_of(holder: dict[str, Any], kind: str) -> dict[str, Any] | None:
    """The schema of a body of a content type."""
    return holder.get("content", {}).get(kind, {}).get("schema")
