"""End to end with the Rust SDK: Cruddur sends, the server must show all of it.

It is given the binary that cargo built. What it does is in end_to_end.py, which every such script
shares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cruddur_checks import CruddurChecks
from cruddur_routes import ROUTES
from end_to_end import Example, main, make_parser, parse

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "cruddur"


def run() -> int:
    """Reads the command line and runs what it asks for."""
    parser = make_parser(__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the built example")
    arguments = parse(parser)
    command = (str(Path(arguments.binary).resolve()),)
    example = Example("cruddur_e2e", command, FOLDER, ROUTES, CruddurChecks)
    return main(example, arguments)


if __name__ == "__main__":
    sys.exit(run())
