"""A schema whose columns have values with names: categories, codes, special values."""

from credit_default.data.contract.schema_parsing import parse_schema

SCHEMA = parse_schema(
    {
        "name": "named-values",
        "version": "1",
        "outcome": {"description": "Defaulted."},
        "columns": [
            {
                "name": "home",
                "kind": "category",
                "description": "Home",
                "values": {"RENT": "rents", "OWN": "owns", "WITH PARENTS": "owns"},
                "unseen": "other",
            },
            {
                "name": "grade",
                "kind": "category",
                "description": "Grade",
                "values": ["A", "B", "C"],
                "ordered": True,
                "optional": True,
            },
            {
                "name": "purpose",
                "kind": "code",
                "description": "What for",
                "codes": {"1": "car", "2": "home", "7": "debts"},
            },
            {
                "name": "score",
                "kind": "integer",
                "description": "Score",
                "special": {"-9": "no bureau file"},
            },
            {"name": "debt", "kind": "amount", "description": "Debt", "optional": True},
            {"name": "income", "kind": "amount", "description": "Income"},
        ],
    }
)
