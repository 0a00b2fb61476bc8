"""Random histories end with books that balance, and the books notice what is wrong.

`python -m tests.histories --seed N` lives the history of a seed again, as a failure says.
"""

import copy
import hashlib
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from tests.fakes.shared_folders import copy_shared_folder
from tests.histories.books import judge_books
from tests.histories.conductor import Fate, watch_store
from tests.histories.planted import IN_CODE, IN_STATE, plant
from tests.histories.template import make_template
from tests.histories.workload import CHOICES, FAULTS, Act, draw_workload

pytestmark = pytest.mark.xdist_group("histories")

ROOT = Path(__file__).resolve().parents[2]
ORDINARY = 6
LONG = 1_000  # in two halves, one for each core
RICH = 581  # the seed of a short history in which files are delivered, scored and outcomes taken in


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    made_by = hashlib.sha256(Path(inspect.getfile(make_template)).read_bytes()).hexdigest()[:8]
    target = tmp_path_factory.mktemp("histories") / "template"
    return copy_shared_folder(f"histories-{made_by}", target, make=make_template)


def run_histories(template, *words, source=ROOT / "src"):
    path = os.pathsep.join([str(source), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "tests.histories", "--template", str(template), *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def rich(template, tmp_path_factory):
    """What is known of the files, and of a history in which much happened."""
    out = tmp_path_factory.mktemp("rich") / "history.json"
    ended = run_histories(template, "--seed", RICH, "--short", "--out", out)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads((template / "facts.json").read_text()), json.loads(out.read_text())


def test_books_balance_after_each_of_a_few_short_histories(template):
    ended = run_histories(template, "--seed", 1, "--count", ORDINARY, "--short")

    print(ended.stdout)  # noqa: T201 - the seeds and what was struck, for people who ask with -s
    assert ended.returncode == 0, ended.stdout + ended.stderr[-4_000:]
    assert f"{ORDINARY} histories, seeds 1 to {ORDINARY} short: 0 failed" in ended.stdout


@pytest.mark.nightly
@pytest.mark.parametrize(
    "first",
    [
        pytest.param(seed, marks=pytest.mark.xdist_group(f"histories from {seed}"))
        for seed in (1_001, 1_001 + LONG // 2)
    ],
)
def test_books_balance_after_each_of_a_thousand_histories(template, first):
    ended = run_histories(template, "--seed", first, "--count", LONG // 2)

    print(ended.stdout)  # noqa: T201 - likewise
    assert ended.returncode == 0, ended.stdout + ended.stderr[-4_000:]


def test_a_seed_is_one_workload_and_two_seeds_are_two():
    assert draw_workload(7) == draw_workload(7)
    assert draw_workload(7) != draw_workload(8)


def test_a_thousand_seeds_have_every_act_and_every_fault():
    drawn = [draw_workload(seed) for seed in range(LONG)]
    acts = [act for one in drawn for client in one.clients for act in client]

    assert {(act.name, act.given) for act in acts} == {choice for choice, _ in CHOICES}
    assert {len(one.clients) for one in drawn} == {2, 3, 4, 5, 6}
    assert {strike.fault for one in drawn for strike in one.strikes} == set(FAULTS)
    for fault in ("killed_at", "full_at", "largest_file", "away", "skew", "mlflow", "slow_disk"):
        assert sum(bool(getattr(act, fault)) for act in acts) > LONG / 10, fault


def test_a_store_that_is_gone_fails_in_a_history_as_a_real_one_does(tmp_path):
    fate = Fate(draw_workload(1), 0)
    real = create_engine(f"sqlite:///{tmp_path}/no/folder/mlflow.db")
    planted = create_engine(f"sqlite:///{tmp_path}/mlflow.db")
    errors = []
    with watch_store(fate):
        fate.begin(Act("", mlflow="gone", mlflow_at=1))
        fate.passed = 1
        for engine in (real, planted):
            with pytest.raises(OperationalError) as raised, engine.connect() as opened:
                opened.execute(text("select 1"))
            errors.append((type(raised.value.orig), str(raised.value.orig)))

    assert errors[0] == errors[1]
    with planted.connect() as opened:
        assert opened.execute(text("select 1")).scalar() == 1


@pytest.mark.nightly
def test_the_books_of_an_undisturbed_history_balance(rich):
    facts, history = rich

    assert history["told"]
    assert judge_books(facts, history) == []


@pytest.mark.parametrize("name", IN_STATE)
def test_what_is_wrong_in_a_lake_is_named(rich, name):
    facts, history = rich
    spoiled = copy.deepcopy(history)
    spoil, named = IN_STATE[name]

    spoil(spoiled["state"])

    faults = judge_books(facts, spoiled)
    assert [fault for fault in faults if fault.startswith(named)], faults


def test_an_erased_client_who_is_back_is_named(rich):
    facts, history = copy.deepcopy(rich)
    victim = facts["victims"][0]
    answer = {"exit": 0, "said": "forgotten", "batch": "", "version": 0, "counts": {}}
    history["told"].append({"asked": {"name": "forget", "given": "0"}, "answer": answer})
    for name, place in (("scores", 2), ("quarantine", 2), ("outcomes", 0), ("observations", 0)):
        history["state"][name] = [r for r in history["state"][name] if r[place] != victim]
    kept = history["state"]["snapshots"]
    kept |= {batch: [key for key in rows if key[0] != victim] for batch, rows in kept.items()}
    assert judge_books(facts, history) == []

    batch, version, _, month = history["state"]["scores"][0]
    history["state"]["scores"].append([batch, version, victim, month])

    assert any(fault.startswith("erased: 1 rows") for fault in judge_books(facts, history))


def test_a_lake_that_could_not_be_settled_is_named(rich):
    facts, history = rich

    (fault,) = judge_books(facts, {**history, "state": {}})

    assert fault.startswith("lost: the lake could not be settled")


@pytest.mark.nightly
@pytest.mark.parametrize("name", IN_CODE)
def test_a_fault_in_the_code_is_named_with_the_seed_that_met_it(template, tmp_path, name):
    fault = IN_CODE[name]

    ended = run_histories(template, "--seed", fault.seed, "--short", source=plant(fault, tmp_path))

    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert fault.kind in ended.stdout
    assert f"again: python -m tests.histories --seed {fault.seed} --short" in ended.stdout
