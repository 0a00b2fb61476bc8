"""settings and doctor: what is in force, and is everything reachable."""

from typing import TYPE_CHECKING

from credit_default.cli.terminal.options import Config, Json, Lake, Quiet, collect_flags
from credit_default.cli.terminal.output import Output, run_command

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


def settings(
    lake: Lake = None, config: Config = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Every setting in force and where it came from."""

    def act(output: Output) -> "Summary":
        from credit_default.settings import load_settings
        from credit_default.views.terminal.settings import (
            SettingLine,
            render_settings,
            summarise_settings,
        )

        origins = load_settings(collect_flags(lake=lake), config_files=config or ()).origins
        lines = [SettingLine(origin.name, origin.value, origin.origin) for origin in origins]
        if not output.as_json:
            from rich.console import Console

            Console(highlight=False).print(render_settings(lines))
        return summarise_settings(lines)

    run_command("settings", act, as_json=json, quiet=quiet)


def doctor(
    lake: Lake = None, config: Config = None, json: Json = False, quiet: Quiet = False
) -> None:
    """What is reachable, at which version, and what to do about what is not."""

    def act(output: Output) -> "Summary":
        from credit_default.cli.terminal.session import read_settings
        from credit_default.services.operations.doctor import diagnose

        in_force = read_settings(collect_flags(lake=lake), config)
        with output.step("looking at the lake, MLflow and Prefect"):
            from credit_default.flows.runs.context import connect
            from credit_default.flows.server.session import prepare_libraries

            prepare_libraries(in_force)
            return diagnose(connect(collect_flags(lake=lake), config or []))

    run_command("doctor", act, as_json=json, quiet=quiet)
