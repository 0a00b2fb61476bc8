"""make-key: make a key that signs models."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options()
def make_key(
    file: Annotated[str, typer.Argument(help="The new file of the private key, outside the lake.")],
    *,
    shared: SharedOptions,
) -> None:
    """Make a key that signs models, and say which settings name it; no key is ever overwritten."""

    def act(output: Output) -> "Summary":
        from credit_default.adapters.bundles.signing_keys import make_key as make
        from credit_default.adapters.host.given_paths import resolve_file
        from credit_default.views.summaries.summary import Summary

        del output
        path = resolve_file(file, thing="key file")
        public = make(path)
        notes = (
            f"public key: {public}",
            f"where models are trained, set signing.key = {str(path)!r}",
            f'where models are loaded, set signing.trusted_keys = ["{public}"]',
        )
        return Summary("make-key", "made", paths={"private key": str(path)}, notes=notes)

    run_command("make-key", act, shared)
