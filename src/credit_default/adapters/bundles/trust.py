"""Whom the operator trusts: the packages whose estimators may be loaded, and the keys whose signatures count.

Nothing in an artifact adds to it. An estimator of a package is loaded only if the settings list the package, the installed package
is the one that the model was trained with, and a trusted key has signed the bundle. All three are checked before its code is imported.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from credit_default.adapters.bundles.bundle_signature import check_signature
from credit_default.adapters.bundles.signing_keys import (
    read_private_key,
    read_public_key,
    write_public_key,
)
from credit_default.errors import ArtifactError, SetupError
from credit_default.installed import is_installed_name, parse_source, require_source
from credit_default.model.families.own.own_estimator import GROUP
from credit_default.model.families.own.own_family import is_own
from credit_default.model.families.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Trust:
    """What the settings say of trust.

    `packages` are names of installed packages, `keys` public keys as text or names of their files. Where `signature_required` is
    true, models of every family must be signed.
    """

    packages: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    signature_required: bool = False

    def require_package(self, family: str) -> None:
        """Check that the settings list the package of an estimator. Raises `SetupError` where they do not."""
        package = family.partition(":")[0]
        if _normalise(package) not in map(_normalise, self.packages):
            raise SetupError(
                f"estimator {family!r}",
                found=f"a package that estimators.trusted does not list ({list(self.packages)})",
                expected="one that the operator trusts with running its code here",
                remedy=f'Read the code of {package}; then set estimators.trusted = ["{package}"] in a --config file.',
            )


NO_TRUST: Final = Trust()


def _normalise(package: str) -> str:
    """Return the name as package indexes compare it: acme_models, Acme.Models and acme-models are one."""
    return re.sub(r"[-_.]+", "-", package).lower()


def require_trusted_bundle(
    manifest: Mapping[str, Any],
    content: bytes,
    signature: bytes | None,
    *,
    trust: Trust,
    thing: str,
) -> None:
    """Check the signature of a bundle that needs one, and for an estimator of a package that it is trusted and unchanged.

    Args:
        manifest: What bundle.json says.
        content: Its bytes.
        signature: The bytes of signature.json; None where there is none.
        trust: What the settings say.
        thing: What is read, for the message.

    Raises:
        SetupError: The package is not trusted, not installed, or another than the model was trained with.
        ArtifactError: The signature does not hold.
    """
    recipe = manifest.get("recipe")
    family = recipe.get("family", "forest") if isinstance(recipe, Mapping) else ""
    own = isinstance(family, str) and is_installed_name(family)
    if own:
        trust.require_package(family)
    if own or trust.signature_required:
        keys = [read_public_key(key) for key in trust.keys]
        check_signature(content, signature, trusted=keys, thing=thing)
    if own and isinstance(recipe, Mapping):
        source = recipe.get("source")
        if not isinstance(source, dict) or source.get("package") != family.partition(":")[0]:
            raise ArtifactError(
                thing,
                found=f"the source {source!r} of {family!r}"[:200],
                expected="the version and the code of its package",
                remedy="Train and register the model again.",
            )
        pinned = parse_source(source, thing=thing)
        require_source(family, group=GROUP, pinned=pinned)


def require_trainable(recipe: Recipe, *, trust: Trust, key: Path | None) -> None:
    """Check before a model is fitted that it could be loaded afterwards: its package is trusted, and its signature will be.

    Raises:
        SetupError: It could not.
    """
    if is_own(recipe):
        trust.require_package(recipe.family)
    if not is_own(recipe) and not trust.signature_required:
        if key is not None:
            read_private_key(key)
        return
    if key is None:
        raise SetupError(
            "setting signing.key",
            found="no key to sign the model with",
            expected="the file of a private key: the model would be refused without a signature",
            remedy="Make one with `credit-default make-key FILE`, and set signing.key and signing.trusted_keys.",
        )
    public = write_public_key(read_private_key(key))
    if public not in [read_public_key(known) for known in trust.keys]:
        raise SetupError(
            "setting signing.trusted_keys",
            found=f"not the key of signing.key, {public}",
            expected="that key on the list: the model would be refused",
            remedy=f'Set signing.trusted_keys = ["{public}"] wherever its models are loaded.',
        )
