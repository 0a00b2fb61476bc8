"""Open the storage that a lake's uri names: a folder, or a prefix in a bucket.

This is the only module that knows both implementations of the storage port.
"""

import re
from pathlib import Path

from credit_default.adapters.storage.folder import FolderStorage
from credit_default.adapters.storage.port import Storage, check_key
from credit_default.adapters.storage.s3 import S3Storage
from credit_default.errors import InputError

# docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, general purpose buckets
_BUCKET = re.compile(r"[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]")
_RESERVED_BUCKET = re.compile(
    r"\d+\.\d+\.\d+\.\d+|(xn--|sthree-|amzn-s3-demo-).*|.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)"
)
# What no table can have in its prefix, measured with deltalake 1.6: it looks for `%41` under the name `A` and writes
# elsewhere, and it takes no control characters.
_IMPOSSIBLE_IN_PREFIX = re.compile(r"%[0-9A-Fa-f]{2}|[\x00-\x1f\x7f-\x9f\\]")
_LONGEST_PREFIX_BYTES = 120  # with the longest key of the port, S3's 1,024


def open_storage(uri: str) -> Storage:
    """Return the storage at `s3://bucket/prefix`, or in a folder, an absolute path. Nothing is reached or created before its first call.

    Raises:
        InputError: The scheme is another one, the bucket's name or the prefix breaks S3's rules, or there is a file where
            the folder should be.
    """
    if uri.startswith("s3:"):
        return _open_s3(uri)
    if "://" in uri or not uri or "\0" in uri:
        raise _build_uri_error(uri, "neither a folder nor s3://", "a folder, or s3://bucket/prefix")
    folder = Path(uri)
    if folder.exists() and not folder.is_dir():
        raise _build_uri_error(uri, "a file", "a folder, or s3://bucket/prefix")
    return FolderStorage(folder)


def _open_s3(uri: str) -> S3Storage:
    if not uri.startswith("s3://"):
        raise _build_uri_error(uri, "a uri with one slash or none", "s3://bucket/prefix")
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return S3Storage(_check_bucket(uri, bucket), _check_prefix(uri, prefix.rstrip("/")))


def _check_bucket(uri: str, bucket: str) -> str:
    if not _BUCKET.fullmatch(bucket) or _RESERVED_BUCKET.fullmatch(bucket):
        raise _build_uri_error(
            uri,
            f"the bucket name {bucket[:80]!r}",
            "3 to 63 of a-z, 0-9, - and ., as S3 allows them",
        )
    return bucket


def _check_prefix(uri: str, prefix: str) -> str:
    if len(prefix.encode()) > _LONGEST_PREFIX_BYTES or _IMPOSSIBLE_IN_PREFIX.search(prefix):
        raise _build_uri_error(
            uri,
            f"the prefix {prefix[:80]!r}",
            f"at most {_LONGEST_PREFIX_BYTES} bytes without %41 and its like, \\ and control characters",
        )
    return check_key(prefix) if prefix else prefix


def _build_uri_error(uri: str, found: str, expected: str) -> InputError:
    return InputError(
        f"lake {uri[:120]!r}",
        found=found,
        expected=expected,
        remedy="Correct --lake or CREDIT_DEFAULT_LAKE.",
    )
