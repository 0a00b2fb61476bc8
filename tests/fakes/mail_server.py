"""A mail server on this machine that keeps the mails it gets."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailServer:
    """The mails so far, and the address that Apprise sends them to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.address = ""


class _Dialogue(socketserver.StreamRequestHandler):
    """One client: as much of RFC 5321 as a client needs that neither encrypts nor signs in."""

    def handle(self) -> None:
        self._answer("220 here")
        while line := self.rfile.readline():
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                self._answer("354 go on")
                self._take_mail()
            elif verb == b"QUIT":
                self._answer("221 bye")
                return
            else:
                self._answer("250 fine")

    def _take_mail(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        self.server.keeper.mails.append(mail)  # type: ignore[attr-defined]
        self._answer("250 kept")

    def _answer(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def open_mail_server() -> Iterator[MailServer]:
    """A mail server that listens until the block ends."""
    keeper = MailServer()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Dialogue) as server:
        server.daemon_threads = True
        server.keeper = keeper  # type: ignore[attr-defined]
        poll = {"poll_interval": 0.02}
        thread = threading.Thread(target=server.serve_forever, kwargs=poll, daemon=True)
        thread.start()
        port = server.server_address[1]
        ends = "from=risk@lender.example&to=officer@lender.example"
        keeper.address = f"mailto://127.0.0.1:{port}/?{ends}&mode=insecure"
        try:
            yield keeper
        finally:
            server.shutdown()
            thread.join()
