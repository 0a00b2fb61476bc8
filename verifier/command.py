"""The command line: what is checked, what is printed, and with which code it ends."""

import argparse
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from verifier.findings import Finding
from verifier.reading.lake import NotALakeError, open_lake
from verifier.reading.ledger import AnchorError
from verifier.signing import SigningError, check_signature, sign_report
from verifier.verification import Verification, verify

HOLDS, FAULTY, NOT_A_LAKE = 0, 1, 2
_FORM: Final = "credit-default verification 1"


def run(arguments: Sequence[str]) -> int:
    """Check the lake, print what was found, and return 0 where all holds, 1 where something does not, 2 for no lake."""
    given = parse_arguments(arguments)
    try:
        if given.check_report is not None:
            return _check_report(given.check_report, given.key)
        verification = verify(open_lake(given.lake or ""), anchor=given.anchor)
        if given.report is not None:
            report = _describe(given.lake, verification, at=given.at)
            given.report.write_bytes(sign_report(report, given.key))
    except (NotALakeError, AnchorError, SigningError, OSError) as error:
        print(f"verifier: {error}")  # noqa: T201 - the command line
        return NOT_A_LAKE
    return _print(verification)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what was given; words that are none of the command's end the process."""
    parser = argparse.ArgumentParser("python -m verifier", description=__doc__)
    parser.add_argument("lake", nargs="?", help="a folder, or s3://bucket/prefix")
    parser.add_argument(
        "--anchor", type=Path, help="a file of noted heads: a sequence and a hash a line"
    )
    parser.add_argument("--report", type=Path, help="write the report, as JSON, to this file")
    parser.add_argument(
        "--key", type=Path, help="sign it: an ed25519 key in PEM, or a file of secret bytes"
    )
    parser.add_argument("--at", help="the time that the report names; now by default")
    parser.add_argument(
        "--check-report", type=Path, help="check the signature of a report by --key"
    )
    return parser.parse_args(arguments)


def _check_report(path: Path, key: Path | None) -> int:
    if key is None:
        raise SigningError("found no --key, expected the key of the report")
    method = check_signature(path.read_bytes(), key)
    print(f"{path}: signed by this key ({method})")  # noqa: T201 - the command line
    return HOLDS


def _print(verification: Verification) -> int:
    faults = [one for one in verification.findings if one.kind == "fault"]
    gaps = [one for one in verification.findings if one.kind == "not judged"]
    for thing, count in sorted(_count(verification.findings).items()):
        print(f"holds       {count:>9,}  {thing}")  # noqa: T201 - likewise
    for mark, found in (("not judged", gaps), ("FAULT", faults)):
        for one in found:
            print(f"{mark:<10}  {one.line}")  # noqa: T201 - likewise
    head = verification.head
    if head is not None:
        print(f"head        {head.sequence} {head.entry_hash}")  # noqa: T201 - likewise
    print(f"{len(faults)} faults, {len(gaps)} not judged")  # noqa: T201 - likewise
    return FAULTY if faults else HOLDS


def _count(findings: Sequence[Finding]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in findings:
        if one.kind == "holds":
            counts[one.thing] += one.count
    return counts


def _describe(lake: str, verification: Verification, *, at: str | None) -> dict[str, Any]:
    head = verification.head
    lines = {
        kind: [one.line for one in verification.findings if one.kind == kind]
        for kind in ("fault", "not judged")
    }
    return {
        "form": _FORM,
        "lake": lake,
        "at": at or dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "holds": dict(sorted(_count(verification.findings).items())),
        "faults": lines["fault"],
        "not_judged": lines["not judged"],
        "head": None if head is None else {"sequence": head.sequence, "hash": head.entry_hash},
    }
