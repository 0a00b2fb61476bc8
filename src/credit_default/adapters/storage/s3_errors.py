"""What S3 and its client complain of, in our words: one line, with what to do next, and never a secret.

`s3_client` sends every complaint through `translate`. Three of them are answers that a caller may have asked for (nothing
there, changed meanwhile, busy); they are kinds of `ServiceError`, so that nobody who did not ask sees anything else.
"""

from dataclasses import dataclass

from credit_default.errors import CreditDefaultError, InputError, ServiceError


class MissingObjectError(ServiceError):
    """There is no such object, or no such version, or no such unfinished upload."""


class ChangedObjectError(ServiceError):
    """The object is not, or no longer, what the request said it must be (412)."""


class BusyObjectError(ServiceError):
    """Somebody is writing the same object at this moment (409): ask again."""


class BrokenBodyError(ServiceError):
    """The object's content arrived cut short or altered."""


@dataclass(frozen=True, slots=True)
class _ErrorKind:
    found: str
    expected: str
    remedy: str
    error: type[CreditDefaultError] = ServiceError


_ANSWER = (
    "an answer that this act can use",
    "Run the same command again: nothing was left half done.",
)
_RETRY_REMEDY = "Wait a little and run the same command again: nothing was left half done."
_CREDENTIALS_REMEDY = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or AWS_PROFILE, or give the machine a role."
_ENDPOINT_REMEDY = "Check the network, AWS_ENDPOINT_URL and the region (AWS_DEFAULT_REGION), then run the same command again."
_NO_BUCKET = _ErrorKind(
    "no such bucket",
    "a bucket that exists",
    "Check the name after s3://, or make the bucket.",
    InputError,
)
_MISSING = _ErrorKind("nothing there", *_ANSWER, MissingObjectError)
_CHANGED = _ErrorKind("other content than was asked for", *_ANSWER, ChangedObjectError)
_BUSY = _ErrorKind("somebody else writing the same object", *_ANSWER, BusyObjectError)
_DENIED = _ErrorKind(
    "access denied",
    "leave to list, read, write and delete below the prefix",
    "Give these credentials s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject, or use others.",
)
_EXPIRED = _ErrorKind(
    "credentials that have expired", "valid ones", f"Renew them. {_CREDENTIALS_REMEDY}"
)
_INVALID = _ErrorKind("credentials that S3 does not know", "valid ones", _CREDENTIALS_REMEDY)
_NO_CREDENTIALS = _ErrorKind(
    "no usable credentials", "some of the usual AWS chain", _CREDENTIALS_REMEDY
)
_CLOCK = _ErrorKind("a clock too far from S3's", "the right time", "Set this machine's clock.")
_THROTTLED = _ErrorKind(
    "too many requests at once", "room for ours after several tries", _RETRY_REMEDY
)
_FAILING = _ErrorKind("a failure inside S3", "an answer after several tries", _RETRY_REMEDY)
_TIMED_OUT = _ErrorKind("no answer in time", "an answer after several tries", _ENDPOINT_REMEDY)
_UNREACHABLE = _ErrorKind("no connection", "an S3 endpoint that answers", _ENDPOINT_REMEDY)
_BROKEN = _ErrorKind(
    "content cut short or altered on the way",
    "what was written, after several tries",
    _RETRY_REMEDY,
    BrokenBodyError,
)
_UNSUPPORTED = _ErrorKind(
    "a store that cannot do a conditional write",
    "S3, or a store that knows If-None-Match and If-Match",
    "Keep the lake in a folder, or in a store that knows them.",
)

# By S3's error code, by the bare HTTP status that HEAD gives in its place, or by the name of the client's exception.
_ERROR_KINDS = {
    "NoSuchBucket": _NO_BUCKET,
    **dict.fromkeys(("NoSuchKey", "NoSuchVersion", "NoSuchUpload", "NotFound", "404"), _MISSING),
    **dict.fromkeys(("PreconditionFailed", "412"), _CHANGED),
    **dict.fromkeys(("ConditionalRequestConflict", "OperationAborted", "409"), _BUSY),
    **dict.fromkeys(
        ("AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden", "403"), _DENIED
    ),
    **dict.fromkeys(("ExpiredToken", "TokenRefreshRequired", "RequestExpired"), _EXPIRED),
    **dict.fromkeys(
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidClientTokenId"),
        _INVALID,
    ),
    **dict.fromkeys(
        ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"),
        _NO_CREDENTIALS,
    ),
    **dict.fromkeys(
        ("TokenRetrievalError", "SSOError", "LoginError", "ProfileNotFound"), _NO_CREDENTIALS
    ),
    "RequestTimeTooSkewed": _CLOCK,
    **dict.fromkeys(
        ("SlowDown", "Throttling", "RequestLimitExceeded", "TooManyRequests", "429"), _THROTTLED
    ),
    **dict.fromkeys(("InternalError", "ServiceUnavailable", "500", "502", "503", "504"), _FAILING),
    **dict.fromkeys(("ReadTimeoutError", "ConnectTimeoutError", "RequestTimeout"), _TIMED_OUT),
    **dict.fromkeys(
        (
            "HTTPClientError",
            "ConnectionError",
            "BaseEndpointResolverError",
            "EndpointProviderError",
        ),
        _UNREACHABLE,
    ),
    **dict.fromkeys(
        ("FlexibleChecksumError", "IncompleteReadError", "BadDigest", "ChecksumError"), _BROKEN
    ),
    "NotImplemented": _UNSUPPORTED,
}


def translate_s3_error(error: Exception, thing: str) -> CreditDefaultError:
    """Our error for one of botocore's about `thing` (the object's uri); what we do not know is told in S3's own words."""
    for name in (_read_error_code(error), *(kind.__name__ for kind in type(error).__mro__)):
        if kind := _ERROR_KINDS.get(name):
            return kind.error(
                thing, found=f"{kind.found} ({name})", expected=kind.expected, remedy=kind.remedy
            )
    words = "".join(
        character for character in " ".join(str(error).split()) if character.isprintable()
    )
    return ServiceError(
        thing, found=words[:200], expected="S3 to do as asked", remedy=_ENDPOINT_REMEDY
    )


def build_broken_body_error(thing: str, found: str) -> BrokenBodyError:
    """The complaint that what came is not what was written."""
    return BrokenBodyError(
        thing, found=f"{_BROKEN.found} ({found})", expected=_BROKEN.expected, remedy=_BROKEN.remedy
    )


def _read_error_code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
