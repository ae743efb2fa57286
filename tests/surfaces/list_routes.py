"""Print the routes of the assistant with the settings of the environment, without serving."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sanic import Sanic

from rasa_project.server import serve
from rasa_project.settings import read_settings


def show(app: Sanic, *_arguments: Any, **_options: Any) -> None:
    routes = [
        [method, f"/{route.path.lstrip('/')}"]
        for route in app.router.routes
        for method in sorted(route.methods)
    ]
    print("ROUTES " + json.dumps(sorted(routes)))


if __name__ == "__main__":
    Sanic.run = show  # type: ignore[method-assign]
    serve(read_settings(), Path("none"))
    sys.exit(0)
