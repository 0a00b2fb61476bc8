"""Reads files in a process of its own, so that a reader that crashes or hangs is seen and takes nothing along.

A line in: `<portfolio> <month or -> <path>`. A line out: what our readers and, for a .csv, the reference make of the file.
"""

import json
import sys
import traceback
from pathlib import Path

from portfolios import SMALL_DECLARATION, describe_credit_card, describe_small
from reference_reader import read_with_reference

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.validation import check_rows
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError

PORTFOLIOS = {
    "small": (parse_schema(SMALL_DECLARATION), describe_small()),
    "credit-card": (CREDIT_CARD, describe_credit_card()),
}


def read_ours(path, schema, *, month):
    lines = []

    def read():
        for batch in open_statement_file(path, schema=schema, month=month).read_batches():
            lines.extend(batch["line"].to_list())
            yield batch

    try:
        validated = check_rows(read, schema=schema, outcome="kept")
        lines.clear()
        batches = list(validated.batches())
    except InputError as error:
        return {"refused": str(error)}
    rejected = [line for batch in batches for line in batch.rejected["line"].to_list()]
    values = [row for batch in batches for row in batch.accepted.rows()]
    assert len(lines) == len(values) + len(rejected)
    accepted = [line for line in lines if line not in set(rejected)]
    return {
        "refused": "",
        "accepted": list(zip(accepted, values, strict=True)),
        "rejected": rejected,
    }


def read_both(portfolio, month, path):
    schema, dictionary = PORTFOLIOS[portfolio]
    try:
        ours = read_ours(path, schema, month=month)
    except BaseException:  # noqa: BLE001 - whatever it is, it is what the test is after
        ours = {"crashed": traceback.format_exc()}
    if path.suffix != ".csv":
        return {"ours": ours}
    opinion = read_with_reference(path.read_bytes(), dictionary, month=month)
    if opinion.refused:
        return {"ours": ours, "reference": {"refused": opinion.refused}}
    accepted = [[line, values] for line, values in opinion.accepted.items()]
    return {
        "ours": ours,
        "reference": {"refused": "", "accepted": accepted, "rejected": opinion.rejected},
    }


for asked in sys.stdin:
    portfolio, month, path = asked.rstrip("\n").split(" ", 2)
    sys.stdout.write(
        json.dumps(read_both(portfolio, None if month == "-" else month, Path(path))) + "\n"
    )
    sys.stdout.flush()
