"""Write docs/data-dictionary.md from the declarations in the code: what `make docs` calls."""  # noqa: INP001 - a script

from pathlib import Path

import pyarrow as pa

from credit_default.adapters.tables.schemas import TABLES
from credit_default.data.credit_card.outcomes import OBSERVED_OUTCOMES
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.views.exports.data_dictionary import (
    TableColumn,
    TableDescription,
    render_dictionary,
)

PAGE = Path(__file__).with_name("data-dictionary.md")

# What Arrow's types are called on the page; a type that is missing here must be given a name for readers.
KINDS = {
    pa.string(): "text",
    pa.int64(): "integer, 64 bits",
    pa.float64(): "number, 64 bits",
    pa.timestamp("us", tz="UTC"): "time, UTC",
    pa.list_(pa.field("element", pa.string())): "list of texts",
}
ROWS = {
    "scores": "One row for each scored client of a batch and model version.",
    "shadow_scores": "One row for each client of a batch that a version other than the champion scored beside it; nothing is decided by it.",
    "quarantine": "One row for each rejected row of a file, statements and outcomes alike.",
    "outcomes": "One row for each client and month whose outcome is known: the one observed last.",
    "outcome_history": "One row for each observation of an outcome that ever arrived, with the file that it came from.",
    "ledger": "One row for each decision of the system, with the hash of the one before.",
    "monitoring": "One row for each batch, model version and gate: what the monitors found last.",
    "alarms": "One row for each alarm of a gate about a model version, from its opening to its closing.",
    "overrides": "One row for each time a person decided otherwise about a client than the model's threshold did; the last one of a client and month is in force.",
    "findings": "One row for each finding of a reviewer about a model version, from its opening to its closing.",
    "reviews": "One row for each review of a model version: its tier and the reviewer's opinion.",
    "access_log": "One row for each look at a client in the control room, written before the page is sent. It names no client.",
    "pseudonyms": "One row for each client whom somebody looked at: the key that leads from the client to the entries of the access log. `forget` deletes it, and the entries stay.",
}
_COMMON = {
    "client_id": "The client, as in the statements.",
    "statement_month": "The month of the latest statement, YYYY-MM. The table is partitioned by it.",
    "batch_id": "Identifies the batch by its content.",
    "model_version": "The registered version that scored the batch.",
}
MEANINGS = {
    "scores": _COMMON
    | {
        "default_probability": "How likely a default in the month after statement_month is, 0 to 1.",
        "decision": "`decline` at or above the model's threshold, else `accept`.",
        "risk_band": "The band of the decision policy that the probability falls into.",
        "expected_loss": "Expected loss of a missed payment: probability × exposure at default × share not cured × loss given default, NT dollars, by the assumptions of the settings' section `loss`; empty where the portfolio declares none.",
        "reasons": "Up to four reasons of a declined client, the most important first; empty for others, and beyond `reasons.limit`.",
        "scored_at": "When the batch was scored.",
    },
    "shadow_scores": _COMMON
    | {
        "default_probability": "How likely a default in the month after statement_month is by this version, 0 to 1.",
        "scored_at": "When this version scored the batch.",
    },
    "quarantine": _COMMON
    | {
        "statement_month": "As in the file, or `unknown` where the row has no readable month. Partitioned by it.",
        "line": "The row's line in the file; the header is line 1.",
        "client_id": "As in the file.",
        "rules": "Every rule that the row broke, by name.",
        "raw_values": "The row as it was in the file: a JSON object of texts.",
    },
    "outcomes": _COMMON
    | {
        "defaulted": "1 when the client defaulted in the month after statement_month, else 0.",
        "observed_at": "When this became known.",
    },
    "outcome_history": _COMMON
    | {
        "defaulted": "1 when the client was observed to default in the month after statement_month, else 0.",
        "observed_at": "When this became known.",
        "batch_id": "Identifies the outcomes file by its content.",
        "taken_in_at": "When the file was taken in.",
    },
    "ledger": _COMMON
    | {
        "sequence": "1, 2, 3 …",
        "month": "Of `decided_at`, YYYY-MM. The table is partitioned by it.",
        "decided_at": "When the decision was made.",
        "event": "ingested, scored, scored in the shadow, not scored in the shadow, promoted, kept, refused, rolled back, alarmed, outcomes taken in, decision overridden, finding opened, finding closed, reviewed, alarm opened, alarm closed, promotion requested, promotion refused, approval requested, retraining requested, forgetting, cut short or forgotten.",
        "key": "Identifies the decision: one entry a key.",
        "batch_id": "The batch that the decision is about, or empty.",
        "model_version": "The version that the decision is about, or 0.",
        "details": "Digests, counts and versions: a JSON object, without client data.",
        "previous_hash": "The hash of the entry before; 64 zeros in the first.",
        "entry_hash": "sha256 of this entry, the hash before it included.",
    },
    "monitoring": _COMMON
    | {
        "statement_month": "The newest month of the batch, YYYY-MM. The table is partitioned by it.",
        "gate": "`drift`, `feed`, `volume`, `estimate`, `fairness`, `performance` or `retraining`.",
        "level": "`ok`, `watch`, `alarm` or `not judged`.",
        "reasons": "The reasons, the most important first.",
        "figures": "The figures behind the verdict: a JSON object of numbers.",
        "row_count": "Rows that were compared.",
        "expected_loss": "The sum of the rows' expected losses, NT dollars; empty where the portfolio declares none.",
        "data_origin": "`real` or `simulated`.",
        "report_path": "Where the report for people is.",
        "monitored_at": "When the batch was monitored.",
    },
    "alarms": {
        "alarm_id": "Gate, model version and the month that opened it.",
        "gate": "The gate that raised the alarm.",
        "model_version": "The registered version that the alarm is about.",
        "statement_month": "The month of the batch that opened it, YYYY-MM. The table is partitioned by it.",
        "batch_id": "The batch that opened it.",
        "opened_at": "When it was opened.",
        "closed_month": "The month of the batch that closed it; empty while it is open, or where no batch did.",
        "closed_because": "Why it was closed; empty while it is open.",
        "closed_at": "When it was closed; empty while it is open.",
        "opening_told": "`told`, `nobody to tell` or what failed: the state of the message about its opening; empty until it was sent.",
        "closing_told": "Likewise, of the message about its closing.",
    },
    "overrides": _COMMON
    | {
        "scored_decision": "What the model's threshold decided: `accept` or `decline`. The score itself never changes.",
        "decision": "What the person decided; where it is the scored one, an earlier override is taken back.",
        "reason": "Why, in the person's words.",
        "decided_by": "Who decided, as declared.",
        "decided_at": "When, ISO 8601, UTC.",
        "salt": "A secret of the row, so that its digest in the ledger tells nothing once the row is erased.",
    },
    "findings": {
        "finding_id": "Identifies the finding, in the ledger too.",
        "month": "Of `opened_at`, YYYY-MM. The table is partitioned by it.",
        "model_version": "The registered version that it is about.",
        "severity": "`high`, `medium` or `low`.",
        "title": "What was found.",
        "owner": "Who has to see to it.",
        "due": "By when, YYYY-MM-DD.",
        "opened_by": "Who found it.",
        "opened_at": "When it was opened, ISO 8601, UTC.",
        "closed_by": "Who closed it; empty while it is open.",
        "closed_because": "Why; empty while it is open.",
        "closed_at": "When, ISO 8601, UTC; empty while it is open.",
    },
    "reviews": {
        "month": "Of `reviewed_at`, YYYY-MM. The table is partitioned by it.",
        "model_version": "The registered version that was reviewed.",
        "tier": "1 to 3; 1 is the most material.",
        "opinion": "`fit for use`, `fit with conditions` or `not fit for use`.",
        "reason": "Why, in the reviewer's words.",
        "next_review": "The day of the next review, YYYY-MM-DD.",
        "reviewed_by": "Who reviewed it.",
        "reviewed_at": "When, ISO 8601, UTC.",
    },
    "access_log": {
        "entry_id": "Identifies the entry.",
        "month": "Of `looked_at`, YYYY-MM. The table is partitioned by it.",
        "looked_at": "When the page was asked for.",
        "person": "Who asked, as signed in.",
        "role": "The role of that person then.",
        "page": "What was asked for.",
        "batch_id": "The batch in which the client was looked at; empty where no client was found.",
        "client_hash": "HMAC-SHA256 of the client's id under the key in `pseudonyms`; empty where no client was found.",
    },
    "pseudonyms": {
        "month": "Of the first look at the client, YYYY-MM. The table is partitioned by it.",
        "client_id": "The client, as in the statements.",
        "secret": "The key of the hash by which entries of the access log name this client: 32 random bytes, as hex.",
    },
}


def build_page() -> str:
    """Build the page from the declarations as they are now."""
    return render_dictionary(
        CREDIT_CARD, outcomes=OBSERVED_OUTCOMES, tables=[describe_table(name) for name in TABLES]
    )


def describe_table(name: str) -> TableDescription:
    """Describe a table of the lake; a KeyError names a column or type that has no description yet."""
    columns = tuple(
        TableColumn(field.name, KINDS[field.type], MEANINGS[name][field.name])
        for field in TABLES[name]
    )
    return TableDescription(name, ROWS[name], columns)


if __name__ == "__main__":
    page = build_page()
    PAGE.write_text(page, encoding="utf-8")
    print(f"wrote {PAGE.parent.name}/{PAGE.name}, {len(page.splitlines())} lines")  # noqa: T201 - what make shows
