"""What the battery judges: a scored sample, of the application or of the development.

A sample checks itself when it is made, so that no test meets a score or an outcome that is none.
What a sample does not have stays None or empty; the tests that need it are `not judged`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.errors import InputError
from credit_default.model.statistics.bootstrap import FloatArray

Labels = NDArray[np.str_]
Flags = NDArray[np.bool_]

_PARALLEL = (
    "defaulted",
    "band",
    "month",
    "client_id",
    "benchmark_probability",
    "declined",
    "final_declined",
)


@dataclass(frozen=True, slots=True, eq=False)
class ScoredSample:
    """Scored rows, one entry a row in every array.

    Attributes:
        default_probability: What the model expects, 0-1.
        defaulted: 0 or 1; NaN where the outcome is not known (yet). None without outcomes.
        band: Label of each row's rating band.
        band_order: The bands from the least to the greatest risk; by mean probability if empty.
        band_probability: The default probability that each band stands for; its rows' mean if None.
        month: Statement month of each row, YYYY-MM.
        client_id: Who the row is about: needed to follow clients from band to band.
        segments: Labels of each row by segmentation.
        variables: Numbers by name, NaN where missing: model inputs or other columns.
        benchmark_probability: What another model expects of the same rows, 0-1.
        declined: What the score decided.
        final_declined: What was decided in the end, by hand where it differs.

    Raises:
        InputError: scores missing or outside 0-1, outcomes other than 0 and 1, arrays of different
            lengths, months not YYYY-MM, a band that `band_order` or `band_probability` lacks.
    """

    default_probability: FloatArray
    defaulted: FloatArray | None = None
    band: Labels | None = None
    band_order: tuple[str, ...] = ()
    band_probability: Mapping[str, float] | None = None
    month: Labels | None = None
    client_id: NDArray[Any] | None = None
    segments: Mapping[str, Labels] = field(default_factory=dict)
    variables: Mapping[str, FloatArray] = field(default_factory=dict)
    benchmark_probability: FloatArray | None = None
    declined: Flags | None = None
    final_declined: Flags | None = None

    def __post_init__(self) -> None:
        self._check_lengths()
        _check_probabilities("scores", self.default_probability)
        if self.benchmark_probability is not None:
            _check_probabilities("the benchmark's scores", self.benchmark_probability)
        if self.defaulted is not None:
            _check_outcomes(self.defaulted)
        if self.month is not None:
            _check_months(self.month)
        self._check_bands()

    @property
    def row_count(self) -> int:
        """Return the number of rows."""
        return len(self.default_probability)

    @property
    def outcomes(self) -> FloatArray:
        """Return the outcomes; no values where the sample has none."""
        return np.empty(0) if self.defaulted is None else self.defaulted

    def take(self, rows: Flags) -> "ScoredSample":
        """Return a sample of the rows where `rows` is true; the bands stay those of this one."""
        arrays: dict[str, Any] = {name: _take(getattr(self, name), rows) for name in _PARALLEL}
        return replace(
            self,
            default_probability=self.default_probability[rows],
            segments={name: labels[rows] for name, labels in self.segments.items()},
            variables={name: values[rows] for name, values in self.variables.items()},
            **arrays,
        )

    def take_known(self) -> "ScoredSample":
        """Return a sample of the rows whose outcome is known: empty if there is none."""
        if self.defaulted is None:
            return replace(self.take(np.zeros(self.row_count, dtype=bool)), defaulted=np.empty(0))
        known = ~np.isnan(self.defaulted)
        return self if known.all() else self.take(known)

    def take_newest(self) -> "ScoredSample":
        """Return a sample with the newest row of each client; all rows where clients are not named.

        Rows of one client resemble each other, so that a comparison of two distributions takes each
        client once: counted as often as there are months, they ring without a change.
        """
        if self.client_id is None:
            return self
        order = np.arange(self.row_count)[::-1]
        if self.month is not None:
            order = order[np.argsort(self.month[order], kind="stable")[::-1]]
        _, first = np.unique(self.client_id[order], return_index=True)
        if len(first) == self.row_count:
            return self
        newest = np.zeros(self.row_count, dtype=bool)
        newest[order[first]] = True
        return self.take(newest)

    def _check_lengths(self) -> None:
        arrays = {name: getattr(self, name) for name in _PARALLEL}
        arrays |= {f"segment {name}": values for name, values in self.segments.items()}
        arrays |= {f"variable {name}": values for name, values in self.variables.items()}
        for name, values in arrays.items():
            if values is not None and len(values) != self.row_count:
                raise InputError(
                    name,
                    found=f"{len(values):,} values",
                    expected=f"{self.row_count:,}, one a score",
                    remedy="Give columns of one table.",
                )

    def _check_bands(self) -> None:
        if self.band is None:
            return
        found = {str(label) for label in np.unique(self.band)}
        for name, known in (
            ("order of the bands", self.band_order),
            ("probabilities of the bands", self.band_probability),
        ):
            if known and (missing := sorted(found - set(known))):
                raise InputError(
                    name,
                    found=f"no entry for {', '.join(missing[:5])}",
                    expected="every band of the sample",
                    remedy="Name each band once.",
                )
        if self.band_probability:
            _check_probabilities(
                "probabilities of the bands", np.array(list(self.band_probability.values()))
            )


def _take(values: NDArray[Any] | None, rows: Flags) -> NDArray[Any] | None:
    return None if values is None else values[rows]


def _check_probabilities(name: str, values: FloatArray) -> None:
    # Phrased positively, so that a missing value fails too.
    wrong = ~((values >= 0) & (values <= 1))
    if not wrong.any():
        return
    percent = bool(np.nanmax(values) <= 100 and np.nanmin(values) >= 0)  # noqa: PLR2004
    raise InputError(
        name,
        found=f"{int(wrong.sum()):,} of {len(values):,} missing or outside 0-1, such as {values[wrong][0]:g}",
        expected="default probabilities from 0 to 1",
        remedy="Divide percentages by 100; leave out rows without a score."
        if percent
        else "Give the probability of default, not points or log odds.",
    )


def _check_outcomes(values: FloatArray) -> None:
    wrong = ~(np.isin(values, (0, 1)) | np.isnan(values))
    if wrong.any():
        raise InputError(
            "outcomes",
            found=f"{int(wrong.sum()):,} of {len(values):,} other values, such as {values[wrong][0]:g}",
            expected="0 (paid), 1 (defaulted) or missing (not known)",
            remedy="Code the outcome as 0 and 1.",
        )


def _check_months(values: Labels) -> None:
    wrong = [str(m) for m in np.unique(values) if not _is_month(str(m))]
    if wrong:
        raise InputError(
            "months",
            found=f"{wrong[0]!r}",
            expected="YYYY-MM",
            remedy="Write months as in 2026-03.",
        )


def _is_month(text: str) -> bool:
    year, _, month = text.partition("-")
    return (
        len(year) == 4  # noqa: PLR2004
        and len(month) == 2  # noqa: PLR2004
        and year.isdigit()
        and month.isdigit()
        and 1 <= int(month) <= 12  # noqa: PLR2004
    )
