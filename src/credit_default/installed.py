"""What other installed packages offer by an entry point, with the version and the source that it comes from.

A model may use a function of the lender's own package. It is named `package:entry`, and pinned by
the package's version and by the digest of its source, so that a model is never scored by another.
"""

import hashlib
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from credit_default.errors import InputError, SetupError, show_examples


@dataclass(frozen=True, slots=True)
class Source:
    """Where an installed object comes from: its package, the version and the digest of its code.

    `digest` is the hex SHA-256 of all Python files, and of all compiled ones, of the top-level module
    that holds the object.
    """

    package: str
    version: str
    digest: str

    def describe(self) -> dict[str, str]:
        """Return the source as plain JSON values, which `parse_source` reads back."""
        return asdict(self)


def is_installed_name(name: str) -> bool:
    """Return whether the name is of the form `package:entry`, which no name of our own has."""
    return ":" in name


def parse_source(item: Any, *, thing: str) -> Source:
    """Return the source that plain data describes.

    Raises:
        InputError: It is no table of three texts.
    """
    names = {"package", "version", "digest"}
    is_table = isinstance(item, dict) and set(item) == names
    if is_table and all(isinstance(text, str) for text in item.values()):
        return Source(**item)
    raise InputError(
        thing,
        found=f"the source {item!r}"[:200],
        expected="a package, its version and the digest of its code",
        remedy="Leave the source out of a declaration: training writes it.",
    )


@lru_cache
def find_source(name: str, *, group: str) -> Source:
    """Return where `package:entry` of that group comes from; no code of the package is run.

    Raises:
        SetupError: The package is not installed, has no such entry point, or its code is not there.
    """
    package, _, _ = name.partition(":")
    version = _find_package(name, package).version
    return Source(package, version, digest_module(find_top_module(name, group=group)))


def find_top_module(name: str, *, group: str) -> str:
    """Return the name of the top-level module that holds `package:entry`; no code of it is run.

    Raises:
        SetupError: The package is not installed, or has no such entry point.
    """
    package, _, entry = name.partition(":")
    point = _find_entry_point(_find_package(name, package), entry, name=name, group=group)
    return point.module.partition(".")[0]


def require_source(name: str, *, group: str, pinned: Source) -> None:
    """Check that `package:entry` comes from where it must come from; no code of the package is run.

    Raises:
        SetupError: The package is not installed, or is of another version or of other code.
    """
    _require_same_source(find_source(name, group=group), pinned, thing=repr(name))


def load_installed(name: str, *, group: str, pinned: Source | None) -> tuple[Any, Source]:
    """Return what `package:entry` of that group names, and where it comes from.

    Args:
        name: The package and the entry point.
        group: The group of the entry point.
        pinned: Where it must come from; nothing is imported if it does not. None for a first use.

    Raises:
        SetupError: The package is not installed, has no such entry point, cannot be imported, or is
            of another version or of other code than `pinned`.
    """
    source = find_source(name, group=group)
    if pinned is not None:
        require_source(name, group=group, pinned=pinned)
    package, _, entry = name.partition(":")
    point = _find_entry_point(_find_package(name, package), entry, name=name, group=group)
    return _import_object(point, name=name), source


def _find_package(name: str, package: str) -> Distribution:
    try:
        return distribution(package)
    except (PackageNotFoundError, ValueError) as error:
        raise SetupError(
            repr(name),
            found=f"no installed package {package!r}",
            expected="the package, installed where this runs",
            remedy=f"Install {package}, in the version that the model was trained with.",
        ) from error


def _find_entry_point(found: Distribution, entry: str, *, name: str, group: str) -> EntryPoint:
    points = found.entry_points.select(group=group)
    for point in points:
        if point.name == entry:
            return point
    offered = show_examples(sorted(point.name for point in points)) or "none"
    raise SetupError(
        f"{name!r}",
        found=f"entry points of the group {group}: {offered}",
        expected=f"one named {entry!r}",
        remedy="Correct the name, or declare the entry point in the package's pyproject.toml.",
    )


def _import_object(point: EntryPoint, *, name: str) -> Any:
    try:
        return point.load()
    except Exception as error:
        raise SetupError(
            f"{name!r}",
            found=f"{type(error).__name__}: {error}"[:200],
            expected="a package that can be imported",
            remedy="Mend the package, then install it again.",
        ) from error


def digest_module(module: str) -> str:
    """Return the hex SHA-256 of a top-level module's code, by the names and content of its files.

    Raises:
        SetupError: There is no such module, or it is no Python source.
    """
    spec = find_spec(module)
    files: list[tuple[str, Path]] = []
    if spec is not None and spec.submodule_search_locations is not None:
        folders = [Path(folder) for folder in spec.submodule_search_locations]
        files = [
            (path.relative_to(top).as_posix(), path)
            for top in folders
            for path in top.rglob("*")
            if path.name.endswith((".py", *EXTENSION_SUFFIXES)) and path.is_file()
        ]
    elif spec is not None and spec.origin is not None and spec.origin.endswith(".py"):
        files = [(Path(spec.origin).name, Path(spec.origin))]
    if not files:
        raise SetupError(
            f"module {module!r}",
            found="no Python source of it",
            expected="a module that is installed as source",
            remedy="Install the package anew, as a wheel or from its folder.",
        )
    digest = hashlib.sha256()
    for name, path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{len(name)};{name};{len(content)};".encode())
        digest.update(content)
    return digest.hexdigest()


def _require_same_source(found: Source, pinned: Source, *, thing: str) -> None:
    if found == pinned:
        return
    if found.version != pinned.version:
        differing = f"{found.package} {found.version}"
    else:
        differing = f"{found.package} {found.version} with other code ({found.digest[:12]})"
    raise SetupError(
        thing,
        found=differing,
        expected=f"{pinned.package} {pinned.version}, code {pinned.digest[:12]}",
        remedy="Install the version that the model was trained with, or train a model again.",
    )
