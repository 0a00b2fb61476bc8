"""Translate the errors of S3 and of botocore into ours: one line that says what to do next, and never a secret.

`s3_client` sends every error through `translate_s3_error`. Four of them are answers that a caller may expect
(missing, changed, busy, broken on arrival). They are kinds of `ServiceError`, so a caller that does not expect them sees an
ordinary failure of a service.
"""

from dataclasses import dataclass

from credit_default.errors import CreditDefaultError, InputError, ServiceError


class MissingObjectError(ServiceError):
    """There is no such object, no such version, or no such unfinished upload."""


class ChangedObjectError(ServiceError):
    """The object is not, or is no longer, what the request said it must be (412)."""


class BusyObjectError(ServiceError):
    """Another client is writing the same object at this moment (409): the request can be sent again."""


class BrokenBodyError(ServiceError):
    """The object's content arrived incomplete or altered."""


@dataclass(frozen=True, slots=True)
class _ErrorKind:
    found: str
    expected: str
    remedy: str
    error: type[CreditDefaultError] = ServiceError


_RETRY_REMEDY = "Wait a little and run the same command again: nothing was left half done."
_RERUN_REMEDY = "Run the same command again: nothing was left half done."
_CREDENTIALS_REMEDY = (
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or AWS_PROFILE, "
    "or give the machine a role."
)
_ENDPOINT_REMEDY = (
    "Check the network, AWS_ENDPOINT_URL and the region (AWS_DEFAULT_REGION), "
    "then run the same command again."
)
_NO_BUCKET = _ErrorKind(
    "no such bucket",
    "a bucket that exists",
    "Check the name after s3://, or create the bucket.",
    InputError,
)
_MISSING = _ErrorKind("no such object", "an object that exists", _RERUN_REMEDY, MissingObjectError)
_CHANGED = _ErrorKind(
    "an object that was created or changed meanwhile",
    "the object as it was before",
    _RERUN_REMEDY,
    ChangedObjectError,
)
_BUSY = _ErrorKind(
    "another client writing the same object",
    "an object that no other client is writing",
    _RERUN_REMEDY,
    BusyObjectError,
)
_DENIED = _ErrorKind(
    "access denied",
    "permission to list, read, write and delete below the prefix",
    "Give these credentials s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject, "
    "or use others.",
)
_EXPIRED = _ErrorKind(
    "credentials that have expired", "valid ones", f"Renew them. {_CREDENTIALS_REMEDY}"
)
_INVALID = _ErrorKind("credentials that S3 does not know", "valid ones", _CREDENTIALS_REMEDY)
_NO_CREDENTIALS = _ErrorKind(
    "no usable credentials", "credentials from the usual AWS chain", _CREDENTIALS_REMEDY
)
_CLOCK = _ErrorKind("a clock too far from S3's", "the right time", "Set this machine's clock.")
_THROTTLED = _ErrorKind(
    "too many requests at once", "a request accepted after several attempts", _RETRY_REMEDY
)
_FAILING = _ErrorKind("a failure inside S3", "an answer after several attempts", _RETRY_REMEDY)
_TIMED_OUT = _ErrorKind("no answer in time", "an answer after several attempts", _ENDPOINT_REMEDY)
_UNREACHABLE = _ErrorKind("no connection", "an S3 endpoint that answers", _ENDPOINT_REMEDY)
_BROKEN = _ErrorKind(
    "content that arrived incomplete or altered",
    "the content as it was written, after several attempts",
    _RETRY_REMEDY,
    BrokenBodyError,
)
_UNSUPPORTED = _ErrorKind(
    "a store that cannot write conditionally",
    "S3, or a store that supports If-None-Match and If-Match",
    "Keep the lake in a folder, or in a store that supports them.",
)

# By S3's error code, by the bare HTTP status that HEAD gives in its place, or by the name of botocore's exception.
_NAMES_BY_KIND = {
    _NO_BUCKET: ("NoSuchBucket",),
    _MISSING: ("NoSuchKey", "NoSuchVersion", "NoSuchUpload", "NotFound", "404"),
    _CHANGED: ("PreconditionFailed", "412"),
    _BUSY: ("ConditionalRequestConflict", "OperationAborted", "409"),
    _DENIED: ("AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden", "403"),
    _EXPIRED: ("ExpiredToken", "TokenRefreshRequired", "RequestExpired"),
    _INVALID: (
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidToken",
        "InvalidClientTokenId",
    ),
    _NO_CREDENTIALS: (
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "TokenRetrievalError",
        "SSOError",
        "LoginError",
        "ProfileNotFound",
    ),
    _CLOCK: ("RequestTimeTooSkewed",),
    _THROTTLED: ("SlowDown", "Throttling", "RequestLimitExceeded", "TooManyRequests", "429"),
    _FAILING: ("InternalError", "ServiceUnavailable", "500", "502", "503", "504"),
    _TIMED_OUT: ("ReadTimeoutError", "ConnectTimeoutError", "RequestTimeout"),
    _UNREACHABLE: (
        "HTTPClientError",
        "ConnectionError",
        "BaseEndpointResolverError",
        "EndpointProviderError",
    ),
    _BROKEN: ("FlexibleChecksumError", "IncompleteReadError", "BadDigest", "ChecksumError"),
    _UNSUPPORTED: ("NotImplemented",),
}
_ERROR_KINDS = {name: kind for kind, names in _NAMES_BY_KIND.items() for name in names}


def translate_s3_error(error: Exception, thing: str) -> CreditDefaultError:
    """Return our error for one of botocore's.

    Args:
        error: What botocore raised. An error of an unknown kind is quoted on one line.
        thing: What the request was about, such as the object's uri.
    """
    for name in (_read_error_code(error), *(kind.__name__ for kind in type(error).__mro__)):
        if kind := _ERROR_KINDS.get(name):
            return kind.error(
                thing, found=f"{kind.found} ({name})", expected=kind.expected, remedy=kind.remedy
            )
    return ServiceError(
        thing,
        found=_quote_message(error),
        expected="a request that S3 accepts",
        remedy=_ENDPOINT_REMEDY,
    )


def build_missing_bucket_error(uri: str) -> InputError:
    """Return the error that there is no bucket of this uri."""
    return InputError(
        uri, found=_NO_BUCKET.found, expected=_NO_BUCKET.expected, remedy=_NO_BUCKET.remedy
    )


def build_broken_body_error(thing: str, found: str) -> BrokenBodyError:
    """Return the error that an object's content arrived incomplete or altered; `found` says how that was noticed."""
    return BrokenBodyError(
        thing, found=f"{_BROKEN.found} ({found})", expected=_BROKEN.expected, remedy=_BROKEN.remedy
    )


def _read_error_code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _quote_message(error: Exception) -> str:
    text = " ".join(str(error).split())
    return "".join(character for character in text if character.isprintable())[:200]
