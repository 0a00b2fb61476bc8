"""Lakes in a bucket: moto's server behind the proxy of tests/fakes/fault_proxy.py, which loses replies by rule."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.histories.workload import Strike

from credit_default.adapters.lake.layout import open_lake

NAME = "lakes"
PROXY = Path(__file__).parents[1] / "fakes" / "fault_proxy.py"
# what a lake in a bucket keeps on the machine
AT_HOME = ("mlflow.db", "mlartifacts", "champion/bundles", "evidently", "prefect")
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test-key",
    "AWS_SECRET_ACCESS_KEY": "test-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


class Bucket:
    """The servers, as a history uses them: `direct` reaches S3 itself, the environment's address its proxy."""

    def __init__(self, direct: str, proxy: str) -> None:
        self.direct, self.proxy = direct, proxy

    def copy_lake(self, lake: Path, name: str, *, home: Path) -> str:
        """Put a copy of the lake into the bucket, and what stays on a machine into `home`; return its uri."""
        import shutil

        import boto3

        client = boto3.client("s3", endpoint_url=self.direct)
        with suppress(client.exceptions.BucketAlreadyOwnedByYou):
            client.create_bucket(Bucket=NAME)
        uri = f"s3://{NAME}/{name}-{os.getpid()}-{time.monotonic_ns()}"
        own = open_lake(uri, home=home).home
        for path in sorted(lake.rglob("*")):
            key = path.relative_to(lake).as_posix()
            if not path.is_file() or path.name.endswith(".lock"):
                continue
            if key.startswith(AT_HOME):
                (own / key).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, own / key)
            else:
                prefix = uri.removeprefix(f"s3://{NAME}/")
                client.put_object(Bucket=NAME, Key=f"{prefix}/{key}", Body=path.read_bytes())
        client.close()
        return uri

    def strike(self, strikes: Sequence[Strike]) -> None:
        for one in strikes:
            rule = {
                "method": one.method,
                "path": one.path,
                "fault": one.fault,
                "skip": one.skip,
            }
            self._control("POST", rule)

    def calm(self) -> list[list[str]]:
        """End the faults; which requests were struck, and by what."""
        rules = json.loads(self._control("GET", None))
        self._control("DELETE", None)
        return [[rule["method"], rule["path"], rule["fault"]] for rule in rules if rule["struck"]]

    def _control(self, method: str, rule: dict[str, Any] | None) -> str:
        body = json.dumps(rule).encode() if rule else None
        request = urllib.request.Request(f"{self.proxy}/-/rules", data=body, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(answer.read().decode())


@contextmanager
def open_bucket() -> Iterator[Bucket]:
    """Start both servers, and end them; S3 clients of this process and its children find the proxy."""
    ports = [find_port(), find_port()]
    direct, proxy = (f"http://127.0.0.1:{port}" for port in ports)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL=proxy)
    start = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{ports[0]}'])"
    lines = [["-c", start], [str(PROXY), str(ports[1]), direct]]
    quiet = subprocess.DEVNULL
    servers = [
        subprocess.Popen([sys.executable, *line], stdin=quiet, stdout=quiet, stderr=quiet)
        for line in lines
    ]
    try:
        for address in (f"{direct}/moto-api/", f"{proxy}/-/rules"):
            wait_for(address)
        yield Bucket(direct, proxy)
    finally:
        for server in servers:
            server.kill()
            server.wait()


def wait_for(address: str) -> None:
    for _ in range(3_000):
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(f"{address} did not answer within five minutes")


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
