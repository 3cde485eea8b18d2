"""Cruddur's backend in Flask: its routes, and the process that serves them.

It is an ordinary small application, instrumented the ordinary way, and is what the tests send
telemetry from. Run it with `python app.py --listen 127.0.0.1:0`.
"""

import argparse
import logging
import signal
import sys
from threading import Thread
from typing import Any

from flask import Flask, request
from werkzeug.serving import WSGIRequestHandler, make_server

import activities
import messages
import request_log
import telemetry

USER_HANDLE = "noor"


def create_app(users_url: str = "") -> Flask:
    """The application; `users_url` is where it asks for users (itself, when served)."""
    app = Flask("cruddur")
    app.config["USERS_URL"] = users_url
    return app


def add_routes(app: Flask) -> None:
    """All routes. A result with problems is answered with 422 and their names."""

    @app.get("/api/activities/home")
    def home() -> Any:
        return activities.home()

    @app.get("/api/activities/notifications")
    def notifications() -> Any:
        return activities.notifications()

    @app.get("/api/activities/search")
    def search() -> Any:
        return checked(activities.search(request.args.get("term", "")))

    @app.get("/api/activities/failing")
    def failing() -> Any:
        return activities.fail()

    @app.get("/api/activities/@<handle>")
    def user_activities(handle: str) -> Any:
        return checked(activities.of_user(handle))

    @app.get("/api/activities/<activity_uuid>")
    def show_activity(activity_uuid: str) -> Any:
        return activities.show(activity_uuid)

    @app.post("/api/activities")
    def create_activity() -> Any:
        return checked(activities.create(USER_HANDLE, text_of("message"), text_of("ttl")))

    @app.post("/api/activities/<activity_uuid>/reply")
    def create_reply(activity_uuid: str) -> Any:
        return checked(activities.create_reply(activity_uuid, USER_HANDLE, text_of("message")))

    @app.get("/api/message_groups")
    def message_groups() -> Any:
        return messages.groups()

    @app.get("/api/messages/@<handle>")
    def user_messages(handle: str) -> Any:
        return messages.with_user(handle)

    @app.post("/api/messages")
    def create_message() -> Any:
        return checked(messages.create(USER_HANDLE, text_of("user_receiver_handle"),
                                       text_of("message"), app.config["USERS_URL"]))

    @app.get("/api/users/@<handle>/short")
    def short_profile(handle: str) -> Any:
        return messages.short_profile(handle)

    @app.get("/rollbar/test")
    def rollbar_test() -> Any:
        app.logger.warning("Hello World!")
        return "Hello World!"

    @app.get("/api/health-check")
    def health_check() -> Any:
        return {"success": True, "ver": 1}


def checked(result: activities.Checked) -> Any:
    """The data, or 422 with the names of the problems."""
    data, problems = result
    return (problems, 422) if problems else data


def text_of(name: str) -> str:
    """A text member of the request's JSON; empty where there is none."""
    body = request.get_json(silent=True)
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


class QuietHandler(WSGIRequestHandler):
    """Leaves the line per request to the application."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


def serve(app: Flask, host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT, then waits for the requests under way."""
    server = make_server(host, port, app, threaded=True, request_handler=QuietHandler)
    server.daemon_threads = False
    address = f"http://{host}:{server.server_port}"
    app.config["USERS_URL"] = address

    def stop(_signal: int, _frame: Any) -> None:
        # shutdown() waits for the loop that this handler interrupts, so it needs its own thread.
        Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"listening on {address}", flush=True)
    server.serve_forever()


def main() -> int:
    """Starts telemetry, serves, and sends what telemetry is left."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", default="127.0.0.1:4567", metavar="HOST:PORT")
    host, _, port = parser.parse_args().listen.rpartition(":")
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    sending = telemetry.start()
    app = create_app()
    telemetry.instrument(app, sending)
    request_log.install(app)
    add_routes(app)
    serve(app, host, int(port))
    sending.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
