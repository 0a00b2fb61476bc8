"""A webhook on this machine that takes messages, refuses them, or never answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Webhook:
    """What has come so far, and how it is answered: a status, or None for not at all."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self.status: int | None = 200
        self.released = threading.Event()
        self.address = ""


@contextmanager
def open_webhook() -> Iterator[Webhook]:
    """A webhook that listens until the block ends."""
    webhook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if webhook.status is None:
                webhook.released.wait(30)
                return
            webhook.messages.append(json.loads(content))
            self.send_response(webhook.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    webhook.address = f"json://somebody:secret-word@127.0.0.1:{server.server_port}/hook"
    try:
        yield webhook
    finally:
        webhook.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
