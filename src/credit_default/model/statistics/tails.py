"""Quantiles and tails of the normal and chi-square distributions, without `scipy.stats`.

Its import costs a monitor's cold start a third of a second; what is needed of it are three functions of `scipy.special`,
which it calls itself (Abramowitz and Stegun 1964, 26.2 and 26.4).
"""


def find_normal_quantile(share: float) -> float:
    """Return the value below which this share (0–1) of a standard normal distribution lies; -∞ at 0, ∞ at 1."""
    from scipy.special import ndtri

    return float(ndtri(share))


def find_chi_square_quantile(share: float, degrees: int) -> float:
    """Return the value below which this share (0–1) of a chi-square distribution of so many degrees of freedom lies."""
    from scipy.special import gammaincinv

    return 2 * float(gammaincinv(degrees / 2, share))


def measure_chi_square_tail(value: float, degrees: int) -> float:
    """Return the share (0–1) of a chi-square distribution of so many degrees of freedom above a value that is at least 0."""
    from scipy.special import chdtrc

    return float(chdtrc(degrees, value))
