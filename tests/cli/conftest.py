import json
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner


@dataclass(frozen=True)
class CommandResult:
    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.stdout)


@pytest.fixture
def run(monkeypatch):
    """Run a command line in this process, on the session's Prefect server when the test has one."""
    from credit_default.cli.main import app

    def run_line(*arguments, server=None) -> CommandResult:
        if server is not None:
            monkeypatch.setenv("CREDIT_DEFAULT_PREFECT__API_URL", server)
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return CommandResult(result.exit_code, result.stdout, result.stderr)

    return run_line


@pytest.fixture(scope="session")
def config(trained, tmp_path_factory):
    """Return the settings of the trained lake as a file for --config."""
    path = tmp_path_factory.mktemp("config") / "small.toml"
    path.write_text(
        f'lake = "{trained["lake"]}"\ncache = "{trained["cache"]}"\njobs = 1\nreport = "drift"\n'
        "[recipe]\ntree_count = 10\nmaximum_depth = 6\n"
        "[quality]\n" + "".join(f"{name} = {value}\n" for name, value in trained["quality"].items())
    )
    return path
