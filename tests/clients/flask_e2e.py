"""End to end with the Python SDK: the Flask example sends, the server must show all of it.

Run it with an interpreter that has examples/flask/requirements.txt installed. What it does is in
end_to_end.py, which every such script shares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from end_to_end import Example, main, make_parser, parse
from flask_checks import FlaskChecks
from flask_routes import ROUTES

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "flask"


if __name__ == "__main__":
    flask = Example("flask_e2e", (sys.executable, "app.py"), FOLDER, ROUTES, FlaskChecks)
    sys.exit(main(flask, parse(make_parser(__doc__.splitlines()[0]))))
