"""Every route that a server has, from its own table: run as a process with the server's environment, it prints them as JSON.

FastAPI's and Flask's tables are walked both, with what is mounted below. A file's folder and a websocket count as routes.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

Route = tuple[str, str]  # method (or WEBSOCKET), and a path whose parameters are filled


def walk_asgi(routes: Iterable[Any], prefix: str = "") -> Iterator[Route]:
    for listed in routes:
        route = (
            getattr(listed, "starlette_route", None) or listed
        )  # of a router of FastAPI's that is included as a whole
        path = prefix + (getattr(route, "path", None) or "")
        below = getattr(getattr(route, "app", None), "routes", None)
        if hasattr(route, "effective_route_contexts"):
            yield from walk_asgi(route.effective_route_contexts(), prefix)
        elif getattr(route, "methods", None):
            yield from ((method, fill_parameters(path)) for method in route.methods)
        elif "WebSocket" in type(route).__name__:
            yield ("WEBSOCKET", fill_parameters(path))
        else:  # something mounted: what it lists, and what it may answer besides, such as files of a folder
            yield from walk_asgi(below or (), path)
            yield ("GET", fill_parameters(f"{path}/{{anything}}"))


def walk_flask(rules: Iterable[Any]) -> Iterator[Route]:
    for rule in rules:
        yield from ((method, fill_parameters(rule.rule)) for method in rule.methods)


def fill_parameters(path: str) -> str:
    return re.sub(r"\{[^}]*\}|<[^>]*>", "x", path)


def list_mlflow() -> Iterator[Route]:
    os.environ["_MLFLOW_SGI_NAME"] = "uvicorn"  # as `mlflow server` has it
    from mlflow.server import app as flask_app
    from mlflow.server.auth import create_app

    yield from walk_asgi(create_app().routes)
    yield from walk_flask(flask_app.url_map.iter_rules())


def list_prefect() -> Iterator[Route]:
    from prefect.server.api.server import create_app

    yield from walk_asgi(create_app().routes)
    yield ("GET", "/")
    yield ("GET", "/v2")


if __name__ == "__main__":
    found = {"mlflow": list_mlflow, "prefect": list_prefect}[sys.argv[1]]()
    sys.stdout.write(json.dumps(sorted({route for route in found if route[0] != "OPTIONS"})) + "\n")
