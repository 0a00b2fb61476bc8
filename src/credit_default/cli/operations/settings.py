"""settings: list every setting in force and where it came from."""

from typing import TYPE_CHECKING

from credit_default.cli.terminal.common_options import CommonOptions, takes_common_options
from credit_default.cli.terminal.output import Output, run_command

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_common_options("lake")
def settings(*, common: CommonOptions) -> None:
    """List every setting in force and where it came from."""

    def act(output: Output) -> "Summary":
        from credit_default.settings import load_settings
        from credit_default.views.terminal.settings import (
            SettingLine,
            render_settings,
            summarise_settings,
        )

        origins = load_settings(common.build_overrides(), config_files=common.config).origins
        lines = [SettingLine(origin.name, origin.value, origin.origin) for origin in origins]
        if not output.as_json:
            from rich.console import Console

            Console(highlight=False).print(render_settings(lines))
        return summarise_settings(lines)

    run_command("settings", act, common)
