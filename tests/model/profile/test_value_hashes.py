import numpy as np

from credit_default.model.profile.value_hashes import hash_values, scramble_bits

# The first numbers of SplitMix64 from seed 1234567, as its authors' reference code prints them.
FIRST_NUMBERS = [6457827717110365317, 3203168211198807973, 9817491932198370423]
STRIDE = 0x9E3779B97F4A7C15


def test_bits_are_mixed_as_splitmix64_mixes_them():
    states = [(1234567 + step * STRIDE) % 2**64 for step in (1, 2, 3)]

    assert scramble_bits(np.array(states, dtype=np.uint64)).tolist() == FIRST_NUMBERS


def test_a_value_is_hashed_by_its_bits_and_the_column_s_number():
    values = np.array([0.0, 1.5, -2.0])

    for number in (0, 1, 6):
        moved = [(int(bits) + (number + 1) * STRIDE) % 2**64 for bits in values.view(np.uint64)]
        expected = scramble_bits(np.array(moved, dtype=np.uint64))
        assert hash_values(values, number).tolist() == expected.tolist()


def test_nought_has_one_hash_whatever_its_sign():
    assert hash_values(np.array([-0.0]), 2).tolist() == hash_values(np.array([0.0]), 2).tolist()
