"""The process of a command's own Prefect server (`server` starts it): it ends when the command is gone, however it went.

A command that is killed outright can end nothing. It holds the other end of this process's standard input, though,
and the system closes that for it.
"""

import os
import signal
import sys
import threading

import uvicorn


def run_ephemeral_server(port: int) -> None:
    """Nothing; returns once the server on that loopback port has ended: by a signal, or because its starter is gone."""
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
    run_ephemeral_server(int(sys.argv[1]))
