"""The card's sections on past promotions: how each turned out on the months that followed."""

from collections.abc import Sequence

from credit_default.gates.shadow.backtest import PromotionBacktest, format_gain
from credit_default.model.comparison.version_difference import DIFFERENCE_NAMES
from credit_default.views.documents.document import Bullets, Paragraph, Section, Table


def build_backtest_section(backtest: PromotionBacktest) -> Section:
    """Return the verdict on the promotion, with both versions' figures where they are known."""
    old, new = f"version {backtest.old_version}", f"version {backtest.new_version}"
    text = Paragraph(f"{backtest.verdict.level}: {backtest.describe()}.")
    if not backtest.differences:
        return Section("Back-test of the promotion", (text,))
    rows = tuple(
        (DIFFERENCE_NAMES[name], f"{found.first:,.4f}", f"{found.second:,.4f}", format_gain(found))
        for name, found in backtest.differences.items()
    )
    table = Table((f"{backtest.row_count:,} rows", old, new, "gain (95 %)"), rows)
    return Section("Back-test of the promotion", (text, table))


def build_past_promotions_section(backtests: Sequence[PromotionBacktest]) -> Section:
    """Return the verdict on each promotion so far, in the order given."""
    lines = (f"{backtest.verdict.level}: {backtest.describe()}." for backtest in backtests)
    return Section("Back-tests of past promotions", (Bullets(tuple(lines)),))
