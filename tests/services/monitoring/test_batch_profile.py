from dataclasses import replace

import numpy as np
import pytest

from credit_default.data.checking.duplicate_keys import hash_keys
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.services.monitoring.batch_profile import profile_batch
from credit_default.services.monitoring.monitored_batch import find_batch


@pytest.fixture(scope="module")
def november(known_rows):
    return known_rows.filter(statement_month="2005-11").drop("defaulted")


def test_batch_and_reference_are_counted_alike_and_the_chosen_rows_kept(
    champion_lake, score_rows, november
):
    rows = november.slice(0, 260)
    batch = find_batch(champion_lake.wiring, score_rows(rows).batch_id)
    chosen = np.sort(hash_keys(rows.head(40)))

    profiled = profile_batch(batch.bundle, batch.frames(), schema=CREDIT_CARD, chosen=chosen)

    reference = champion_lake.champion.bundle.reference
    assert (profiled.current.row_count, profiled.reference.row_count) == (260, reference.height)
    assert profiled.sample["client_id"].to_list() == rows["client_id"].head(40).to_list()
    assert profiled.current.expected_default_share == pytest.approx(batch.scores.probability.mean())
    assert profiled.reference.columns["age"].mean == pytest.approx(reference["age"].mean())


def test_model_without_a_reference_is_refused(champion_lake):
    with pytest.raises(InputError, match="none with the model"):
        profile_batch(
            replace(champion_lake.champion.bundle, reference=None),
            [],
            schema=CREDIT_CARD,
            chosen=np.empty(0, np.uint64),
        )
