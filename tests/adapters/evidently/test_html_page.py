import pytest

from credit_default.adapters.evidently.html_page import ReportTitle, render_page
from credit_default.errors import InputError, ServiceError

PAGE = "<html>\n    <head>\n<script>\n    var data = {DATA};\n</script>\n    </head>\n    <body>\n    <div></div>\n    </body></html>"
TITLE = ReportTitle("ab" * 8, 3)


def test_the_title_says_batch_and_model_version():
    assert TITLE.text == "credit-default · batch abababababababab · model version 3"
    assert TITLE.data_origin == "real"


def test_the_page_says_simulated_where_the_data_are():
    page = render_page(PAGE, title=ReportTitle("ab" * 8, 3, simulated=True))

    assert "SIMULATED data" in page.partition("<body>")[2]
    assert "No real client stands behind these figures." in page
    assert (
        "<title>credit-default · batch abababababababab · model version 3 · SIMULATED data</title>"
        in page
    )


def test_the_page_of_real_data_does_not_say_simulated():
    assert "SIMULATED" not in render_page(PAGE, title=TITLE)


@pytest.mark.parametrize(
    "value", ['"</script><script>alert(1)</script>"', '"<!--<script>"', '"<body>"']
)
def test_a_tag_in_the_data_stays_text(value):
    page = render_page(PAGE.replace("{DATA}", f"[{value}]"), title=TITLE)

    (line,) = [line for line in page.split("\n") if "var data" in line]
    assert "<" not in line
    assert line.count("\\u003c") == value.count("<")


def test_a_page_of_another_layout_is_refused():
    with pytest.raises(ServiceError, match="another layout"):
        render_page("<html></html>", title=TITLE)


def test_a_batch_id_with_markup_is_refused():
    with pytest.raises(InputError, match="batch_id"):
        render_page(PAGE, title=ReportTitle("<script>", 3))


def test_verdict_stands_in_the_heading_and_its_text_stays_text():
    from credit_default.adapters.evidently.html_page import insert_verdict
    from credit_default.gates.verdict import Verdict

    page = render_page(
        "<html>\n<head>\n</head>\n    <body>\nrest", title=ReportTitle("0123456789abcdef", 1)
    )

    stamped = insert_verdict(page, Verdict("drift", "alarm", ("<b>age</b> moved",)))

    assert "drift: alarm" in stamped
    assert "&lt;b&gt;age&lt;/b&gt; moved" in stamped
    assert stamped.index("drift: alarm") < stamped.index("rest")


def test_verdicts_stand_in_their_order_and_the_note_after_them():
    from credit_default.adapters.evidently.html_page import insert_note, insert_verdict
    from credit_default.gates.verdict import Verdict

    page = render_page(
        "<html>\n<head>\n</head>\n    <body>\nrest", title=ReportTitle("0123456789abcdef", 1)
    )
    for gate in ("drift", "feed"):
        page = insert_verdict(page, Verdict(gate, "ok", ("so",)))

    stamped = insert_note(page, "of 5 & 7 rows")

    places = [
        stamped.index(text) for text in ("drift: ok", "feed: ok", "of 5 &amp; 7 rows", "rest")
    ]
    assert places == sorted(places)
