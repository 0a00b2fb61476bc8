import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.explanation.credit_card_reasons import CREDIT_CARD_REASONS
from credit_default.model.explanation.reason_codes import (
    LOWEST_CONTRIBUTION_SHARE,
    PROTECTED_CONCEPT,
    ReasonFinder,
    ReasonsPolicy,
    build_reason_finder,
)
from credit_default.model.explanation.reason_table import (
    NO_REASONS,
    Concept,
    Condition,
    ReasonTable,
    Wording,
)
from credit_default.model.explanation.shapley import Explanation

PROTECTED_WORDS = (
    "sex",
    "male",
    "female",
    "woman",
    "man ",
    "marri",
    "single",
    "spouse",
    "age ",
    "old",
    "young",
    "years",
)


@pytest.fixture(scope="module")
def referenced(bundle, make_rows):
    return attach_reference(bundle, make_rows(200, seed=4, prefix="R"))


@pytest.fixture(scope="module")
def finder(referenced) -> ReasonFinder:
    return build_reason_finder(referenced, CREDIT_CARD_REASONS, schema=CREDIT_CARD)


@pytest.fixture(scope="module")
def declined(referenced, make_rows) -> pl.DataFrame:
    asked = make_rows(300, seed=9, prefix="Q")
    return asked.filter(pl.Series(score_probability(referenced, asked) >= 1 / 6))


def explain_by(finder: ReasonFinder, added: dict[str, float], *, base: float = 0.1) -> Explanation:
    """An explanation of one row in which the first feature of each named concept adds what is said here."""
    names = finder.explainer.bundle.feature_names
    contributions = np.zeros((1, len(names)))
    for concept in finder.table.concepts:
        contributions[0, names.index(concept.features[0])] = added.get(concept.name, 0.0)
    return Explanation(names, contributions, np.array([base + sum(added.values())]), base)


def make_client(make_rows, **values) -> pl.DataFrame:
    return make_rows(1).with_columns(**{name: pl.lit(value) for name, value in values.items()})


def be_late(months_late: int, *, months=range(1, 7)) -> dict[str, int]:
    return {
        f"repayment_status_m{month}": months_late if month in months else -1
        for month in range(1, 7)
    }


def test_every_declined_client_has_one_to_four_reasons(finder, declined):
    counts = [len(reasons) for reasons in finder.find_reasons(declined)]

    assert len(counts) == declined.height > 50
    assert set(counts) <= {1, 2, 3, 4}
    assert max(counts) == 4


def test_reasons_are_the_largest_contributions_first(finder, make_rows):
    client = make_client(make_rows, credit_limit=10_000.0, **be_late(2))
    explanation = explain_by(
        finder, {"credit limit": 0.05, "late payments": 0.3, "latest payment": 0.1}
    )

    (reasons,) = finder.select_reasons(explanation, client)

    assert reasons == [
        "Payments two or more months late, in several of the last six months",
        "The latest payment is two or more months late",
        "The credit limit granted so far is low",
    ]


def test_equal_contributions_are_reported_in_the_order_of_their_names(finder, make_rows):
    client = make_client(make_rows, credit_limit=10_000.0, **be_late(2))

    (reasons,) = finder.select_reasons(
        explain_by(
            finder, {"latest payment": 0.1, "credit limit": 0.1 + 1e-15, "late payments": 0.1}
        ),
        client,
    )

    assert [reason[:14] for reason in reasons] == [
        "The credit lim",
        "Payments two o",
        "The latest pay",
    ]


def test_what_lowers_the_probability_is_no_reason(finder, make_rows):
    client = make_client(make_rows, credit_limit=10_000.0, **be_late(2))

    (reasons,) = finder.select_reasons(
        explain_by(finder, {"credit limit": -0.1, "late payments": 0.3}), client
    )

    assert reasons == ["Payments two or more months late, in several of the last six months"]


def test_a_small_part_of_the_rise_is_no_principal_reason(finder, make_rows):
    client = make_client(make_rows, credit_limit=10_000.0, **be_late(2))
    small = LOWEST_CONTRIBUTION_SHARE * 0.3

    (reasons,) = finder.select_reasons(
        explain_by(finder, {"credit limit": small, "late payments": 0.3}), client
    )

    assert len(reasons) == 1


def test_a_sixteenth_of_the_rise_is_a_principal_reason(finder, make_rows):
    client = make_client(make_rows, credit_limit=10_000.0, **be_late(2))

    (reasons,) = finder.select_reasons(
        explain_by(finder, {"credit limit": 0.02, "late payments": 0.3}), client
    )

    assert len(reasons) == 2


def test_no_client_without_late_payments_has_them_as_a_reason(finder, make_rows):
    client = make_client(make_rows, credit_limit=10_000.0, **be_late(-1))

    (reasons,) = finder.select_reasons(
        explain_by(finder, {"credit limit": 0.1, "late payments": 0.3, "latest payment": 0.2}),
        client,
    )

    assert reasons == ["The credit limit granted so far is low"]


def test_where_no_wording_holds_the_subject_is_the_reason(finder, make_rows):
    client = make_client(make_rows, **be_late(-1))

    (reasons,) = finder.select_reasons(explain_by(finder, {"late payments": 0.3}), client)

    assert reasons == ["How often and how late payments were in the last six months"]


def test_a_client_whom_nothing_raises_has_no_reason(finder, make_rows):
    assert finder.select_reasons(
        explain_by(finder, {"late payments": -0.05}), make_client(make_rows)
    ) == [[]]


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (be_late(2), "Payments two or more months late, in several of the last six months"),
        (be_late(3, months=[4]), "A payment two or more months late in the last six months"),
        (be_late(1, months=[1]), "A payment a month late in the last six months"),
    ],
)
def test_lateness_is_worded_as_it_was(finder, make_rows, late, words):
    assert finder.select_reasons(
        explain_by(finder, {"late payments": 0.3}), make_client(make_rows, **late)
    ) == [[words]]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (2, "Level of education on file"),
        (0, "No documented level of education on file"),
        (5, "No documented level of education on file"),
    ],
)
def test_education_is_worded_as_what_is_on_file(finder, make_rows, code, words):
    assert finder.select_reasons(
        explain_by(finder, {"education": 0.3}), make_client(make_rows, education=code)
    ) == [[words]]


def test_reasons_are_the_client_s_own_whatever_the_batch_and_its_order(finder, declined):
    whole = finder.find_reasons(declined)

    assert [
        reasons
        for part in declined.head(35).iter_slices(7)
        for reasons in finder.find_reasons(part)
    ] == whole[:35]
    assert [
        reasons for part in declined.head(4).iter_slices(1) for reasons in finder.find_reasons(part)
    ] == whole[:4]
    mixed = np.random.default_rng(0).permutation(declined.height)
    assert finder.find_reasons(declined[mixed.tolist()]) == [whole[place] for place in mixed]
    assert finder.find_reasons(declined[:0]) == []


def test_another_process_gives_the_same_reasons(finder, declined, tmp_path):
    script = tmp_path / "again.py"
    script.write_text(
        "import json, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "import polars as pl\n"
        "from conftest import fit_small, make_rows\n"
        "from credit_default.data.credit_card.statements import CREDIT_CARD\n"
        "from credit_default.model.explanation.credit_card_reasons import CREDIT_CARD_REASONS\n"
        "from credit_default.model.explanation.reason_codes import build_reason_finder\n"
        "from credit_default.model.estimator.scoring import attach_reference\n"
        "bundle = attach_reference(fit_small(make_rows()), make_rows(200, seed=4, prefix='R'))\n"
        "giver = build_reason_finder(bundle, CREDIT_CARD_REASONS, schema=CREDIT_CARD)\n"
        "clients = sys.argv[1].split(',')\n"
        "rows = make_rows(300, seed=9, prefix='Q').filter(pl.col('client_id').is_in(clients))\n"
        "print(json.dumps(giver.find_reasons(rows)))\n"
    )
    asked = declined.tail(20)
    ended = subprocess.run(
        [sys.executable, str(script), ",".join(asked["client_id"])],
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(ended.stdout) == finder.find_reasons(asked)


def test_no_reason_can_ever_speak_of_a_protected_attribute(rows, fit_small, bundle, make_rows):
    recipe = replace(bundle.recipe, include_protected=True)
    let_in = attach_reference(fit_small(rows, recipe=recipe), make_rows(200, seed=4, prefix="R"))

    for declared in (CREDIT_CARD_REASONS, NO_REASONS):
        finder = build_reason_finder(let_in, declared, schema=CREDIT_CARD)
        in_concepts = {name for concept in finder.table.concepts for name in concept.features}
        assert in_concepts == set(let_in.feature_names) - {"sex", "marriage", "age"}
        explanation = explain_by(finder, {"late payments": 0.1})
        explanation.contributions[0, let_in.feature_names.index("age")] = 0.5
        assert not any(
            "age" in reason.split()
            for reasons in finder.select_reasons(explanation, rows[:1])
            for reason in reasons
        )
        assert finder.sum_concepts(explanation)[PROTECTED_CONCEPT].tolist() == [0.5]


def test_no_wording_describes_a_protected_attribute():
    texts = [
        f"{c.subject} {' '.join(w.text for w in c.wordings)} ".lower()
        for c in CREDIT_CARD_REASONS.concepts
    ]

    assert [text for text in texts for word in PROTECTED_WORDS if f" {word}" in text] == []


def test_a_model_with_protected_features_alone_has_no_reasons(finder, declined):
    without_concepts = replace(finder, table=ReasonTable(finder.table.measures, ()))

    assert without_concepts.find_reasons(declined[:2]) == [[], []]


def test_medians_are_those_of_the_accepted_clients(finder, make_rows):
    accepted = finder.explainer.background_rows
    middle = float(accepted["credit_limit"].median())
    table = replace(
        finder.table,
        concepts=(
            Concept(
                "credit limit",
                "s",
                ("credit_limit",),
                (Wording("low", (Condition("limit", "below"),)),),
            ),
        ),
    )
    asked = replace(finder, table=table)

    def find_texts(limit: float) -> list[str]:
        client = make_client(make_rows, credit_limit=limit)
        names = finder.explainer.bundle.feature_names
        added = np.array([[0.2 if name == "credit_limit" else 0.0 for name in names]])
        return asked.select_reasons(Explanation(names, added, np.array([0.3]), 0.1), client)[0]

    assert find_texts(middle - 1_000) == ["low"]
    assert find_texts(middle) == ["s"]  # at the median a limit is neither low nor high


@pytest.mark.parametrize(("mode", "count"), [("auto", 5), ("all", 7), ("none", 0)])
def test_policy_says_how_many_declined_clients_are_given_reasons(mode, count):
    assert ReasonsPolicy(mode, limit=5).count_explained(7) == count
    assert ReasonsPolicy(mode, limit=5).count_explained(0) == 0


@pytest.mark.parametrize("wrong", [{"mode": "some"}, {"limit": -1}])
def test_policy_that_cannot_be_meant_is_refused(wrong):
    with pytest.raises(InputError, match="reasons"):
        ReasonsPolicy(**wrong)
