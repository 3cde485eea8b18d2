"""Activities (posts that expire) on mock data, each under a span of its own.

Functions that check their input return the words that say what is wrong beside the data.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from opentelemetry import trace

MESSAGE_LENGTH_MAX = 280

LIFETIMES = {
    "30-days": timedelta(days=30), "7-days": timedelta(days=7), "3-days": timedelta(days=3),
    "1-day": timedelta(days=1), "12-hours": timedelta(hours=12), "3-hours": timedelta(hours=3),
    "1-hour": timedelta(hours=1),
}

Checked = tuple[Any, list[str]]

tracer = trace.get_tracer("cruddur.activities")


class StoreUnreachable(Exception):
    """The failure that one route shows on purpose."""


def home() -> list[dict[str, Any]]:
    """The feed that everybody sees."""
    with tracer.start_as_current_span("home-activities-mock-data") as span:
        now = datetime.now(UTC)
        feed = [
            activity("mira", "The clouds stood still today.", now, days_old=2) | {
                "likes_count": 5, "replies_count": 1,
                "replies": [reply("tomas", "Ours ran.", now)]},
            activity("tomas", "I have mended the fence.", now, days_old=7) | {"likes": []},
            activity("noor", "Who has seen my umbrella?", now, days_old=1) | {"likes": []},
        ]
        span.set_attribute("app.now", now.isoformat())
        span.set_attribute("app.result_length", len(feed))
        return feed


def of_user(handle: str) -> Checked:
    """The activities of one user."""
    with tracer.start_as_current_span("user-activities") as span:
        span.set_attribute("app.handle", handle)
        if not handle.strip():
            return [], ["blank_user_handle"]
        with tracer.start_as_current_span("mock-data") as mock_span:
            now = datetime.now(UTC)
            found = [activity(handle, "Rain again, and I like it.", now, days_old=1)]
            mock_span.set_attribute("app.now", now.isoformat())
            mock_span.set_attribute("app.result_length", len(found))
            return found, []


def notifications() -> list[dict[str, Any]]:
    """What others did that concerns the user."""
    with tracer.start_as_current_span("notifications-mock-data") as span:
        now = datetime.now(UTC)
        found = [activity("coco", "You have been mentioned.", now, days_old=0) | {
            "replies_count": 1, "replies": [reply("mira", "By whom?", now)]}]
        span.set_attribute("app.now", now.isoformat())
        span.set_attribute("app.result_length", len(found))
        return found


def search(term: str) -> Checked:
    """Activities that contain a term."""
    with tracer.start_as_current_span("search-activities") as span:
        span.set_attribute("app.search_term", term)
        if not term.strip():
            return [], ["search_term_blank"]
        found = [activity("noor", f"I was thinking of {term}.", datetime.now(UTC), days_old=1)]
        span.set_attribute("app.result_length", len(found))
        return found, []


def show(activity_uuid: str) -> dict[str, Any]:
    """One activity by its id."""
    with tracer.start_as_current_span("show-activity") as span:
        span.set_attribute("app.activity_uuid", activity_uuid)
        shown = activity("mira", "The clouds stood still today.", datetime.now(UTC), days_old=2)
        return shown | {"uuid": activity_uuid}


def create(handle: str, message: str, ttl: str) -> Checked:
    """A new activity, if its message and lifetime are acceptable."""
    with tracer.start_as_current_span("create-activity") as span:
        span.set_attribute("app.message_length", len(message))
        span.set_attribute("app.ttl", ttl)
        problems = message_problems(message, MESSAGE_LENGTH_MAX)
        if ttl not in LIFETIMES:
            problems.insert(0, "ttl_blank")
        if problems:
            return None, problems
        now = datetime.now(UTC)
        expires = now + LIFETIMES[ttl]
        return activity(handle, message, now, days_old=0) | {"expires_at": expires.isoformat()}, []


def create_reply(activity_uuid: str, handle: str, message: str) -> Checked:
    """A new reply to an activity."""
    with tracer.start_as_current_span("create-reply") as span:
        span.set_attribute("app.activity_uuid", activity_uuid)
        span.set_attribute("app.message_length", len(message))
        problems = message_problems(message, MESSAGE_LENGTH_MAX)
        if problems:
            return None, problems
        return reply(handle, message, datetime.now(UTC)) | {
            "reply_to_activity_uuid": activity_uuid}, []


def fail() -> list[dict[str, Any]]:
    """Fails on purpose, to show what a failure looks like from outside."""
    with tracer.start_as_current_span("failing-mock-data"):
        raise StoreUnreachable("the activity store cannot be reached")


def message_problems(message: str, length_max: int) -> list[str]:
    """What is wrong with the text of a message."""
    if not message.strip():
        return ["message_blank"]
    return ["message_exceed_max_chars"] if len(message) > length_max else []


def activity(handle: str, message: str, now: datetime, days_old: int) -> dict[str, Any]:
    """An activity that nobody has reacted to yet."""
    return {
        "uuid": str(uuid4()), "handle": handle, "message": message,
        "created_at": (now - timedelta(days=days_old)).isoformat(),
        "expires_at": (now + timedelta(days=5)).isoformat(),
        "likes_count": 0, "replies_count": 0, "reposts_count": 0, "replies": [],
    }


def reply(handle: str, message: str, now: datetime) -> dict[str, Any]:
    """A reply of this moment."""
    return {"uuid": str(uuid4()), "handle": handle, "message": message,
            "created_at": now.isoformat(), "likes_count": 0, "replies_count": 0,
            "reposts_count": 0}
