from credit_default.gates.shadow.backtest import PromotionBacktest
from credit_default.gates.verdict import Verdict
from credit_default.model.comparison.version_difference import Difference
from credit_default.views.card.section_backtest import (
    build_backtest_section,
    build_past_promotions_section,
)
from credit_default.views.documents.document import Bullets, Paragraph, Table

GAINS = {
    "log_loss": Difference(0.43, 0.42, 0.01, 0.004, 0.016),
    "cost_per_1000": Difference(500.0, 480.0, 20.0, -5.0, 45.0),
}


def backtest(level="ok", differences=GAINS):
    verdict = Verdict("back-test", level, ("on the 4 months that followed it was better",))
    return PromotionBacktest(2, 3, "2006-01-01", ("2006-01",), 4_000, differences, verdict)


def test_the_section_says_how_it_turned_out_and_shows_both_versions():
    text, table = build_backtest_section(backtest()).blocks

    assert text == Paragraph(
        "ok: promotion of version 3: on the 4 months that followed it was better."
    )
    assert isinstance(table, Table)
    assert table.heading == ("4,000 rows", "version 2", "version 3", "gain (95 %)")
    assert table.rows[0] == ("log loss", "0.4300", "0.4200", "+0.0100 (0.0040 to 0.0160)")
    assert table.rows[1][3] == "+20.0 (-5.0 to 45.0)"


def test_what_was_not_judged_has_no_table():
    section = build_backtest_section(backtest("not judged", {}))

    assert [type(block) for block in section.blocks] == [Paragraph]


def test_past_promotions_are_a_line_each():
    (lines,) = build_past_promotions_section([backtest(), backtest("alarm")]).blocks

    assert isinstance(lines, Bullets)
    assert [line.split(":")[0] for line in lines.items] == ["ok", "alarm"]
