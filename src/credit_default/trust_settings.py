"""The settings of trust, which only the operator sets: whose code may run, and whose signatures count."""

from pydantic import BaseModel, ConfigDict


class EstimatorSettings(BaseModel):
    """Whose estimators may be trained and loaded: names of installed packages, whose code then runs here."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    trusted: tuple[str, ...] = ()


class SigningSettings(BaseModel):
    """Which key signs a model that is registered, and whose signatures count when one is loaded.

    `key` is the file of a private key, outside the lake. `trusted_keys` are public keys, `ed25519:…`
    or names of files. With `required` a model of any family is refused without such a signature; an
    estimator of a package always is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: str = ""
    trusted_keys: tuple[str, ...] = ()
    required: bool = False
