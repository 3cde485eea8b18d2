"""Direct messages on mock data; who receives one is asked over HTTP, as from a service of its own.

That call is what shows a trace that leaves the process and comes back.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid4, uuid5

import requests
from opentelemetry import trace

from activities import Checked, message_problems

MESSAGE_LENGTH_MAX = 1024

USERS_TIMEOUT_S = 5

tracer = trace.get_tracer("cruddur.messages")


def groups() -> list[dict[str, Any]]:
    """The conversations of the user."""
    with tracer.start_as_current_span("message-groups-mock-data") as span:
        found = [group("mira", "Mira Stone"), group("tomas", "Tomas Hill")]
        span.set_attribute("app.result_length", len(found))
        return found


def with_user(handle: str) -> list[dict[str, Any]]:
    """The messages of one conversation."""
    with tracer.start_as_current_span("messages-mock-data") as span:
        span.set_attribute("app.handle", handle)
        found = [message(handle, "Shall we meet at the bridge?"), message("mira", "At noon.")]
        span.set_attribute("app.result_length", len(found))
        return found


def create(sender: str, receiver: str, text: str, users_url: str) -> Checked:
    """A new message, if its text and receiver are acceptable."""
    with tracer.start_as_current_span("create-message") as span:
        span.set_attribute("app.message_length", len(text))
        problems = message_problems(text, MESSAGE_LENGTH_MAX)
        if not receiver.strip():
            problems.append("user_reciever_handle_blank")
        if problems:
            return None, problems
        profile_url = f"{users_url}/api/users/@{quote(receiver, safe='')}/short"
        answer = requests.get(profile_url, timeout=USERS_TIMEOUT_S)
        answer.raise_for_status()
        return message(sender, text) | {"receiver": answer.json()}, []


def short_profile(handle: str) -> dict[str, Any]:
    """The few fields by which a user is shown to others."""
    with tracer.start_as_current_span("short-profile") as span:
        span.set_attribute("app.handle", handle)
        return {"uuid": str(uuid5(NAMESPACE_URL, handle)), "handle": handle,
                "display_name": handle.capitalize()}


def group(handle: str, display_name: str) -> dict[str, Any]:
    """A conversation with one user."""
    return {"uuid": str(uuid5(NAMESPACE_URL, handle)), "display_name": display_name,
            "handle": handle, "created_at": datetime.now(UTC).isoformat()}


def message(handle: str, text: str) -> dict[str, Any]:
    """A message of this moment."""
    return {"uuid": str(uuid4()), "handle": handle, "display_name": handle.capitalize(),
            "message": text, "created_at": datetime.now(UTC).isoformat()}
