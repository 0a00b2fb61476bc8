import io

from rich.console import Console

from credit_default.views.terminal.stack import StackLine, render_log_line, render_stack


def show(rendered):
    console = Console(width=200, file=io.StringIO())
    console.print(rendered)
    return console.file.getvalue()


def test_table_names_each_program_with_its_address_version_process_and_log():
    lines = [
        StackLine("mlflow", "http://127.0.0.1:5000", "3.17.2", 41, "/lake/stack/mlflow.log"),
        StackLine("serve", "", "0.1.0", 42, "/lake/stack/serve.log"),
    ]

    told = [line.split() for line in show(render_stack(lines)).splitlines()]

    assert told == [
        ["name", "address", "version", "pid", "log"],
        ["mlflow", "http://127.0.0.1:5000", "3.17.2", "41", "/lake/stack/mlflow.log"],
        ["serve", "–", "0.1.0", "42", "/lake/stack/serve.log"],
    ]


def test_log_line_is_behind_its_programs_name_and_moves_no_cursor():
    assert show(render_log_line("serve", "[bold]\x1b[2Jgone")) == "serve     │ [bold]\\x1b[2Jgone\n"
