"""Ed25519 keys of the people who may sign models: made, read, and written as text. No other module but `bundle_signature` uses them.

A private key is a PEM file (PKCS 8, as `openssl genpkey -algorithm ed25519` makes it) that its owner alone can read. A public key
is a PEM file too, or a text: `ed25519:` and the key's 32 bytes in base64.
"""

import base64
import binascii
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from credit_default.adapters.host.given_paths import resolve_file
from credit_default.errors import InputError, SetupError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX: Final = "ed25519:"
_LARGEST_KEY_BYTES: Final = 10_000
_KEY_BYTES: Final = 32
_EXPECTED: Final = "an ed25519 key: a PEM file, or ed25519: and 32 bytes in base64"
_REMEDY: Final = "Make a key with `credit-default make-key FILE`."


def make_key(path: Path) -> str:
    """Write a new private key to a file that only its owner can read, and return its public key as text.

    Raises:
        InputError: There is a file of this name, or it cannot be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        # Never over another key: models that it signed could then no longer be told from forged ones.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise InputError(
            f"key file {path}",
            found=error.strerror or str(error),
            expected="a new file in a folder that can be written",
            remedy="Name another file; a key is never overwritten.",
        ) from error
    return write_public_key(key)


def read_private_key(path: Path) -> "Ed25519PrivateKey":
    """Return the private key in a file.

    Raises:
        SetupError: There is none, it is no ed25519 key, or others on this machine can read it.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    content = _read_key_file(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SetupError(
            f"signing.key {path}",
            found="a private key that others on this machine can read",
            expected="one that only its owner can read",
            remedy=f"Run `chmod 600 {path}`.",
        )
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _build_error(f"signing.key {path}", "no private key in PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _build_error(f"signing.key {path}", f"a key of another kind, {type(key).__name__}")
    return key


def write_public_key(private: "Ed25519PrivateKey") -> str:
    """Return the public key that belongs to a private one, as text."""
    return PREFIX + base64.b64encode(private.public_key().public_bytes_raw()).decode()


def read_public_key(given: str) -> str:
    """Return a public key as text, from that text or from the name of a PEM file.

    Raises:
        SetupError: It is neither.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    thing = f"signing.trusted_keys {given[:100]!r}"
    if given.startswith(PREFIX):
        decode_public_key(given, thing=thing)
        return given
    try:
        key = serialization.load_pem_public_key(_read_key_file(resolve_file(given, thing=thing)))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _build_error(thing, "no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise _build_error(thing, f"a key of another kind, {type(key).__name__}")
    return PREFIX + base64.b64encode(key.public_bytes_raw()).decode()


def decode_public_key(text: str, *, thing: str) -> bytes:
    """Return the 32 bytes of a public key.

    Raises:
        SetupError: The text is no key.
    """
    try:
        content = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _build_error(thing, "no base64") from error
    if len(content) != _KEY_BYTES:
        raise _build_error(thing, f"{len(content)} bytes")
    return content


def _read_key_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_KEY_BYTES)
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise _build_error(f"key file {path}", found) from error


def _build_error(thing: str, found: str) -> SetupError:
    return SetupError(thing, found=found, expected=_EXPECTED, remedy=_REMEDY)
