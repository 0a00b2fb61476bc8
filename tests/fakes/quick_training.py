"""Settings that leave a model and its verdict as they are, and measure with fewer resamples what only its card tells."""

from typing import Any

QUICK: dict[str, dict[str, Any]] = {
    "stability": {"refit_count": 0},
    "proxies": {"tree_count": 5, "row_count": 500},
    "fairness": {"resample_count": 50},
    "economics": {"resample_count": 50},
}


def write_as_toml() -> str:
    """Return the settings as sections of a file for `--config`."""
    return "".join(
        f"[{section}]\n" + "".join(f"{name} = {value}\n" for name, value in own.items())
        for section, own in QUICK.items()
    )


def name_as_variables() -> dict[str, str]:
    """Return the settings as variables of a command's environment."""
    return {
        f"CREDIT_DEFAULT_{section}__{name}".upper(): str(value)
        for section, own in QUICK.items()
        for name, value in own.items()
    }
