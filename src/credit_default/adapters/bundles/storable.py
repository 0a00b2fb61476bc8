"""Check that a freshly fitted estimator of a package can be stored and loaded again, before it is measured and registered."""

import tempfile
from pathlib import Path
from typing import Final

from credit_default.adapters.bundles.bundle_manifest import PIPELINE
from credit_default.adapters.bundles.skops_pipeline import read_pipeline, write_pipeline
from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.errors import ArtifactError, InputError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.families.own.own_family import is_own

_WRITE_ERRORS: Final = (
    TypeError,
    ValueError,
    AttributeError,
    NotImplementedError,
    RecursionError,
)


def check_storable(bundle: ModelBundle) -> None:
    """Check that the bundle's estimator is made of types that are loaded again; those of our own families are.

    Raises:
        InputError: It is not; the message names the first such type.
    """
    if not is_own(bundle.recipe):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PIPELINE
        try:
            with disk_errors(path):
                write_pipeline(bundle.pipeline, path)
            read_pipeline(path, recipe=bundle.recipe)
        except ArtifactError as error:
            raise _build_error(bundle, error.found) from error
        except _WRITE_ERRORS as error:
            raise _build_error(bundle, f"{type(error).__name__}: {error}"[:200]) from error


def _build_error(bundle: ModelBundle, found: str) -> InputError:
    return InputError(
        f"estimator {bundle.recipe.family!r}",
        found=found,
        expected="one made of its package's own classes, scikit-learn's estimators and plain arrays",
        remedy="Mend the package: keep what the estimator learned in plain arrays. A histogram booster is the family `boosting`.",
    )
