import pytest
import typer

from credit_default.cli.terminal.output import run_command
from credit_default.cli.terminal.shared_options import SharedOptions


def interrupt(output):
    raise KeyboardInterrupt


@pytest.mark.parametrize("as_json", [False, True])
def test_interrupted_command_says_so_in_one_line_and_ends_with_130(capsys, as_json):
    with pytest.raises(typer.Exit) as ending:
        run_command("train", interrupt, SharedOptions(as_json=as_json, quiet=True))

    assert ending.value.exit_code == 130
    assert capsys.readouterr() == ("", "credit-default train: interrupted\n")
