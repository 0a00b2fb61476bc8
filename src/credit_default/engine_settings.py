"""The settings of the engine: whether one process works on a batch, or the workers of a Dask cluster."""

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
