"""The signature of a bundle, signature.json: an ed25519 signature of its manifest, which holds the sha256 of every other file.

It is checked against the keys that the settings name, before anything else of the bundle is read: so neither a changed byte in any
file, nor another model, nor the signature of another version passes.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from credit_default.adapters.bundles.signing_keys import (
    decode_public_key,
    read_private_key,
    write_public_key,
)
from credit_default.errors import ArtifactError, SetupError

SIGNATURE: Final = "signature.json"
_FORMAT: Final = "credit-default signature 1"
_UNREADABLE: Final = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
    binascii.Error,
    SetupError,
)
_REMEDY: Final = "Do not load it by other means. Train and register the model again where the settings name `signing.key`."


def sign_manifest(manifest: bytes, *, key: Path) -> bytes:
    """Return the content of signature.json: the manifest, signed by the private key in that file.

    Raises:
        SetupError: There is no such key.
    """
    private = read_private_key(key)
    signature = base64.b64encode(private.sign(_build_message(manifest))).decode()
    content = {"format": _FORMAT, "key": write_public_key(private), "signature": signature}
    return json.dumps(content, indent=2).encode()


def sign_file(content: bytes, *, key: Path) -> bytes:
    """Return the signature of a JSON file's bytes themselves, in base64, as OpenSSL checks it.

    It is never one of a bundle: what is signed there begins with the name of its format.

    Raises:
        SetupError: There is no such key.
    """
    return base64.b64encode(read_private_key(key).sign(content)) + b"\n"


def check_signature(
    manifest: bytes, signature: bytes | None, *, trusted: Collection[str], thing: str
) -> None:
    """Check that one of the trusted keys has signed the manifest.

    Args:
        manifest: The bytes of bundle.json.
        signature: The bytes of signature.json; None where there is none.
        trusted: The public keys, as text.
        thing: What is read, for the message.

    Raises:
        ArtifactError: It is not signed, by another key, or the signature is of other content.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if signature is None:
        raise _build_error(thing, "no signature", "one by a key of signing.trusted_keys")
    key, signed = _parse_signature(signature, thing=thing)
    if key not in trusted:
        named = f"{len(trusted)} keys" if trusted else "none"
        raise _build_error(
            thing,
            f"a signature by {key}",
            f"one by a key of signing.trusted_keys, which names {named}",
        )
    try:
        Ed25519PublicKey.from_public_bytes(decode_public_key(key, thing=thing)).verify(
            signed, _build_message(manifest)
        )
    except InvalidSignature as error:
        found = f"a signature by {key} of other content"
        raise _build_error(thing, found, "a signature of this bundle") from error


def _parse_signature(content: bytes, *, thing: str) -> tuple[str, bytes]:
    try:
        parsed: Any = json.loads(content)
        decode_public_key(parsed["key"], thing=thing)
        signed = base64.b64decode(parsed["signature"], validate=True)
        is_ours = parsed["format"] == _FORMAT and len(parsed) == len(("format", "key", "signature"))
    except _UNREADABLE as error:
        found = f"a {SIGNATURE} that can't be read ({error})"[:200]
        raise _build_error(thing, found, _FORMAT) from error
    if not is_ours:
        raise _build_error(thing, f"a {SIGNATURE} of another format", _FORMAT)
    return parsed["key"], signed


def _build_message(manifest: bytes) -> bytes:
    """Return what is signed: never the bare bytes, so that no other file's signature is one of a bundle."""
    return f"{_FORMAT}\n{hashlib.sha256(manifest).hexdigest()}\n".encode()


def _build_error(thing: str, found: str, expected: str) -> ArtifactError:
    return ArtifactError(thing, found=found, expected=expected, remedy=_REMEDY)
