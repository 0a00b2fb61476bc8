"""Score a snapshot on the open cluster: the workers write files of scores, and this process commits all of them at once."""

import datetime as dt
from dataclasses import dataclass, field

from credit_default.adapters.dask.task_runs import Cluster
from credit_default.adapters.lake.snapshots import Snapshot
from credit_default.adapters.tables.queries import Written
from credit_default.adapters.tables.worker_files import commit_scores, remove_part_files
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.kept_rows import locate_lake, worker_run
from credit_default.services.partitions.engine import find_engine
from credit_default.services.scoring.partition_scoring import ScoreTask, score_partitions
from credit_default.services.scoring.scored_entry import BatchTally


@dataclass(frozen=True, slots=True)
class ClusterScoring:
    """The scoring of a snapshot's rows by the workers of a cluster."""

    cluster: Cluster
    wiring: Wiring
    bundle: ModelBundle
    snapshot: Snapshot
    model_version: int
    scored_at: dt.datetime
    tally: BatchTally = field(default_factory=BatchTally)

    def write(self) -> Written:
        """Let the workers score all rows, and commit what they wrote, where there are no scores yet.

        Raises:
            InputError: As `score_partitions`.
            ServiceError: As `score_partitions`, or the table cannot be written to; nothing is committed then.
        """
        lake = self.wiring.lake
        with worker_run(self.wiring) as run:
            task = self._build_task(run)
            scored = score_partitions(
                self.cluster,
                self.snapshot,
                self.bundle,
                task,
                partition_rows=self.wiring.settings.engine.partition_rows,
            )
            self.tally.sums, self.tally.trained_row_count = scored.sums, scored.trained_row_count
            written = commit_scores(
                lake, scored.files, batch_id=task.batch_id, model_version=task.model_version
            )
            if written.already_existed:  # by a run that was faster
                remove_part_files(lake, run=run)
        return written

    def _build_task(self, run: str) -> ScoreTask:
        settings = self.wiring.settings
        return ScoreTask(
            locate_lake(self.wiring),
            self.snapshot.digest,
            self.model_version,
            run,
            self.scored_at,
            self.wiring.portfolio,
            settings.reasons,
            settings.loss,
        )


def find_cluster_scoring(
    wiring: Wiring,
    bundle: ModelBundle,
    snapshot: Snapshot,
    model_version: int,
    scored_at: dt.datetime,
) -> ClusterScoring | None:
    """Return the scoring of the snapshot on the open cluster; None where this process scores it alone."""
    cluster = find_engine(wiring)
    if cluster is None:
        return None
    return ClusterScoring(cluster, wiring, bundle, snapshot, model_version, scored_at)
