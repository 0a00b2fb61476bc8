"""The flow `predict`: score one batch of statements with the champion. Scoring the same batch again changes nothing."""

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from credit_default.adapters.files.reading_options import parse_reading_options
from credit_default.flows.events.run_events import announce_summary
from credit_default.flows.runs.artifacts import publish_summary
from credit_default.flows.runs.context import connect, read_clock
from credit_default.flows.runs.kept_flow import build_flow
from credit_default.flows.runs.run_as_script import run_as_script
from credit_default.flows.runs.tasks import build_optional_task, build_retried_task, build_task
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.intake import file_check
from credit_default.services.partitions.engine import open_engine
from credit_default.services.scoring import score_batch, score_record, shadow_run
from credit_default.views.summaries.summary import Summary

check_file = build_task(file_check.check_file, "check")
judge_file = build_task(file_check.judge_file, "judge quality")
load_champion = build_retried_task(score_batch.load_champion, "load champion")
score_file = build_task(score_batch.score_file, "score")
record_scores = build_retried_task(score_record.record_scores, "record")
add_shadow_scores = build_optional_task(shadow_run.add_shadow_scores, "score in the shadow")


@build_flow("predict")
def predict(
    batch: str,
    overrides: dict[str, Any] | None = None,
    config: list[str] | None = None,
    month: str | None = None,
    corrects: str | None = None,
    name: str | None = None,
    file_options: dict[str, str] | None = None,
) -> State[Summary]:
    """Check a file, score its accepted rows, and record the scores; then score them in the shadow by other versions.

    Args:
        batch: The path or s3:// address of the file, or of a folder of part files.
        overrides: Settings that win over all others, nested like a configuration file.
        config: Paths of configuration files.
        month: The statement month, for a file without the column statement_month.
        corrects: The batch_id of an earlier batch whose rejected rows this file corrects.
        name: What people call this batch; by default the file's name.
        file_options: How to read the file: `sheet`, `decimal` and `thousands`, as the command line's options.

    Returns:
        A completed run named `Scored` or `AlreadyScored`, with its summary.
    """
    wiring = connect(overrides or {}, config or [])
    with open_engine(wiring):
        checked = check_file(
            wiring,
            batch,
            month=month,
            outcome="ignored",
            corrects=corrects,
            name=name,
            options=parse_reading_options(file_options or {}, thing="file_options"),
        )
        verdict = judge_file(wiring, checked, judged_at=read_clock())
        champion = load_champion(wiring, checked)
        scored = score_file(wiring, checked, champion, scored_at=read_clock())
        summary = record_scores(wiring, checked, scored, verdict, recorded_at=read_clock())
        publish_summary(
            summary, simulated=checked.data_origin == SIMULATED, room=wiring.settings.room.address
        )
        announce_summary(summary)
        summary = add_shadow_scores(
            wiring, summary, clock=read_clock
        ) or shadow_run.report_failed_shadow(
            summary, "an unexpected error, which is in the log of its task"
        )
    return Completed(
        name="AlreadyScored" if scored.already_scored else "Scored",
        message=summary.status,
        data=summary,
    )


if __name__ == "__main__":
    run_as_script(predict)
