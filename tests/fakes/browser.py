"""A headless Chromium that is told by its own protocol where to go, waits for words on the page, and takes its picture."""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "--window-size=1400,1000",
)


def find_browser() -> str | None:
    return (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )


class Page:
    """One page of the browser. A name and words are sent with every request, as after its own question for them."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    def say(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=60))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def authorise(self, header: str) -> None:
        self.say("Network.enable")
        self.say("Network.setExtraHTTPHeaders", headers={"Authorization": header} if header else {})

    def visit(self, url: str, *words: str, seconds: float = 600) -> None:
        """Nothing; the page is there, and the words are on it."""
        self.say("Page.navigate", url=url)
        self.wait_for(*words, seconds=seconds)

    def wait_for(self, *words: str, seconds: float = 600) -> None:
        deadline, text = time.monotonic() + seconds, ""
        while time.monotonic() < deadline:
            text = self.run("document.body ? document.body.innerText : ''")
            if all(word in text for word in words):
                return
            time.sleep(0.3)
        raise AssertionError(
            f"not on the page: {[word for word in words if word not in text]}\n{text[:2000]}"
        )

    def run(self, script: str) -> Any:
        return self.say("Runtime.evaluate", expression=script)["result"].get("value")

    def draw(self, path: Path) -> None:
        time.sleep(1.5)  # pictures on the page are drawn after its words
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.say("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def open_page() -> Iterator[Page]:
    """A page of a browser of its own, with nothing remembered; nothing of it is left afterwards."""
    from websockets.sync.client import connect

    profile = Path(tempfile.mkdtemp(prefix="credit-default-browser-"))
    command = [find_browser(), *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        port = _wait_for_port(profile / "DevToolsActivePort")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=120) as answer:
            address = next(
                one["webSocketDebuggerUrl"] for one in json.load(answer) if one["type"] == "page"
            )
        with connect(address, max_size=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        process.wait(timeout=120)
        shutil.rmtree(profile, ignore_errors=True)


def _wait_for_port(file: Path) -> str:
    for _ in range(3_000):
        if file.exists() and (lines := file.read_text().splitlines()):
            return lines[0]
        time.sleep(0.1)
    raise AssertionError("the browser did not start within five minutes")
