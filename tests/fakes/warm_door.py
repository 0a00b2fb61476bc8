"""A program named `credit-default` that hands what it is told to the process of warm commands, for what a shell runs.

A shell that runs a page's commands pays for each one's imports; behind this door nobody does. What the command prints
comes on standard output first, then on standard error.
"""

import json
import shlex
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.warm_commands import WarmCommands

PROGRAM = """
import json, os, socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as door:
    asked = {"words": sys.argv[2:], "folder": os.getcwd(), "variables": dict(os.environ)}
    door.sendall(json.dumps(asked).encode() + b"\\n")
    answer = json.loads(door.makefile(encoding="utf-8").readline())
sys.stdout.write(answer["stdout"])
sys.stdout.flush()
sys.stderr.write(answer["stderr"])
sys.exit(answer["code"])
"""


class _Door(socketserver.TCPServer):
    """Where the program knocks."""

    def __init__(self, commands: WarmCommands) -> None:
        super().__init__(("127.0.0.1", 0), _Knock)
        self.commands = commands


class _Knock(socketserver.StreamRequestHandler):
    server: _Door

    def handle(self) -> None:
        asked = json.loads(self.rfile.readline())
        # the modules are those that the warm process has
        variables = {
            name: value for name, value in asked["variables"].items() if name != "PYTHONPATH"
        }
        ended = self.server.commands.run(
            asked["words"], folder=Path(asked["folder"]), variables=variables
        )
        answer = {"code": ended.returncode, "stdout": ended.stdout, "stderr": ended.stderr}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


@contextmanager
def open_warm_door(commands: WarmCommands, folder: Path) -> Iterator[None]:
    """Put the program into this folder, which the caller puts on the path."""
    with _Door(commands) as door:
        (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
        words = [sys.executable, "-SE", str(folder / "program.py"), str(door.server_address[1])]
        (folder / "credit-default").write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        (folder / "credit-default").chmod(0o755)
        threading.Thread(target=door.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield
        finally:
            door.shutdown()
