"""The registry: versions, their tags and aliases, read from its SQLite file where the lake holds it."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Version:
    """A registered version of a model."""

    name: str
    number: int
    run_id: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Registry:
    """The versions that have a digest, who holds which alias, by model and alias, and runs of monitors."""

    versions: tuple[Version, ...]
    aliases: Mapping[tuple[str, str], int]
    monitored: Mapping[
        tuple[str, int], Mapping[str, str]
    ]  # tags of the newest run, by batch and version

    def find(self, number: int, digest: str) -> Version | None:
        """Return the version of that number with that digest."""
        return next(
            (v for v in self.versions if v.number == number and v.tags["digest"] == digest), None
        )

    def find_number(self, number: int) -> Version | None:
        """Return the first version of that number."""
        return next((v for v in self.versions if v.number == number), None)


def read_registry(path: Path) -> Registry:
    """Return what the registry's file holds; it is opened for reading alone.

    Raises:
        ValueError: It is damaged.
    """
    address = f"file:{quote(str(path))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            health = database.execute("PRAGMA quick_check").fetchone()[0]
            if health != "ok":
                raise ValueError(health)
            return _read(database)
    except sqlite3.Error as error:
        raise ValueError(str(error)) from error


def _read(database: sqlite3.Connection) -> Registry:
    tags: dict[tuple[str, int], dict[str, str]] = {}
    for name, version, key, value in database.execute(
        "SELECT name, version, key, value FROM model_version_tags"
    ):
        tags.setdefault((name, int(version)), {})[key] = value
    rows = database.execute(
        "SELECT name, version, run_id FROM model_versions"
        " WHERE current_stage <> 'Deleted_Internal' ORDER BY name, version"
    )
    versions = tuple(
        Version(name, int(number), run_id, found)
        for name, number, run_id in rows
        if "digest" in (found := tags.get((name, int(number)), {}))
    )
    aliases = database.execute("SELECT name, alias, version FROM registered_model_aliases")
    holders = {(name, alias): int(number) for name, alias, number in aliases}
    return Registry(versions, holders, _read_monitored(database))


def _read_monitored(database: sqlite3.Connection) -> dict[tuple[str, int], dict[str, str]]:
    runs: dict[str, dict[str, str]] = {}
    for run_id, key, value in database.execute(
        "SELECT run_uuid, key, value FROM tags JOIN runs USING (run_uuid)"
        " WHERE name LIKE 'monitor %' ORDER BY start_time"
    ):
        runs.setdefault(run_id, {})[key] = value
    return {
        (tags["batch_id"], int(tags["model_version"])): tags
        for tags in runs.values()
        if {"batch_id", "model_version"} <= set(tags)
    }
