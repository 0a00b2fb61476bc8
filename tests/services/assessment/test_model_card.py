import base64
import datetime as dt
import json
import shutil
import subprocess
from dataclasses import replace

import pytest

from credit_default.adapters.bundles.signing_keys import make_key
from credit_default.adapters.mlflow.run_search import read_run_text
from credit_default.errors import ArtifactError, InputError
from credit_default.services.assessment.model_card import PARTS, publish_card
from credit_default.services.assessment.stored_card import CARD_CONTENT, read_card, summarise_card
from credit_default.services.assessment.validation_study import assess_challenger
from credit_default.services.champion.alias_history import PROMOTED
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.promotion_contest import judge_challenger
from credit_default.services.training.register_and_promote import (
    apply_promotion_verdict,
    register_challenger,
)
from credit_default.services.training.training_rows import split_rows
from credit_default.views.documents.markdown import render_document_markdown

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
WATCHED = (
    'a simple rival ranks better: scorecard ranks better; train with recipe.family = "scorecard"'
)


@pytest.fixture(scope="module")
def wiring(tmp_path_factory, mlflow_template, champion_lake):
    """A lake with one version that has been through everything that a training does."""
    from credit_default.services.context.wiring import build_wiring

    root = tmp_path_factory.mktemp("carded")
    make_key(root / "key.pem")
    quick = {
        "lake": str(root / "lake"),
        "signing": {"key": str(root / "key.pem")},
        "stability": {"refit_count": 1},
        "proxies": {"tree_count": 5},
    }
    settings = type(champion_lake.wiring.settings)(
        **(champion_lake.wiring.settings.model_dump() | quick)
    )
    wiring = build_wiring(settings, commit="0123abc")
    shutil.copy(mlflow_template, wiring.lake.home / "mlflow.db")
    return wiring


@pytest.fixture(scope="module")
def summary(wiring, champion_lake):
    rows, sides = champion_lake.training, split_rows(wiring, champion_lake.training)
    challenger = fit_challenger(wiring, rows, sides)
    assessed = assess_challenger(wiring, challenger, sides)
    registered = register_challenger(wiring, rows, challenger, None, trained_at=NOON)
    judged = judge_challenger(
        wiring, challenger, sides, now=NOON, champion=None, rivals=assessed.rivals
    )
    verdict = replace(judged, level="watch", reasons=(*judged.reasons, WATCHED))
    summary = apply_promotion_verdict(
        wiring, registered, verdict, champion=None, rows=rows, decided_at=NOON
    )
    return publish_card(
        wiring,
        registered,
        summary,
        challenger=challenger,
        assessment=assessed,
        rows=rows,
    )


@pytest.fixture
def version(wiring, summary):
    return wiring.registry.find_version(summary.model_version)


def test_card_is_in_the_versions_run_in_three_forms_beside_its_evidence(wiring, summary):
    listed = {
        item.path
        for folder in ("card", "validation", "figures")
        for item in wiring.tracking.client.list_artifacts(summary.run_id, folder)
    }

    assert {
        "card/card.html",
        "card/card.md",
        "card/card.json",
        "validation/evidence.json",
    } <= listed
    assert summary.paths["model card"].endswith("/card/card.html")
    assert "figures/roc.png" in listed


def test_card_shows_what_the_run_measured_and_no_other_figure(wiring, summary, version):
    metrics = wiring.tracking.client.get_run(summary.run_id).data.metrics
    reported = render_document_markdown(read_card(wiring, version, now=NOON))

    for name in ("roc_auc", "brier", "log_loss"):
        assert f"{metrics[name]:.4f}" in reported
    assert version.digest in reported
    assert f"{metrics['fairness_lowest_ratio_sex']:.3f}" in reported


def test_evidence_is_json_and_holds_every_part(wiring, summary, version):
    evidence = json.loads(
        read_run_text(wiring.tracking, summary.run_id, "validation/evidence.json")
    )

    assert {
        "economics",
        "fairness",
        "rivals",
        "seat",
        "folds_told",
        "stability",
        "sensitivity",
        "slices",
        "evaluation",
        "verdict",
    } <= set(evidence)
    assert evidence["model"]["digest"] == version.digest
    assert evidence["data"]["test_count"] == evidence["evaluation"]["row_count"]


def test_a_rival_that_ranks_better_is_on_the_card_and_keeps_nobody_from_promotion(
    wiring, summary, version
):
    stored = json.loads(read_run_text(wiring.tracking, summary.run_id, "card/card.json"))
    shown = render_document_markdown(read_card(wiring, version, now=NOON))

    assert (summary.status, summary.exit_code) == (PROMOTED, 0)
    assert wiring.registry.find_champion().number == version.number
    assert "scorecard ranks better" in json.dumps(stored)
    assert "scorecard ranks better" in shown
    assert "promotion\\: watch" in shown


def test_parts_list_names_the_model_by_its_digest(wiring, summary, version):
    parts = json.loads(read_run_text(wiring.tracking, summary.run_id, PARTS))

    assert parts["metadata"]["timestamp"] == NOON.isoformat()
    assert version.digest in json.dumps(parts["metadata"]["component"])


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl: install it")
def test_parts_list_is_signed_as_openssl_checks_it(wiring, summary, tmp_path):
    def ask_openssl(*words):
        line = ["openssl", *map(str, words)]
        return subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)

    text = read_run_text(wiring.tracking, summary.run_id, PARTS)
    signature = read_run_text(wiring.tracking, summary.run_id, f"{PARTS}.sig")
    (tmp_path / "parts.cdx.json").write_text(text, encoding="utf-8")
    (tmp_path / "changed.json").write_text(text.replace("CycloneDX", "CycloneDY"), encoding="utf-8")
    (tmp_path / "parts.sig").write_bytes(base64.b64decode(signature))
    ask_openssl("pkey", "-in", wiring.signing_key, "-pubout", "-out", "key.pub.pem")
    verify = ("pkeyutl", "-verify", "-pubin", "-inkey", "key.pub.pem", "-rawin", "-in")

    right = ask_openssl(*verify, "parts.cdx.json", "-sigfile", "parts.sig")
    wrong = ask_openssl(*verify, "changed.json", "-sigfile", "parts.sig")

    assert (right.returncode, right.stdout.strip()) == (0, "Signature Verified Successfully")
    assert wrong.returncode == 1


def test_card_opens_with_what_the_registry_says_today(wiring, version):
    card = read_card(wiring, version, now=NOON)

    assert card.sections[0].title == "Today"
    assert ("alias", "champion") in card.sections[0].blocks[0].rows
    assert [section.title for section in card.sections[1:3]] == ["At a glance", "Approval"]


def test_simulated_clients_are_named_on_the_cards_head(wiring, version):
    assert "SIMULATED" in read_card(wiring, version, now=NOON).warning


def test_summary_of_a_card_says_alias_and_address(wiring, version):
    summary = summarise_card(wiring, version)

    assert (summary.status, summary.model_version) == ("champion", version.number)
    assert summary.paths["model card"].endswith("card.html")


def test_run_without_a_card_is_named(wiring, version):
    with wiring.tracking.start_run("train", name="bare", tags={}) as run:
        bare = replace(version, run_id=run.run_id)

    with pytest.raises(InputError, match="no card"):
        read_card(wiring, bare, now=NOON)


def test_card_that_is_none_is_refused(wiring, version):
    with wiring.tracking.start_run("train", name="odd", tags={}) as run:
        run.record_files({CARD_CONTENT: b"<script>"})
        odd = replace(version, run_id=run.run_id)

    with pytest.raises(ArtifactError, match="model card"):
        read_card(wiring, odd, now=NOON)
