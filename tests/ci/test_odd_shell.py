"""The clone and the shell of `make odd-shell`; what it runs in them is run by .ci/run, and nightly in full."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def odd_shell(load_script):
    return load_script("odd_shell")


def test_shell_is_odd_in_every_way_and_exempts_nothing_from_its_proxy(odd_shell, tmp_path):
    inherited = {
        "PATH": "/bin",
        "SSL_CERT_FILE": "/etc/ca.pem",
        "LANG": "C.UTF-8",
        "no_proxy": "*",
        "NO_PROXY": "127.0.0.1",
        "HTTPS_PROXY": "http://proxy.example",
        "HOME": "/root-of-someone",
    }

    assert odd_shell.build_environment(inherited, home=tmp_path) == {
        "PATH": "/bin",
        "SSL_CERT_FILE": "/etc/ca.pem",
        "HOME": str(tmp_path),
        "LC_ALL": "de_DE.UTF-8",
        "TZ": "Asia/Kathmandu",
        "http_proxy": "http://127.0.0.1:9",
    }


def test_home_cannot_be_written_to_not_even_by_root(odd_shell, tmp_path):
    (home := tmp_path / "my home").mkdir(mode=0o500)
    prefix = odd_shell.build_prefix(home)
    if os.geteuid() == 0 and not prefix:
        pytest.skip("mounting is not allowed: run it as another user than root")

    ended = subprocess.run(
        [*prefix, "sh", "-c", 'touch "$HOME/x"'],
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        capture_output=True,
        check=False,
    )

    assert ended.returncode != 0
    assert list(home.iterdir()) == []


def test_first_command_that_fails_is_the_last(odd_shell, tmp_path):
    commands = [["false"], ["touch", "reached"]]

    code = odd_shell.run_commands(
        commands, clone=tmp_path, environment=dict(os.environ), home=tmp_path
    )

    assert (code, (tmp_path / "reached").exists()) == (1, False)


@pytest.mark.parametrize("name", ["ä #1", "My Projects"])
def test_package_is_found_in_a_folder_of_any_name_in_a_locale_that_is_not_installed(tmp_path, name):
    """As `make setup` leaves it: a path with a letter in it that ASCII lacks would keep Python 3.11 from starting."""
    (root := tmp_path / name).mkdir()
    (root / "src").symlink_to(ROOT / "src")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    (packages,) = (root / ".venv").glob("lib/python*/site-packages")
    installed = packages / "_editable_impl_credit_default.pth"
    installed.write_text(str(root / "src"), encoding="utf-8")
    (root / "Makefile").symlink_to(ROOT / "Makefile")
    (root / "ci").symlink_to(ROOT / "ci")

    made = subprocess.run(
        ["make", "--no-print-directory", "relative-path"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode == 0, made.stderr
    found = subprocess.run(
        [root / ".venv/bin/python", "-c", "import credit_default; print('found')"],
        env={"LC_ALL": "de_DE.UTF-8", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.stdout, found.returncode) == ("found\n", 0), found.stderr


def test_every_named_test_is_there(odd_shell):
    named = {name.partition("::")[0] for name in odd_shell.SHORT_TESTS}

    assert [name for name in named if not (ROOT / name).exists()] == []
