import numpy as np

from credit_default.model.estimator.fitting import OutOfFold
from credit_default.services.training.fold_cache import find_folds, save_folds


def test_folds_are_found_again_under_their_digest_to_the_last_bit(wiring):
    folds = OutOfFold(np.array([0.1, 1 / 3]), np.array([0, 1]))

    assert find_folds(wiring.settings.cache, "ab" * 32) is None
    save_folds(wiring.settings.cache, "ab" * 32, folds)

    found = find_folds(wiring.settings.cache, "ab" * 32)
    np.testing.assert_array_equal(found.default_probability, folds.default_probability)
    np.testing.assert_array_equal(found.fold, folds.fold)
    assert find_folds(wiring.settings.cache, "cd" * 32) is None


def test_nothing_half_written_is_left_beside_them(wiring, tmp_path):
    save_folds(wiring.settings.cache, "ab" * 32, OutOfFold(np.array([0.1]), np.array([0])))

    assert [path.name for path in (tmp_path / "cache" / "folds").iterdir()] == [f"{'ab' * 32}.npz"]
