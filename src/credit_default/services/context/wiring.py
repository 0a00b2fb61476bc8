"""Connect everything: turn settings into the parts that the services work with, in this one place."""

import shutil
import tempfile
import tomllib
import weakref
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from credit_default.adapters.bundles.trust import Trust
from credit_default.adapters.delta.plain_addresses import require_plain_address
from credit_default.adapters.files.reading_options import (
    NO_OPTIONS,
    ReadingOptions,
)
from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.host.given_paths import resolve_file
from credit_default.adapters.host.process_marks import build_marked_prefix
from credit_default.adapters.lake.layout import Lake, open_lake
from credit_default.adapters.mlflow.address import split_login
from credit_default.adapters.mlflow.registry import Registry
from credit_default.adapters.mlflow.tracking import Tracking
from credit_default.data.contract.schema import Schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import SetupError
from credit_default.model.explanation.actionable_changes import CREDIT_CARD_LEVERS, Lever
from credit_default.model.explanation.credit_card_reasons import CREDIT_CARD_REASONS
from credit_default.model.explanation.reason_table import NO_REASONS, ReasonTable
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.model.features.declaration import Feature
from credit_default.portfolio_declaration import parse_portfolio
from credit_default.services.context.moved_lake import follow_moved_lake
from credit_default.settings import Settings, export_environment

DEFAULT_PORTFOLIO: Final = "credit-card"
_PORTFOLIO_REMEDY: Final = (
    "`credit-default declare FILE` drafts one; docs/another-portfolio.md explains it."
)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A lender's portfolio: columns, features, the wording of reasons, what a client can change.

    `levers` is None where they are derived from the schema. Features without a wording in `reasons` are described by the
    schema's own descriptions.
    """

    schema: Schema
    features: tuple[Feature, ...]
    reasons: ReasonTable = NO_REASONS
    levers: tuple[Lever, ...] | None = None
    file: ReadingOptions = NO_OPTIONS  # how its files are read, unless a command says otherwise


@dataclass(frozen=True)
class Wiring:
    """The parts that the services work with.

    The connection to MLflow, which takes seconds, is made when it is first used.
    """

    settings: Settings
    portfolio: Portfolio
    lake: Lake
    commit: str

    @cached_property
    def tracking(self) -> Tracking:
        """The connection to MLflow's runs.

        Credentials in the address are exported to the environment, where MLflow reads them. The embedded
        store's addresses follow the lake first, where it was moved or copied.
        """
        address = split_login(self.settings.mlflow.tracking_uri)
        export_environment(address.login)
        if address.uri:
            return Tracking(address.uri, artifacts_uri=None)
        self.follow_lake()
        return Tracking(self.lake.tracking_uri, artifacts_uri=self.lake.artifacts_uri)

    @cached_property
    def registry(self) -> Registry:
        """The connection to MLflow's registered models."""
        return Registry(
            self.tracking,
            cache=self.lake.bundles,
            trust=self.trust,
            signing_key=self.signing_key,
        )

    @property
    def trust(self) -> Trust:
        """The packages and keys that the operator trusts."""
        signing = self.settings.signing
        return Trust(self.settings.estimators.trusted, signing.trusted_keys, signing.required)

    @property
    def signing_key(self) -> Path | None:
        """The file of the private key that signs new models, which must not be in the lake; None where none is set."""
        if not self.settings.signing.key:
            return None
        key = resolve_file(self.settings.signing.key, thing="setting signing.key")
        if not self.lake.in_bucket and key.resolve().is_relative_to(Path(self.lake.uri).resolve()):
            raise SetupError(
                "setting signing.key",
                found=f"{key}, a file in the lake",
                expected="a file elsewhere: who can write to the lake must not be able to sign",
                remedy="Move the key out of the lake, and make a new one if others could read it.",
            )
        return key

    @cached_property
    def scratch(self) -> Path:
        """A folder on this machine's disk for this process's temporary files.

        Deleted when the process ends normally.
        """
        with disk_errors(self.lake.home):
            self.lake.home.mkdir(parents=True, exist_ok=True)
            folder = Path(
                tempfile.mkdtemp(prefix=build_marked_prefix("scratch"), dir=self.lake.home)
            )
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def follow_lake(self) -> tuple[str, ...]:
        """Let the addresses in an embedded MLflow follow the lake, and return notes where it was moved or copied."""
        return () if self.settings.mlflow.tracking_uri else follow_moved_lake(self.lake)

    @property
    def schema(self) -> Schema:
        """The portfolio's schema."""
        return self.portfolio.schema


def build_wiring(settings: Settings, *, commit: str) -> Wiring:
    """Return the parts that these settings name; the lake's folder is made where it is absent."""
    lake = open_lake(settings.lake, home=Path(settings.home))
    require_plain_address(lake.uri)
    return Wiring(settings, read_portfolio(settings.portfolio), lake, commit)


def read_portfolio(name: str) -> Portfolio:
    """Return the built-in portfolio, or the one that a TOML file declares.

    The file has a `[schema]` table and a list of `[[features]]`, and may have a table `[file]` with the options by which
    the lender's files are read. Its sections of settings, such as `[recipe]`, are read with the settings.

    Raises:
        SetupError: The file is missing or is not TOML.
        InputError: It declares something that is not valid; all faults are told.
    """
    if name == DEFAULT_PORTFOLIO:
        return Portfolio(CREDIT_CARD, CREDIT_CARD_FEATURES, CREDIT_CARD_REASONS, CREDIT_CARD_LEVERS)
    content = _read_portfolio_file(name)
    declared = parse_portfolio(content, thing=f"portfolio {name}")
    return Portfolio(
        declared.schema, declared.features, file=ReadingOptions(**declared.file.model_dump())
    )


def _read_portfolio_file(name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(resolve_file(name, thing="portfolio").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(
            f"portfolio {name}",
            found=str(error),
            expected=f"{DEFAULT_PORTFOLIO!r} or a readable TOML file",
            remedy=_PORTFOLIO_REMEDY,
        ) from error


def require_same_portfolio(schema: Schema, schema_name: str, *, thing: str) -> None:
    """Check that `thing`, made under the schema of that name, is of the portfolio that the settings name.

    Raises:
        SetupError: It is of another portfolio, whose rows have other columns and other clients.
    """
    if schema_name != schema.name:
        raise SetupError(
            thing,
            found=f"portfolio {schema_name!r}",
            expected=f"portfolio {schema.name!r}",
            remedy="Name its portfolio with --portfolio, and give each portfolio a lake of its own with --lake.",
        )
