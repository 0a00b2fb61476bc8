"""The settings of the engine, which works on a batch in one process or several, and of what keeps a lake in order."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class EngineSettings(BaseModel):
    """Who works on a batch: this process (`local`), or as many processes as `jobs` says (`dask`).

    With `scheduler`, `tls://host:port`, it is the workers of a cluster that runs already; it has
    `answer_seconds` to answer. `tls_authority`, `tls_certificate` and `tls_key` are files: the
    certificate of the authority of the cluster, a certificate of this machine, and its key.
    A partition has at most `partition_rows` rows where they can be counted beforehand. A process
    of this machine may hold `worker_mebibytes` in memory; 0 is an equal share.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Literal["local", "dask"] = "local"
    scheduler: str = ""
    tls_authority: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    answer_seconds: float = Field(default=10.0, gt=0)
    partition_rows: int = Field(default=1_000_000, ge=1)
    worker_mebibytes: int = Field(default=0, ge=0)


class ReconcileSettings(BaseModel):
    """When `reconcile` calls a run orphaned, and how often or how far back it does its other work.

    A run of another machine is orphaned after `silence_seconds` without a heartbeat (runs send one
    at least every three minutes); one of this machine when its process is gone. Temporary files of
    unknown processes are removed after `leftover_hours`. The pinned champion is verified again
    every `pin_hours`. Batches scored in the last `look_back_days` are looked up in MLflow.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    silence_seconds: float = Field(default=240.0, gt=0)
    leftover_hours: float = Field(default=24.0, gt=0)
    pin_hours: float = Field(default=24.0, gt=0)
    look_back_days: int = Field(default=30, ge=1)


class MaintenanceSettings(BaseModel):
    """How `maintain` keeps the lake's tables quick to read.

    It merges the files of a month where a table has at least `fewest_files` of them. A file that the
    present version of a table does not use any more is removed after `keep_days`: Delta itself
    forgets after seven which ones they are, and a run that is still to commit may need a day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    fewest_files: int = Field(default=8, ge=2)
    keep_days: int = Field(default=7, ge=1, le=7)
