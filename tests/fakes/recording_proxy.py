"""An HTTP proxy on loopback that passes nothing on: it answers each request itself and keeps its first line."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class RecordingProxy:
    """The request lines that have come so far, and the status of every answer."""

    def __init__(self, status: int) -> None:
        self.lines: list[str] = []
        self.status = status
        self.address = ""


@contextmanager
def open_recording_proxy(status: int = 503) -> Iterator[RecordingProxy]:
    """A proxy that listens until the block ends."""
    proxy = RecordingProxy(status)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            proxy.lines.append(f"{self.command} {self.path}")
            self.send_response(proxy.status)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        def __getattr__(self, name: str) -> object:
            if name.startswith("do_"):  # whatever the method
                return self.answer
            raise AttributeError(name)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    proxy.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
