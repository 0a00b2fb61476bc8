import json

import typer
from typer.testing import CliRunner

from credit_default.cli.main import app
from credit_default.cli.terminal.shared_options import (
    SharedOptions,
    SharedOptionsGroup,
    takes_shared_options,
)

ALL = ["--lake", "L", "--config", "F", "--json", "--quiet", "--log-level", "debug"]
WITHOUT_A_LAKE = {"simulate", "drill", "make-key", "declare"}
WITHOUT_A_RESULT = {
    "serve",
    "listen",
    "room",
}  # they run until they are ended, and print no summary
OF_A_RESULT = {
    "--json",
    "--quiet",
    "--traceback",
}  # their log holds the traceback of an unexpected error
COMMON = {"--config", "--json", "--quiet", "--log-level", "--log-format", "--traceback"}


def list_commands(group, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from list_commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(list_commands(typer.main.get_command(app)))


def build_app(heard):
    """A command line of one command and one group, which write down what they were given."""
    small = typer.Typer(cls=SharedOptionsGroup)
    inner = typer.Typer(cls=SharedOptionsGroup)

    @inner.callback()
    @small.callback()
    @takes_shared_options("lake")
    def main(*, shared: SharedOptions) -> None:
        del shared

    @inner.command()
    @small.command()
    @takes_shared_options("lake", "seed")
    def act(word: str, times: int = 1, *, shared: SharedOptions) -> None:
        heard.append((word, times, shared))

    @small.command()
    @takes_shared_options()
    def lakeless(*, shared: SharedOptions) -> None:
        heard.append(shared)

    small.add_typer(inner, name="inner")
    return small


def give(*arguments):
    heard = []
    result = CliRunner().invoke(build_app(heard), list(arguments))
    return result, heard


def test_options_before_the_command_mean_what_they_mean_after_it():
    _, before = give(*ALL, "act", "go", "--times", "2")
    _, after = give("act", "go", "--times", "2", *ALL)

    shared = SharedOptions(
        lake="L", config=("F",), as_json=True, quiet=True, log_level="debug", log_format=None
    )
    assert before == after == [("go", 2, shared)]


def test_option_after_the_command_wins_and_configuration_files_add_up_in_order():
    _, ((_, _, shared),) = give(
        "--lake", "A", "--config", "1", "--config", "2", "act", "go", "--lake=B", "--config", "3"
    )

    assert (shared.lake, shared.config) == ("B", ("1", "2", "3"))


def test_options_reach_a_command_of_an_inner_group_from_every_place():
    _, ((_, _, shared),) = give(
        "--lake", "A", "-q", "inner", "--config", "1", "act", "go", "--log-format", "json"
    )

    assert shared == SharedOptions(lake="A", quiet=True, config=("1",), log_format="json")


def test_value_that_looks_like_an_option_is_still_a_value():
    _, ((_, _, shared),) = give("--lake=--odd name", "act", "go")

    assert shared.lake == "--odd name"


def test_option_that_the_command_does_not_take_is_bad_usage_before_it_too():
    before, heard = give("--lake", "L", "lakeless")
    after, _ = give("lakeless", "--lake", "L")

    assert (before.exit_code, after.exit_code, heard) == (2, 2, [])
    assert "No such option" in before.output


def test_unknown_log_level_is_bad_usage():
    assert give("--log-level", "loud", "act", "go")[0].exit_code == 2


def test_every_command_lists_the_shared_options_in_its_help():
    for path, command in COMMANDS.items():
        options = {name for one in command.params for name in one.opts if name.startswith("--")}
        expected = COMMON - (OF_A_RESULT if path[0] in WITHOUT_A_RESULT else set())
        expected |= set() if path[0] in WITHOUT_A_LAKE else {"--lake"}

        help_text = CliRunner().invoke(app, [*path, "--help"]).output

        assert expected <= options, path
        assert all(option in help_text for option in expected), path


def test_every_command_parses_the_shared_options_before_it_as_after_it():
    for path, command in COMMANDS.items():
        taken = {name for one in command.params for name in one.opts}
        given = [
            f"{flag}={value}" if value else flag
            for flag, value in [("--lake", "L"), ("--config", "F"), ("--json", ""), ("--quiet", "")]
            if flag in taken
        ]

        before = CliRunner().invoke(app, [*given, *path, "--help"])
        after = CliRunner().invoke(app, [*path, *given, "--help"])

        assert (before.exit_code, after.exit_code) == (0, 0), path
        assert before.output == after.output, path


def test_overrides_hold_what_was_given_by_the_names_of_settings():
    shared = SharedOptions(lake="L", seed=0, log_level="info", config=("F",))

    assert shared.build_overrides(data=None, portfolio="p.toml") == {
        "lake": "L",
        "portfolio": "p.toml",
        "seed": 0,
        "logging": {"level": "info"},
    }
    assert shared.build_flow_parameters()["config"] == ["F"]
    assert SharedOptions().build_overrides() == {}


def test_settings_command_takes_them_before_it_for_real(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDIT_DEFAULT_DRAW_REPORT")
    config = tmp_path / "c.toml"
    config.write_text("seed = 11\n")

    arguments = ["--lake", "here", "--config", str(config), "--log-level", "debug", "--json"]
    answer = CliRunner().invoke(app, [*arguments, "settings"])

    assert answer.exit_code == 0
    assert set(json.loads(answer.output)["notes"]) == {
        f"seed = 11 (file {config})",
        "lake = here (flag)",
        "logging.level = debug (flag)",
        "promotion.highest_roc_auc = 0.85 (portfolio credit-card)",
    }
