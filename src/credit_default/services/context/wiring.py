"""Settings become the parts that the acts work with: the one place where everything is connected."""

import shutil
import tempfile
import tomllib
import weakref
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.host.process_marks import build_marked_prefix
from credit_default.adapters.lake.layout import Lake, open_lake
from credit_default.adapters.mlflow.address import split_login
from credit_default.adapters.mlflow.registry import Registry
from credit_default.adapters.mlflow.tracking import Tracking
from credit_default.data.contract.schema import Schema
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import SetupError
from credit_default.model.explanation.actionable_changes import CREDIT_CARD_LEVERS, Lever
from credit_default.model.explanation.credit_card_reasons import CREDIT_CARD_REASONS
from credit_default.model.explanation.reason_table import NO_REASONS, ReasonTable
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.model.features.declaration import Feature, parse_features
from credit_default.settings import Settings, export_environment

DEFAULT_PORTFOLIO = "credit-card"


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What a row of this lender's is, what the model looks at in it, and how a reason is worded."""

    schema: Schema
    features: tuple[Feature, ...]
    reasons: ReasonTable = NO_REASONS  # what has no words here is told in the schema's
    levers: tuple[Lever, ...] | None = (
        None  # what a client can change; None: derived from the schema
    )


@dataclass(frozen=True)
class Wiring:
    """The parts that the acts work with. MLflow is connected when first asked for, which takes seconds."""

    settings: Settings
    portfolio: Portfolio
    lake: Lake
    commit: str

    @cached_property
    def tracking(self) -> Tracking:
        """The connection to MLflow's runs. Who logs in there is MLflow's to read from the environment."""
        address = split_login(self.settings.mlflow.tracking_uri)
        export_environment(address.login)
        own = address.uri
        return Tracking(
            own or self.lake.tracking_uri, artifacts_uri=None if own else self.lake.artifacts_uri
        )

    @cached_property
    def registry(self) -> Registry:
        """The connection to MLflow's registered models."""
        return Registry(self.tracking, cache=self.lake.bundles)

    @cached_property
    def scratch(self) -> Path:
        """A folder of this process's own for files on their way, on this machine's disk; gone when the process ends well."""
        with disk_errors(self.lake.home):
            self.lake.home.mkdir(parents=True, exist_ok=True)
            folder = Path(
                tempfile.mkdtemp(prefix=build_marked_prefix("scratch"), dir=self.lake.home)
            )
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    @property
    def schema(self) -> Schema:
        """The portfolio's schema."""
        return self.portfolio.schema


def build_wiring(settings: Settings, *, commit: str) -> Wiring:
    """The parts that these settings name; the lake's folder is made when it is absent."""
    lake = open_lake(settings.lake, home=Path(settings.home))
    return Wiring(settings, read_portfolio(settings.portfolio), lake, commit)


def read_portfolio(name: str) -> Portfolio:
    """The built-in portfolio, or the one that a TOML file declares: a `[schema]` table and a list of `[[features]]`.

    Raises:
        SetupError: the file is missing or is no TOML.
        InputError: it declares something that cannot be.
    """
    if name == DEFAULT_PORTFOLIO:
        return Portfolio(CREDIT_CARD, CREDIT_CARD_FEATURES, CREDIT_CARD_REASONS, CREDIT_CARD_LEVERS)
    try:
        content = tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(
            f"portfolio {name}",
            found=str(error),
            expected=f"{DEFAULT_PORTFOLIO!r} or a readable TOML file",
            remedy="docs/another-portfolio.md shows one.",
        ) from error
    missing = {"schema", "features"} - set(content)
    if missing or set(content) - {"schema", "features"}:
        raise SetupError(
            f"portfolio {name}",
            found=f"the keys {sorted(content)}",
            expected="schema and features, no other",
            remedy="docs/another-portfolio.md shows one.",
        )
    schema = parse_schema(content["schema"])
    inputs = [column.name for column in schema.inputs]
    return Portfolio(schema, parse_features(content["features"], columns=inputs))


def require_same_portfolio(wiring: Wiring, schema_name: str, *, thing: str) -> None:
    """Nothing; returns when `thing`, made by the schema of that name, is of the portfolio that the settings name.

    Raises:
        SetupError: it is of another one, whose rows have other columns and other clients.
    """
    if schema_name != wiring.schema.name:
        raise SetupError(
            thing,
            found=f"portfolio {schema_name!r}",
            expected=f"portfolio {wiring.schema.name!r}",
            remedy="Name its portfolio with --portfolio, and give each portfolio a lake of its own with --lake.",
        )
