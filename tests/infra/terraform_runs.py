"""Terraform in a copy of infra/, with the provider from this machine where there is one: nothing is written beside the code.

The provider is looked for in TF_PLUGIN_DIR, then in the usual places of a filesystem mirror; where none is found `init` may
fetch it. Whatever is missing ends in a skip that says what.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_HOST = "registry." + "terraform.io"
_PLACES = (
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/opt/*",
)


@dataclass(frozen=True)
class Ended:
    """How a run of Terraform ended: its exit code and all that it printed."""

    code: int
    text: str


@dataclass(frozen=True)
class Terraform:
    """Terraform's command in one folder of the copy."""

    folder: Path
    plugins: Path | None  # a filesystem mirror
    cache: Path  # for what has to be fetched where there is none

    def run(self, *arguments, timeout_seconds=600, check=True):
        """The end of `terraform ARGUMENTS`; with `check` a failure is the test's."""
        command = ["terraform", *arguments]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=build_environment(self.cache if self.plugins is None else None),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            try:
                text, _ = process.communicate(timeout=timeout_seconds)
            except subprocess.TimeoutExpired:
                process.terminate()  # it lets go of its state and its provider
                text, _ = process.communicate(timeout=60)
                pytest.fail(
                    f"{' '.join(command)} took longer than {timeout_seconds} s:\n{text[-4000:]}"
                )
        if check and process.returncode:
            pytest.fail(f"{' '.join(command)} ended with {process.returncode}:\n{text[-6000:]}")
        return Ended(process.returncode, text)

    def init(self):
        """Itself, once the provider is there; skips where it can't be had."""
        places = [f"-plugin-dir={self.plugins}"] if self.plugins else []
        ended = self.run(
            "init",
            "-backend=false",
            "-input=false",
            "-no-color",
            *places,
            check=False,
            timeout_seconds=300,
        )
        if ended.code and self.plugins is None and "provider" in ended.text:
            pytest.skip(
                "no provider of AWS: name a filesystem mirror with TF_PLUGIN_DIR, or run it with a network"
            )
        assert ended.code == 0, ended.text
        return self

    def run_tests(self, *arguments):
        """What `terraform test` tells, message by message; a failure is the test's."""
        ended = self.run("test", "-json", *arguments, check=False)
        messages = [json.loads(line) for line in ended.text.splitlines() if line.startswith("{")]
        failures = [m["@message"] for m in messages if m["@level"] == "error"]
        assert (ended.code, failures) == (0, []), ended.text[-4000:]
        return messages

    def run_json(self, *arguments, **options):
        """Terraform's answer of one JSON object."""
        return json.loads(self.run(*arguments, **options).text)


def build_environment(cache):
    """This process's environment without its AWS and Terraform; with a cache, a provider is fetched once for all folders."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))
    }
    return kept | {
        "TF_CLI_CONFIG_FILE": os.devnull,
        "TF_IN_AUTOMATION": "true",
        "CHECKPOINT_DISABLE": "true",
        "NO_COLOR": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        **(
            {
                "TF_PLUGIN_CACHE_DIR": str(cache),
                "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true",
            }
            if cache
            else {}
        ),
    }


def find_plugins():
    """The root of a filesystem mirror that holds the provider, or None."""
    named = os.environ.get("TF_PLUGIN_DIR")
    places = [Path(named)] if named else []
    for place in _PLACES:
        path = Path(place).expanduser()
        places += sorted(path.parent.glob(path.name))
    return next((place for place in places if (place / _HOST / "hashicorp" / "aws").is_dir()), None)


def require_terraform():
    """Nothing; skips where there is no Terraform."""
    if shutil.which("terraform") is None:
        pytest.skip("no Terraform: install it, then `make infra-check`")
