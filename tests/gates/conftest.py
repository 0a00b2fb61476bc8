from collections.abc import Callable

import numpy as np
import pytest

from credit_default.gates.promotion.paired_gains import PairedScores

MakeContest = Callable[..., PairedScores]


def make_contest(
    count: int, *, champion_noise: float, challenger_noise: float, seed: int
) -> PairedScores:
    """Two models that know the true log odds but for noise of their own: the noisier one is the worse."""
    generator = np.random.default_rng(seed)
    odds = -1.55 + 1.15 * generator.normal(size=count)

    def see(noise: float) -> np.ndarray:
        return 1 / (1 + np.exp(-(odds + noise * generator.normal(size=count))))

    defaulted = (generator.random(count) < 1 / (1 + np.exp(-odds))).astype(int)
    return PairedScores(defaulted, see(champion_noise), see(challenger_noise))


@pytest.fixture(name="make_contest", scope="session")
def make_contest_fixture() -> MakeContest:
    return make_contest
