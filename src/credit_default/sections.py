"""What a person may set, section by section. Defaults stand beside the code that uses them, in the frozen policy classes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from credit_default.gates.monitoring.alarms import AlarmPolicy
from credit_default.gates.monitoring.coverage import CoveragePolicy
from credit_default.gates.monitoring.drift import DriftPolicy
from credit_default.gates.monitoring.drill_verdict import DrillPolicy
from credit_default.gates.monitoring.fairness_drift import FairnessDriftPolicy
from credit_default.gates.monitoring.feed_policy import FeedPolicy
from credit_default.gates.monitoring.label_free_estimate import EstimatePolicy
from credit_default.gates.monitoring.performance import PerformancePolicy
from credit_default.gates.monitoring.retraining_policy import RetrainingPolicy
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.quality import QualityPolicy
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

ENVIRONMENT_PREFIX = "CREDIT_DEFAULT_"
SECRETS = frozenset({"notify.urls", "stack.database"})  # settings whose value is shown to nobody


class LoggingSettings(BaseModel):
    """Which log lines a process writes to standard error, and in which form.

    `json` writes one object a line, for a log collector. A command of the terminal repeats nothing that its summary says:
    unless a level is set somewhere it writes errors only. `serve` and `listen` then write from `info` upwards.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    level: LogLevel = "warning"
    format: LogFormat = "text"


class PublicDataSettings(BaseModel):
    """Where the public data set is fetched from; each address gets `timeout_seconds` to answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    uci_url: str = (
        "https://archive.ics.uci.edu/static/public/350/default+of+credit+card+clients.zip"
    )
    openml_url: str = "https://api.openml.org/api/v1/json/data/42477"
    timeout_seconds: float = Field(default=5.0, gt=0)


class MlflowSettings(BaseModel):
    """Where runs and models are kept; empty means a SQLite database inside the lake.

    A server that does not answer is waited for: `wait_seconds` by who scores, who then scores with the champion pinned
    in the lake; `training_wait_seconds` by a training, which then fails before it fits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    tracking_uri: str = ""
    wait_seconds: float = Field(default=10.0, gt=0)
    training_wait_seconds: float = Field(default=60.0, gt=0)


class PrefectSettings(BaseModel):
    """Which Prefect server runs the flows; empty means one that the command starts and ends.

    So does a server that does not answer in `wait_seconds`: then the command says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    api_url: str = ""
    wait_seconds: float = Field(default=10.0, gt=0)
    startup_seconds: float = Field(default=120.0, gt=0)


class ReconcileSettings(BaseModel):
    """What `reconcile` takes for dead: a run of another machine after `silence_seconds` without a sign of life.

    Runs give one at least every three minutes; a process of this machine is looked up instead. What lies about in the lake
    of unknown processes goes after `leftover_hours`; the champion pinned in the lake is verified anew every `pin_hours`;
    batches of the last `look_back_days` are looked for in MLflow.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    silence_seconds: float = Field(default=240.0, gt=0)
    leftover_hours: float = Field(default=24.0, gt=0)
    pin_hours: float = Field(default=24.0, gt=0)
    look_back_days: int = Field(default=30, ge=1)


class ScheduleSettings(BaseModel):
    """When a deployment's runs begin by the clock: cron lines of five fields in `time_zone`; an empty one means only on events.

    `run_limit` is how many runs `serve` has at once on its machine; it asks for new ones every `poll_seconds`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    time_zone: str = "UTC"
    train: str = "0 3 * * 1"
    predict: str = "0 6 * * *"
    monitor: str = ""
    reconcile: str = "*/5 * * * *"
    listen: str = ""  # "0 * * * *" where no `credit-default listen` stands
    run_limit: int = Field(default=3, ge=1)
    poll_seconds: float = Field(default=3.0, gt=0)


class ListenSettings(BaseModel):
    """Where `listen` hears of new files in a bucket: the queue that the bucket tells. A lake in a folder is watched.

    Without a queue the bucket is looked at every `look_seconds`. When the queue or Prefect is away the next try waits,
    longer each time, up to `longest_wait_seconds`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    queue_url: str = ""
    look_seconds: float = Field(default=15.0, gt=0)
    longest_wait_seconds: float = Field(default=60.0, gt=0)


class StackSettings(BaseModel):
    """What `up` starts on this machine: on which loopback ports (0: any free one), and where the servers keep their records.

    `database` is a PostgreSQL server, `postgresql://user:password@host:port`; empty means SQLite in the lake. `artifacts`
    is where models go, `s3://…`; empty means beside the lake's SQLite. A server gets `startup_seconds` to answer and
    `stop_seconds` to end by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    mlflow_port: int = Field(default=5000, ge=0, le=65535)
    prefect_port: int = Field(default=4200, ge=0, le=65535)
    evidently_port: int = Field(default=8000, ge=0, le=65535)
    database: str = Field(default="", repr=False)
    artifacts: str = ""
    startup_seconds: float = Field(default=120.0, gt=0)
    stop_seconds: float = Field(default=10.0, gt=0)


class RefreshSettings(BaseModel):
    """How a retrain is judged: on the newest matured rows, month by month until there are `contest_row_count`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    contest_row_count: int = Field(default=2_000, ge=200)
    test_share: float = Field(default=0.2, gt=0, lt=1)


class NotifySettings(BaseModel):
    """Who is told when an alarm opens and when it closes: addresses as Apprise has them, with spaces between them.

    They are secrets: nothing shows or logs them. Each address gets `timeout_seconds` to connect and as long to answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    urls: str = Field(default="", repr=False)
    timeout_seconds: float = Field(default=5.0, gt=0)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses, one by one."""
        return tuple(self.urls.split())


class Settings(BaseSettings):
    """Everything that a person may set. Frozen: a run sees one set of values from its start to its end."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )
    lake: str = "./lake"
    home: str = (
        "./.credit-default"  # beside a lake in a bucket: the embedded MLflow and Prefect's records
    )
    cache: str = "./.cache"
    data: str = "public"
    portfolio: str = "credit-card"
    identity: str = (
        ""  # who asks for or approves a promotion; empty: the account that runs the command
    )
    seed: int = Field(default=7, ge=0)
    jobs: int = Field(default=2, ge=1)
    report: Literal["full", "drift"] = (
        "full"  # full: data summaries too, and quality once outcomes are known
    )
    logging: LoggingSettings = LoggingSettings()
    public_data: PublicDataSettings = PublicDataSettings()
    mlflow: MlflowSettings = MlflowSettings()
    prefect: PrefectSettings = PrefectSettings()
    reconcile: ReconcileSettings = ReconcileSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    listen: ListenSettings = ListenSettings()
    stack: StackSettings = StackSettings()
    refresh: RefreshSettings = RefreshSettings()
    recipe: Recipe = Recipe()
    search: SearchPolicy = SearchPolicy()
    decision: DecisionPolicy = DecisionPolicy()
    reasons: ReasonsPolicy = ReasonsPolicy()
    economics: EconomicsPolicy = EconomicsPolicy()
    loss: LossPolicy = LossPolicy()
    fairness: FairnessPolicy = FairnessPolicy()
    proxies: ProxyPolicy = ProxyPolicy()
    stability: StabilityPolicy = StabilityPolicy()
    quality: QualityPolicy = QualityPolicy()
    promotion: PromotionPolicy = PromotionPolicy()
    drift: DriftPolicy = DriftPolicy()
    feed: FeedPolicy = FeedPolicy()
    performance: PerformancePolicy = PerformancePolicy()
    coverage: CoveragePolicy = CoveragePolicy()
    drill: DrillPolicy = DrillPolicy()
    estimate: EstimatePolicy = EstimatePolicy()
    fairness_drift: FairnessDriftPolicy = FairnessDriftPolicy()
    alarms: AlarmPolicy = AlarmPolicy()
    notify: NotifySettings = NotifySettings()
    retraining: RetrainingPolicy = RetrainingPolicy()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The one source that `load_settings` merged; nothing else is looked at."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)
