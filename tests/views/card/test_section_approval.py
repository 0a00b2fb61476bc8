from credit_default.views.card.section_approval import build_registry_section
from credit_default.views.documents.document import Bullets, Table


def test_registry_section_names_the_alias_and_who_approved_with_the_reasons():
    section = build_registry_section(
        ("champion",),
        {
            "verdict": "promotion: ok",
            "requested_by": "anna",
            "approved_by": "ben",
            "approved_because": "reviewed",
            "another tag": "left out",
        },
        reasons=("challenger wins", "", "power: enough rows"),
    )

    assert section.title == "Today"
    assert section.blocks == (
        Table(
            ("on record", ""),
            (
                ("alias", "champion"),
                ("verdict", "promotion: ok"),
                ("promotion requested by", "anna"),
                ("approved by", "ben"),
                ("reason of the approval", "reviewed"),
            ),
            first_figure=9,
        ),
        Bullets(("challenger wins", "power: enough rows")),
    )


def test_version_without_alias_or_tags_says_none():
    (table,) = build_registry_section((), {}).blocks

    assert table.rows == (("alias", "none"),)
