"""The settings in force as a table for the terminal: name, value, origin."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass

from credit_default.errors import hide_credentials
from credit_default.gates.verdict import Verdict
from credit_default.model.families.recipe import Recipe, describe_recipe
from credit_default.views.summaries.summary import Summary, render_text
from credit_default.views.tables.fitted_table import Column, FittedTable


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting: its dotted name, the value in force, and where the value comes from."""

    name: str
    value: object
    origin: str


def render_settings(lines: Sequence[SettingLine]) -> FittedTable:
    """Return one row for each setting in the order of declaration; changed ones are bold and say what set them."""
    table = FittedTable((Column("setting"),), sentences="value (and what set it, if anything did)")
    for line in lines:
        value = format_setting_value(line.value)
        if line.origin == "default":
            table.add_row(line.name, sentences=(value,))
        else:
            name, shown = (
                render_text(text, style="bold") for text in (line.name, f"{value} ({line.origin})")
            )
            table.add_row(name, sentences=(shown,))
    return table


def summarise_settings(
    lines: Sequence[SettingLine], *, environment: Verdict | None = None
) -> Summary:
    """Return the number of settings, and those that differ from the default as notes.

    Args:
        lines: The settings.
        environment: What else is inherited from the shell and changes a result.
    """
    changed = [line for line in lines if line.origin != "default"]
    notes = tuple(
        f"{line.name} = {format_setting_value(line.value)} ({line.origin})" for line in changed
    )
    return Summary(
        "settings",
        "in force",
        counts={"settings": len(lines), "changed": len(changed)},
        notes=notes,
        verdicts=() if environment is None else (environment,),
    )


def format_setting_value(value: object) -> str:
    """Return the value as a person would write it; a password in an address is hidden."""
    if isinstance(value, tuple):
        return "; ".join(format_setting_value(item) for item in value)
    if isinstance(value, Recipe):  # a blend's member: only what its family takes
        described = {"family": value.family, **describe_recipe(value)}
        return ", ".join(f"{name} {own}" for name, own in described.items())
    if is_dataclass(value) and not isinstance(value, type):
        return " ".join(str(getattr(value, field.name)) for field in fields(value))
    return hide_credentials(str(value))
