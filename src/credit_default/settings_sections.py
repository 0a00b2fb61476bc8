"""The settings that a person can change, section by section; `settings.py` reads them all.

Those about servers and schedules are declared here, a gate's or the model's beside its code.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from credit_default.addresses import check_mlflow_address, check_prefect_address
from credit_default.engine_settings import EngineSettings, MaintenanceSettings, ReconcileSettings
from credit_default.gates.completeness import CoveragePolicy
from credit_default.gates.future_dates import IntakePolicy
from credit_default.gates.monitoring.alarms import AlarmPolicy
from credit_default.gates.monitoring.drift import DriftPolicy
from credit_default.gates.monitoring.drill_verdict import DrillPolicy
from credit_default.gates.monitoring.fairness_drift import FairnessDriftPolicy
from credit_default.gates.monitoring.feed_policy import FeedPolicy
from credit_default.gates.monitoring.label_free_estimate import EstimatePolicy
from credit_default.gates.monitoring.performance import PerformancePolicy
from credit_default.gates.monitoring.retraining_policy import RetrainingPolicy
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.refresh_policy import RefreshPolicy
from credit_default.gates.quality import QualityPolicy
from credit_default.gates.shadow.shadow_choice import ShadowPolicy
from credit_default.logs import LogFormat, LogLevel
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.expected_loss import LossPolicy
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.search_space import SearchPolicy
from credit_default.model.evaluation.economics import EconomicsPolicy
from credit_default.model.evaluation.refit_stability import StabilityPolicy
from credit_default.model.explanation.reason_codes import ReasonsPolicy
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.proxy_check import ProxyPolicy
from credit_default.model.families.recipe_size import SizedRecipe, size_recipe
from credit_default.room_settings import RoomSettings
from credit_default.trust_settings import EstimatorSettings, SigningSettings

ENVIRONMENT_PREFIX = "CREDIT_DEFAULT_"
SECRETS = frozenset({"notify.urls", "room.users", "stack.database"})  # never shown


class LoggingSettings(BaseModel):
    """Which log lines a process writes to standard error, and in which form.

    `json` writes one object a line, for a log collector. With the level `auto` a command that ends
    with a summary writes errors only, since the summary says what it logs as a warning; `serve`,
    `listen` and the runs that they start write from `info` upwards.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    level: LogLevel | Literal["auto"] = "auto"
    format: LogFormat = "text"

    def find_level(self, usual: LogLevel) -> LogLevel:
        """Return the level in force in a process whose level is `usual` where it is `auto`."""
        return usual if self.level == "auto" else self.level


class PublicDataSettings(BaseModel):
    """Where the public data set is downloaded from; each source has `timeout_seconds` to answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    uci_url: str = (
        "https://archive.ics.uci.edu/static/public/350/default+of+credit+card+clients.zip"
    )
    openml_url: str = "https://api.openml.org/api/v1/json/data/42477"
    timeout_seconds: float = Field(default=5.0, gt=0)


class MlflowSettings(BaseModel):
    """Where runs and models are kept: a SQLite database in the lake if `tracking_uri` is empty.

    When the server does not answer, scoring waits `wait_seconds` and then uses the champion pinned
    in the lake; training waits `training_wait_seconds` and then fails, before it fits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    tracking_uri: Annotated[str, AfterValidator(check_mlflow_address)] = ""
    wait_seconds: float = Field(default=10.0, gt=0)
    training_wait_seconds: float = Field(default=60.0, gt=0)


class PrefectSettings(BaseModel):
    """Which Prefect server runs the flows: one that the command starts if `api_url` is empty.

    A command also starts a server when the named one does not answer within `wait_seconds`, and
    says so in its summary. A server that it starts has `startup_seconds` to answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    api_url: Annotated[str, AfterValidator(check_prefect_address)] = ""
    wait_seconds: float = Field(default=10.0, gt=0)
    startup_seconds: float = Field(default=120.0, gt=0)


class ScheduleSettings(BaseModel):
    """When the deployments run by schedule: cron lines in `time_zone`; empty means on events only.

    `serve` has at most `run_limit` runs at once, and asks for new ones every `poll_seconds`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    time_zone: str = "UTC"
    train: str = "0 3 * * 1"
    predict: str = "0 6 * * *"
    monitor: str = ""
    reconcile: str = "*/5 * * * *"
    maintain: str = "30 2 * * *"
    listen: str = ""  # "0 * * * *" where no `credit-default listen` runs
    run_limit: int = Field(default=3, ge=1)
    poll_seconds: float = Field(default=3.0, gt=0)


class ListenSettings(BaseModel):
    """How `listen` finds new files in a bucket: from the SQS queue that the bucket notifies.

    A folder is watched. Without a queue the bucket is listed every `look_seconds`. While the queue
    or Prefect does not answer, the wait between tries grows up to `longest_wait_seconds`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    queue_url: str = ""
    look_seconds: float = Field(default=15.0, gt=0)
    longest_wait_seconds: float = Field(default=60.0, gt=0)


class StackSettings(BaseModel):
    """On which loopback ports `up` starts servers (0: any free one), and where records are kept.

    `database` is a PostgreSQL server, `postgresql://user:password@host:port`; empty means SQLite in
    the lake. `artifacts` is where models are kept, `s3://…`; empty means beside the lake's SQLite.
    A server has `startup_seconds` to answer, and `stop_seconds` to end before it is killed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    mlflow_port: int = Field(default=5000, ge=0, le=65535)
    prefect_port: int = Field(default=4200, ge=0, le=65535)
    evidently_port: int = Field(default=8000, ge=0, le=65535)
    database: str = Field(default="", repr=False)
    artifacts: str = ""
    startup_seconds: float = Field(default=120.0, gt=0)
    stop_seconds: float = Field(default=10.0, gt=0)


class NotifySettings(BaseModel):
    """Who gets a message when an alarm opens or closes: Apprise addresses, separated by spaces.

    They are secrets. Each address has `timeout_seconds` to connect, and as long to answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    urls: str = Field(default="", repr=False)
    timeout_seconds: float = Field(default=5.0, gt=0)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return the addresses as a tuple."""
        return tuple(self.urls.split())


class Settings(BaseSettings):
    """All settings. Frozen: a run sees one set of values from its start to its end."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )
    lake: str = "./lake"  # where everything is kept: a folder, or s3://bucket/prefix
    home: str = "./.credit-default"  # for a lake in a bucket: the records of MLflow and Prefect
    cache: str = "./.cache"  # downloads, and folds that were fitted before
    data: str = "public"  # what training learns from: public, simulated, or a file with outcomes
    portfolio: str = "credit-card"  # or a TOML file that declares another
    identity: str = ""  # who requests or approves a promotion; empty: the account of the command
    seed: int = Field(default=7, ge=0)  # of intervals and of simulated clients
    jobs: int = Field(default=2, ge=1)  # threads, or processes with the engine dask
    report: Literal["full", "drift"] = "full"  # full: data summaries and known outcomes too
    draw_report: Literal["later", "now", "none"] = "later"  # later: by a process of its own
    engine: EngineSettings = EngineSettings()
    logging: LoggingSettings = LoggingSettings()
    public_data: PublicDataSettings = PublicDataSettings()
    mlflow: MlflowSettings = MlflowSettings()
    prefect: PrefectSettings = PrefectSettings()
    reconcile: ReconcileSettings = ReconcileSettings()
    maintenance: MaintenanceSettings = MaintenanceSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    listen: ListenSettings = ListenSettings()
    stack: StackSettings = StackSettings()
    room: RoomSettings = RoomSettings()
    refresh: RefreshPolicy = RefreshPolicy()
    recipe: Recipe = Recipe()
    sized_parameters: tuple[str, ...] = ()  # of the recipe: not set, so they follow the data's size
    search: SearchPolicy = SearchPolicy()
    decision: DecisionPolicy = DecisionPolicy()
    reasons: ReasonsPolicy = ReasonsPolicy()
    economics: EconomicsPolicy = EconomicsPolicy()
    loss: LossPolicy = LossPolicy()
    fairness: FairnessPolicy = FairnessPolicy()
    proxies: ProxyPolicy = ProxyPolicy()
    stability: StabilityPolicy = StabilityPolicy()
    intake: IntakePolicy = IntakePolicy()
    quality: QualityPolicy = QualityPolicy()
    promotion: PromotionPolicy = PromotionPolicy()
    shadow: ShadowPolicy = ShadowPolicy()
    drift: DriftPolicy = DriftPolicy()
    feed: FeedPolicy = FeedPolicy()
    performance: PerformancePolicy = PerformancePolicy()
    coverage: CoveragePolicy = CoveragePolicy()
    drill: DrillPolicy = DrillPolicy()
    estimate: EstimatePolicy = EstimatePolicy()
    fairness_drift: FairnessDriftPolicy = FairnessDriftPolicy()
    alarms: AlarmPolicy = AlarmPolicy()
    notify: NotifySettings = NotifySettings()
    estimators: EstimatorSettings = EstimatorSettings()
    signing: SigningSettings = SigningSettings()
    retraining: RetrainingPolicy = RetrainingPolicy()

    def find_recipe(self, row_count: int, *, default_count: int) -> SizedRecipe:
        """Return the recipe in force for so many training rows, of which so many defaulted."""
        counts = {"row_count": row_count, "default_count": default_count}
        return size_recipe(self.recipe, sized=self.sized_parameters, **counts)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the one source that `load_settings` merged; none of pydantic's own is read."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)
