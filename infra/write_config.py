"""Write config/aws.toml from Terraform's outputs: the application's settings by their own names.

    terraform -chdir=infra/environments/production output -json | python infra/write_config.py

Reads standard input; name another file than config/aws.toml as the argument. `credit-default --config config/aws.toml settings`
then shows each value with this file as its origin. The file holds addresses and no secret.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HEAD = (
    "# Written by infra/write_config.py from Terraform's outputs; write it again after every apply."
)


def render(outputs: Mapping[str, Any]) -> str:
    """Return the file's text: plain settings first, then a table for each group, in order of name.

    Raises:
        KeyError, TypeError, ValueError: The outputs are not those of an environment.
    """
    settings = dict(outputs["application"]["value"])
    plain = {key: value for key, value in settings.items() if not isinstance(value, Mapping)}
    groups = {key: value for key, value in settings.items() if isinstance(value, Mapping)}
    parts = [_render_lines(plain)]
    parts += [[f"[{name}]", *_render_lines(groups[name])] for name in sorted(groups)]
    return HEAD + "\n" + "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _render_lines(settings: Mapping[str, Any]) -> list[str]:
    """Return a `key = value` line for each setting: a JSON string, number or boolean is TOML as well."""
    return [f"{key} = {json.dumps(settings[key], ensure_ascii=False)}" for key in sorted(settings)]


def main(arguments: list[str]) -> int:
    """Write the file; return 0, or 2 when standard input is not an environment's outputs."""
    parser = argparse.ArgumentParser(
        description="Write the application's settings from `terraform output -json`."
    )
    default = Path(__file__).resolve().parents[1] / "config" / "aws.toml"
    parser.add_argument(
        "target", nargs="?", type=Path, default=default, help="the file to write (config/aws.toml)"
    )
    target = parser.parse_args(arguments).target
    try:
        text = render(json.load(sys.stdin))
    except (ValueError, KeyError, TypeError) as error:
        print(
            f"write_config: found {error!r}, expected the JSON of `terraform output -json` with the output application; "
            "apply the environment first",
            file=sys.stderr,
        )
        return 2
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    print(f"wrote {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
