"""Measure how soon `credit-default up` is of use: seconds until each server answers, and until somebody is signed in to the room.

    python benchmarks/start_up.py [--lake FOLDER] [--runs 3] [--budget 15]

The lake is copied for each run, so that a copy's first start counts too; without one a demo's lake is made of simulated clients.
Sign-in is what a person does: the password from LAKE/stack/servers.env, the form, and the first page whole. CPU is what each
program and its children had used by the time at which all were ready. Ends with 1 where the median sign-in is above the budget.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

COMMAND = (sys.executable, "-m", "credit_default.cli.main")
PORTS = ("--mlflow-port", "--prefect-port", "--evidently-port", "--room-port")
HEALTH = {  # by the variable that holds the server's address; each is asked without credentials
    "CONTROL_ROOM_URL": ("room", "/health"),
    "MLFLOW_TRACKING_URI": ("mlflow", "/health"),
    "PREFECT_API_URL": ("prefect", "/health"),
    "EVIDENTLY_URL": ("evidently", "/api/version"),
}
TICKS = os.sysconf("SC_CLK_TCK")


class Stop(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: the cookie of the session is in the first answer."""

    def redirect_request(self, *_given: object) -> None:
        """Return None, so that the answer itself is the result."""


def ask(url: str, *, form: dict[str, str] | None = None, cookie: str = "") -> tuple[int, str, str]:
    """Return status, body and cookie of an answer; status 0 where there is none."""
    request = urllib.request.Request(url, data=form and urlencode(form).encode())  # noqa: S310
    if cookie:
        request.add_header("Cookie", cookie)
    try:
        with urllib.request.build_opener(Stop).open(request, timeout=60) as answer:
            return answer.status, answer.read().decode(), ""
    except urllib.error.HTTPError as error:
        return error.code, "", (error.headers["Set-Cookie"] or "").partition(";")[0]
    except OSError:
        return 0, "", ""


def read_words(file: Path) -> dict[str, str]:
    """Return what `up` has written for people and commands; nothing before it has."""
    lines = file.read_text().splitlines() if file.exists() else []
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}


def sign_in(words: dict[str, str]) -> bool:
    """Sign in as a browser does, and read the first page; return whether it came."""
    address = words["CONTROL_ROOM_URL"]
    named = {"name": words["CONTROL_ROOM_USERNAME"], "password": words["CONTROL_ROOM_PASSWORD"]}
    status, _, cookie = ask(f"{address}/sign-in", form=named)
    if status != 303:  # noqa: PLR2004 - See Other
        return False
    status, page, _ = ask(f"{address}/", cookie=cookie)
    return status == 200 and "Sign out" in page  # noqa: PLR2004 - OK


def list_programs(process_id: int) -> dict[str, float]:
    """Return the CPU-seconds that each program of the stack has used, its children's included."""
    rows = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        used = sum(map(int, fields[11:15])) / TICKS
        rows.append((int(entry.name), int(fields[1]), int(fields[3]), used, words))
    sessions = {
        number: name_program(words) for number, parent, _, _, words in rows if parent == process_id
    }
    spent: dict[str, float] = {}
    for number, _, session, used, _ in rows:
        name = "up" if number == process_id else sessions.get(session, "")
        if name:
            spent[name] = spent.get(name, 0.0) + used
    return spent


def name_program(words: list[str]) -> str:
    """Return what a program of the stack is called."""
    line = " ".join(words[1:])
    known = ("orphan_reaper", "mlflow", "evidently", "basic_auth_server", "serve", "room", "listen")
    return next((name for name in known if name in line), line[:20])


def start(lake: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Start the stack on the lake and end it; return the seconds until each thing was there, and the CPU of each program."""
    ports = [word for port in PORTS for word in (port, "0")]
    (lake / "stack").mkdir(exist_ok=True)
    words_file = lake / "stack" / "servers.env"
    words_file.unlink(missing_ok=True)
    (lake / "stack" / "room-users.json").unlink(missing_ok=True)
    began, seen = time.monotonic(), {}
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "up", "--json", "--lake", str(lake), *ports], stdout=subprocess.PIPE, text=True
    )
    try:
        os.set_blocking(process.stdout.fileno(), False)
        while "ready" not in seen and process.poll() is None:
            words = read_words(words_file)
            for variable, (name, path) in HEALTH.items():
                if name not in seen and words and ask(words[variable] + path)[0] == 200:  # noqa: PLR2004
                    seen[name] = time.monotonic() - began
            if "room" in seen and "signed in" not in seen and sign_in(words):
                seen["signed in"] = time.monotonic() - began
            if line := process.stdout.readline():
                json.loads(line)
                seen["ready"] = time.monotonic() - began
            time.sleep(0.02)
        return seen, list_programs(process.pid)
    finally:
        process.terminate()
        process.wait()


def make_lake(folder: Path) -> Path:
    """Return the lake of a short demo, made here."""
    lake = folder / "demo"
    demo = ("demo", "--data", "simulated", "--lake", str(lake), "-q")
    subprocess.run([*COMMAND, *demo], check=True, capture_output=True)  # noqa: S603 - our own
    return lake


def main() -> int:
    """Start the stack as often as asked, and print a line for each thing that was waited for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--lake", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--budget", type=float, default=15.0)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="start-up-"))
    try:
        source = asked.lake or make_lake(folder)
        runs = []
        for number in range(asked.runs):
            lake = folder / f"lake-{number}"
            shutil.copytree(source, lake)
            runs.append(start(lake))
            shutil.rmtree(lake, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name in runs[0][0]:
        print(f"{name:18} after {median(run[0].get(name, 999.0) for run in runs):6.2f} s")
    for name in sorted(runs[0][1]):
        print(f"{name:18} CPU   {median(run[1].get(name, 0.0) for run in runs):6.2f} s")
    print(f"all programs       CPU   {median(sum(run[1].values()) for run in runs):6.2f} s")
    slow = median(run[0].get("signed in", 999.0) for run in runs) > asked.budget
    print(f"signed in {'above' if slow else 'within'} {asked.budget:g} s")
    return int(slow)


if __name__ == "__main__":
    raise SystemExit(main())
