"""A pipeline as it is stored: the function that builds the features with its arguments, then the estimator."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from credit_default.model.families.stored.stored_forest import RestorableEstimator, StoredEstimator


class StoredTransformer(StoredEstimator):
    """The step that builds the features, with the attributes of scikit-learn's `FunctionTransformer`."""

    parameters: ClassVar[tuple[str, ...]] = (
        *("accept_sparse", "check_inverse", "feature_names_out", "func", "inv_kw_args"),
        *("inverse_func", "kw_args", "validate"),
    )
    func: Callable[..., Any]
    kw_args: Mapping[str, Any]

    def transform(self, rows: Any) -> Any:
        """Return the feature matrix of the rows, as `build_features` does."""
        return self.func(rows, **self.kw_args)


class StoredPipeline(RestorableEstimator):
    """The steps, with the attributes of scikit-learn's `Pipeline`; what else is asked, scikit-learn's own answers.

    Args:
        attributes: What is stored of it.
        restore: Returns scikit-learn's own pipeline of the same bytes, always the same object.
    """

    parameters: ClassVar[tuple[str, ...]] = ("memory", "steps", "transform_input", "verbose")

    def __getitem__(self, place: Any) -> Any:
        return self.restore()[place]

    @property
    def named_steps(self) -> dict[str, Any]:
        """Return the steps by name."""
        return dict(self.steps)


def restore_pipeline(pipeline: Any) -> Any:
    """Return scikit-learn's own pipeline, whether it is held as it is stored or was just fitted."""
    return pipeline.restore() if isinstance(pipeline, StoredPipeline) else pipeline
