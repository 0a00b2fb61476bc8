import subprocess
from pathlib import Path

from credit_default.flows.runs.context import read_commit


def test_commit_is_that_of_this_code_also_within_a_hook_of_another_repository(
    tmp_path, monkeypatch
):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    before = read_commit()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))

    within = read_commit()

    assert within == before
    assert within != "unknown" or not (Path(__file__).parents[3] / ".git").exists()
