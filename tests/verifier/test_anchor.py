"""A whole chain that was written anew is unbroken in itself: a head that was noted before tells it from the true one."""

import pytest
from tests.fakes import lake_forging as forge


def rewrite_history(lake):
    """Whoever knows the format leaves one request out, and everything else agrees."""

    def change(rows):
        return [row for row in rows if row["event"] != "retraining requested"]

    forge.forge_ledger(lake, lambda rows: rows)  # so that only the chain may differ
    before = forge.read_head(lake)
    forge.forge_ledger(lake, change if any_request(lake) else forge.say("promoted", by="Eve"))
    return before


def any_request(lake):
    return any(
        entry.event == "retraining requested"
        for entry in forge.read_entries(forge.open_lake(str(lake)))
    )


def test_a_rewritten_chain_holds_without_an_anchor_and_is_found_with_one(
    lake, check_lake, tmp_path
):
    anchor = tmp_path / "heads.txt"
    before = rewrite_history(lake)
    anchor.write_text(f"# noted on New Year's Day\n{before.sequence} {before.entry_hash}\n")

    assert check_lake(lake).code == 0
    anchored = check_lake(lake, "--anchor", str(anchor))
    assert anchored.code == 1
    assert anchored.faults[0].startswith(f"FAULT       ledger entry {before.sequence}: ")
    assert before.entry_hash in anchored.faults[0]


def test_a_true_chain_has_every_head_that_was_noted(verified_lake, check_lake, tmp_path):
    entries = forge.read_entries(forge.open_lake(str(verified_lake)))
    anchor = tmp_path / "heads.txt"
    anchor.write_text("".join(f"{e.sequence} {e.entry_hash}\n" for e in entries[::3]))

    checked = check_lake(verified_lake, "--anchor", str(anchor))

    assert checked.code == 0
    assert f"{len(entries[::3])}  noted heads" in checked.text


@pytest.mark.parametrize("content", ["", "no head\n", "7\n", None])
def test_a_file_that_holds_no_heads_is_refused(verified_lake, check_lake, tmp_path, content):
    anchor = tmp_path / "heads.txt"
    if content is not None:
        anchor.write_text(content)

    checked = check_lake(verified_lake, "--anchor", str(anchor))

    assert checked.code == 2
    assert "heads.txt" in checked.text
