"""The process of a command's own Prefect server, which `ephemeral_server` starts. It ends when the command is gone.

A command that is killed outright cannot stop its server. But it holds the other end of this process's standard input, and
the system closes that when the command dies.
"""

import os
import signal
import sys
import threading

import uvicorn

from credit_default.adapters.host.garbage_collection import collect_rarely


def run_ephemeral_server(port: int) -> None:
    """Serve on this loopback port until a signal ends it or the command that started it is gone."""
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="error",
        lifespan="on",
        timeout_graceful_shutdown=5,
    )


def _exit_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    collect_rarely()
    run_ephemeral_server(int(sys.argv[1]))
