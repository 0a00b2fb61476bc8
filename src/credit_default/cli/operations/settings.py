"""settings: list every setting in force and where it came from."""

from typing import TYPE_CHECKING

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake")
def settings(*, shared: SharedOptions) -> None:
    """List every setting in force and where it came from, and what else the shell changes."""

    def act(output: Output) -> "Summary":
        from credit_default.environment import judge_inherited
        from credit_default.settings import copy_environment, find_services, load_settings
        from credit_default.views.terminal.settings import (
            SettingLine,
            render_settings,
            summarise_settings,
        )

        loaded = load_settings(shared.build_overrides(), config_files=shared.config)
        lines = [SettingLine(one.name, one.value, one.origin) for one in loaded.origins]
        inherited = judge_inherited(copy_environment(), find_services(loaded.settings))
        if not output.as_json:
            from rich.console import Console

            Console(highlight=False).print(render_settings(lines))
        return summarise_settings(lines, environment=inherited)

    run_command("settings", act, shared)
