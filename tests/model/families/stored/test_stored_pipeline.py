"""A stored pipeline has its steps by name, and scikit-learn's own behind it."""

import pytest

from credit_default.model.families.stored.stored_pipeline import (
    StoredPipeline,
    StoredTransformer,
    restore_pipeline,
)


def build(rows, *, add):
    return [row + add for row in rows]


@pytest.fixture
def pipeline():
    step = StoredTransformer({"func": build, "kw_args": {"add": 2}})
    return StoredPipeline(
        {"steps": [("features", step), ("forest", "the forest")]}, lambda: ["restored", "steps"]
    )


def test_steps_are_found_by_name(pipeline):
    assert list(pipeline.named_steps) == ["features", "forest"]
    assert pipeline.named_steps["forest"] == "the forest"


def test_features_are_built_with_the_arguments_that_are_stored(pipeline):
    assert pipeline.named_steps["features"].transform([1, 5]) == [3, 7]


def test_anything_else_is_answered_by_what_is_restored(pipeline):
    assert pipeline.restore() == ["restored", "steps"]
    assert pipeline[:-1] == ["restored"]
    assert pipeline.index("steps") == 1
    with pytest.raises(AttributeError):
        pipeline.__sklearn_tags__  # noqa: B018 - of scikit-learn's own alone


def test_a_fitted_pipeline_is_its_own_restoration(pipeline):
    fitted = object()

    assert restore_pipeline(fitted) is fitted
    assert restore_pipeline(pipeline) == ["restored", "steps"]
