"""Sign the report of a verification, and check such a signature.

By an ed25519 key in PEM where the package `cryptography` is present, else by HMAC-SHA256 with the bytes of any key file:
what was used stands beside the signature. The one proves who signed to all who have the public key, the other to all who
have the key.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_ED25519: Final = "ed25519"
_HMAC: Final = "hmac-sha256"
_PEM: Final = b"-----BEGIN"
_FEWEST_KEY_BYTES: Final = 16


class SigningError(Exception):
    """A key or a signed report that cannot be used."""


def sign_report(report: Mapping[str, Any], key: Path | None) -> bytes:
    """Return the report with its signature, as JSON; without one where no key is given.

    Raises:
        SigningError: The key cannot be used.
    """
    signature = None if key is None else _sign(_encode(report), _read_key(key))
    content = {"report": dict(report), "signature": signature}
    return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"


def check_signature(content: bytes, key: Path) -> str:
    """Return by which method the report is signed, after checking its signature with the key.

    Args:
        content: What `sign_report` returned.
        key: The public or private key of an ed25519 signature, or the key file of an HMAC.

    Raises:
        SigningError: The signature is not of this report and this key.
    """
    try:
        found = json.loads(content)
        report, signature = _encode(found["report"]), found["signature"]
        method, value = signature["method"], base64.b64decode(signature["value"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise SigningError(f"found no signed report ({error})") from error
    if not _is_signed(report, method, value, _read_key(key)):
        raise SigningError(f"found a {method} signature of another report or key")
    return str(method)


def _encode(report: Mapping[str, Any]) -> bytes:
    return json.dumps(report, sort_keys=True, separators=(",", ":")).encode()


def _read_key(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SigningError(f"key {path}: {error.strerror}") from error
    if len(content) < _FEWEST_KEY_BYTES:
        raise SigningError(f"key {path}: found {len(content)} bytes, expected 16 or more")
    return content


def _sign(content: bytes, key: bytes) -> dict[str, str]:
    if not key.startswith(_PEM):
        value = hmac.new(key, content, hashlib.sha256).digest()
        return {"method": _HMAC, "value": base64.b64encode(value).decode()}
    private = _load_private_key(key)
    value = private.sign(content)
    return {"method": _ED25519, "value": base64.b64encode(value).decode()}


def _is_signed(content: bytes, method: str, value: bytes, key: bytes) -> bool:
    if method == _HMAC:
        return hmac.compare_digest(value, hmac.new(key, content, hashlib.sha256).digest())
    if method != _ED25519:
        return False
    exceptions, serialization, _ = _import_cryptography()
    try:
        public = (
            _load_private_key(key).public_key()
            if b"PRIVATE KEY" in key
            else serialization.load_pem_public_key(key)
        )
        public.verify(value, content)
    except (exceptions.InvalidSignature, ValueError):
        return False
    return True


def _load_private_key(key: bytes) -> Any:
    _, serialization, kind = _import_cryptography()
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError) as error:
        raise SigningError(f"found a key that cannot be read ({error})") from error
    if not isinstance(private, kind):
        raise SigningError("found another kind of key, expected ed25519")
    return private


def _import_cryptography() -> tuple[Any, Any, Any]:
    try:
        from cryptography import exceptions
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as error:
        raise SigningError(
            "a PEM key needs the package cryptography; give a file of random bytes instead"
        ) from error
    return exceptions, serialization, Ed25519PrivateKey
