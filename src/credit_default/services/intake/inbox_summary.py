"""Sum up what was done with the files of the inbox, for the summary of the run or for the error that ended it."""

from collections.abc import Sequence
from dataclasses import dataclass

from credit_default.errors import CreditDefaultError
from credit_default.views.summaries.summary import Summary


@dataclass(frozen=True, slots=True)
class ProcessedFile:
    """The result for one waiting file: scored, refused, or neither; `note` describes it in one line."""

    note: str
    scored: Summary | None = None
    refused: bool = False


def add_progress_to_remedy(
    error: CreditDefaultError, processed: Sequence[ProcessedFile]
) -> CreditDefaultError:
    """Return the same error, whose remedy also says what was done before it and need not be done again."""
    if not processed:
        return error
    remedy = f"{error.remedy} Done before this, and not to be repeated: {_count(processed)}."
    return type(error)(error.thing, found=error.found, expected=error.expected, remedy=remedy)


def _count(processed: Sequence[ProcessedFile]) -> str:
    scored = sum(file.scored is not None for file in processed)
    refused = sum(file.refused for file in processed)
    return f"{scored} scored, {refused} refused"


def summarise_inbox(processed: Sequence[ProcessedFile]) -> Summary:
    """Return the summary of the run: what was scored and refused, and a note for each other file."""
    scored = [file.scored for file in processed if file.scored is not None]
    refused = [file.note for file in processed if file.refused]
    only = scored[0] if len(scored) == len(processed) == 1 else None
    return Summary(
        "predict",
        _count(processed),
        exit_code=1 if refused else 0,
        verdicts=tuple(verdict for summary in scored for verdict in summary.verdicts),
        batch_id=only.batch_id if only else None,
        model_version=only.model_version if only else None,
        counts={
            "scored": sum(s.counts.get("scored", 0) for s in scored),
            "quarantined": sum(s.counts.get("quarantined", 0) for s in scored),
        },
        notes=(*refused, *(file.note for file in processed if not file.refused)),
    )
