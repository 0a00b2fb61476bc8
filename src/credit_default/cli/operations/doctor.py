"""doctor: check that the lake, MLflow and Prefect can be reached."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect, connect_with_mlflow
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake")
def doctor(
    local: Annotated[
        bool, typer.Option("--local", help="Look at this machine and the lake only; ask no server.")
    ] = False,
    *,
    shared: SharedOptions,
) -> None:
    """Check which services can be reached, at which version, and say how to repair the others."""

    def act(output: Output) -> "Summary":
        from credit_default.settings import copy_environment

        environment = copy_environment()  # before it is prepared for the libraries
        from credit_default.services.operations.doctor import diagnose, diagnose_locally

        if local:
            with output.step("checking this machine and the lake"):
                return diagnose_locally(connect(shared), environment=environment)
        with output.step("checking the lake, MLflow and Prefect"):
            return diagnose(connect_with_mlflow(shared, output), environment=environment)

    run_command("doctor", act, shared)
