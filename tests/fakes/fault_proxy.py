"""Faults of an S3 server on request: an HTTP proxy between a client and moto that breaks the requests that rules name.

A process of its own, since deltalake holds the interpreter while it waits: `python fault_proxy.py PORT UPSTREAM`. Rules are
managed at `/-/rules`: POST adds one, DELETE removes all, GET returns how often each has struck. The first rule that fits a
request and has strikes left is applied; `path` is a regular expression, searched in the unquoted path with its query.

before the server sees the request:   503 · 500 · 501 · 400 · 404 · 409 · 412 · 403 · expired · reset
after the server has done its work:   lost (the reply never comes) · slow:SECONDS (it comes late) · 200-error (a late failure,
                                      reported in the body of a 200) · truncated · flipped (the body of the reply)
"""

import http.client
import json
import re
import socket
import struct
import sys
import threading
import time
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

ERRORS = {
    "503": (503, "SlowDown"),
    "500": (500, "InternalError"),
    "400": (400, "SomethingNew"),
    "404": (404, "NoSuchUpload"),
    "409": (409, "ConditionalRequestConflict"),
    "412": (412, "PreconditionFailed"),
    "501": (501, "NotImplemented"),
    "403": (403, "AccessDenied"),
    "expired": (400, "ExpiredToken"),
    "200-error": (200, "InternalError"),
}
AFTERWARDS = ("lost", "slow", "200-error", "truncated", "flipped")
HOP_BY_HOP = {"connection", "transfer-encoding", "expect", "keep-alive"}


@dataclass
class Rule:
    method: str
    path: str
    fault: str
    times: int = 1  # how many requests it strikes
    skip: int = 0  # how many it lets pass before
    struck: int = 0

    def strikes(self, method: str, path: str) -> bool:
        if (
            self.struck >= self.times
            or self.method not in {method, "*"}
            or not re.search(self.path, path)
        ):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.struck += 1
        return True


class Proxy(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, upstream: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.upstream = upstream.removeprefix("http://")
        self.rules: list[Rule] = []
        self.lock = threading.Lock()

    def fault(self, method: str, path: str) -> str:
        with self.lock:
            return next((rule.fault for rule in self.rules if rule.strikes(method, path)), "")

    def shutdown_request(self, request) -> None:
        self.close_request(request)  # without an orderly shutdown: a reset must be one

    def handle_error(self, request, client_address) -> None:
        """Do nothing: clients are expected to give up while a slow reply is on its way."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes
    server: Proxy

    def log_message(self, *_) -> None:
        pass

    def do_any(self) -> None:
        body = self.read_body()
        if self.path == "/-/rules":
            self.control(body)
            return
        fault, _, seconds = self.server.fault(self.command, unquote(self.path)).partition(":")
        if fault in ERRORS and fault not in AFTERWARDS:
            self.reply_error(fault)
        elif fault == "reset":
            self.reset()
        else:
            self.forward(body, fault, float(seconds or 0))

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_any  # noqa: N815 - the server's names

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def control(self, body: bytes) -> None:
        with self.server.lock:
            if self.command == "POST":
                self.server.rules.append(Rule(**json.loads(body)))
            elif self.command == "DELETE":
                self.server.rules.clear()
            rules = json.dumps([asdict(rule) for rule in self.server.rules]).encode()
        self.reply(200, {"Content-Type": "application/json"}, rules)

    def forward(self, body: bytes, fault: str, seconds: float) -> None:
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP
        }
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=60)
        try:
            upstream.request(
                self.command, self.path, body or None, {**headers, "Content-Length": str(len(body))}
            )
            response = upstream.getresponse()
            content = response.read()
        finally:
            upstream.close()
        time.sleep(seconds)
        if fault == "lost":
            self.reset()
        elif fault == "200-error":
            self.reply_error(fault)
        else:
            self.reply(response.status, dict(response.getheaders()), content, fault=fault)

    def reply_error(self, fault: str) -> None:
        status, code = ERRORS[fault]
        content = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>planted</Message></Error>'
        self.reply(status, {"Content-Type": "application/xml"}, content.encode())

    def reply(
        self, status: int, headers: dict[str, str], content: bytes, *, fault: str = ""
    ) -> None:
        self.send_response_only(status)
        own = (
            HOP_BY_HOP
            if self.command == "HEAD" and status < 300
            else HOP_BY_HOP | {"content-length"}
        )
        for name, value in headers.items():
            if name.lower() not in own:
                self.send_header(name, value)
        if "content-length" in own:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if fault == "flipped" and content:
            middle = len(content) // 2
            content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if fault == "truncated" else content)
        self.close_connection = fault == "truncated"

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


if __name__ == "__main__":
    Proxy(int(sys.argv[1]), sys.argv[2]).serve_forever()
