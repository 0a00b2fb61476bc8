"""The exit codes, and the Python surface: what commands and flows themselves call."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from credit_default import errors
from credit_default.cli.terminal.endings import OUTPUT_CLOSED
from docs_site.markdown import write_table

PACKAGE = Path(errors.__file__).resolve().parent
_SERVICES = "credit_default.services."
CALLERS = ("cli", "flows")  # who calls the acts in services/
# What every caller needs besides acts.
FIRST_MODULES = ("errors", "settings", "gates.verdict")


def write_exit_codes() -> str:
    """Return a table of the exit codes, each with the errors that end a command with it."""
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.CreditDefaultError) and kind is not errors.CreditDefaultError
    ]
    kinds.sort(key=lambda kind: (kind.exit_code, len(kind.__mro__), kind.__name__))
    rows = [
        (str(kind.exit_code), f"`{kind.__name__}`", (inspect.getdoc(kind) or "").split("\n")[0])
        for kind in kinds
    ]
    rows.insert(0, ("0", "", "Done; for a monitor also: judged, and no alarm."))
    rows.append((str(OUTPUT_CLOSED), "", "The reader of the output went away before its end."))
    return write_table(("exit code", "error", "when"), rows)


def write_python() -> str:
    """Return a block for mkdocstrings for each module of the public surface, chapter by chapter."""
    parts = ["## What every caller needs\n"]
    parts += [f"::: credit_default.{name}\n" for name in FIRST_MODULES]
    for chapter in sorted({name.split(".")[2] for name in list_acts()}):
        line = _read_line(PACKAGE / "services" / chapter / "__init__.py")
        parts.append(f"## services.{chapter}\n\n{line}\n")
        for module, names in list_acts().items():
            if module.split(".")[2] == chapter:
                members = "".join(f"\n        - {name}" for name in sorted(names))
                parts.append(f"::: {module}\n    options:\n      members:{members}\n")
    return "\n".join(parts)


def list_acts() -> dict[str, set[str]]:
    """Return the names that commands and flows take from each module of `services`."""
    acts: dict[str, set[str]] = {}
    for layer in CALLERS:
        for path in sorted((PACKAGE / layer).rglob("*.py")):
            for module, name in _find_used(ast.parse(path.read_text(encoding="utf-8"))):
                acts.setdefault(module, set()).add(name)
    return dict(sorted(acts.items()))


def _find_used(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what a module takes from `services`: by name, or through a module that it imports whole."""
    whole: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_SERVICES):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if (PACKAGE.parent / inner.replace(".", "/")).with_suffix(".py").is_file():
                    whole[alias.asname or alias.name] = inner
                else:
                    yield str(node.module), alias.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = whole.get(node.value.id)
            if module and _defines(module, node.attr):  # a variable may have the module's name
                yield module, node.attr


def _defines(module: str, name: str) -> bool:
    path = (PACKAGE.parent / module.replace(".", "/")).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(getattr(node, "name", "") == name for node in tree.body)


def _read_line(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
