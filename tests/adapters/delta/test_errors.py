import pytest

from credit_default.adapters.delta.errors import translate_delta_error
from credit_default.errors import InputError, ServiceError

S3_MESSAGE = """Generic S3 error
  \x1b[31m↳\x1b[0m Error performing GET http://s3/lake?list-type=2 in 4ms - Server returned non-2xx status code
   \x1b[31m↳\x1b[0m 404 Not Found
    \x1b[31m↳\x1b[0m <?xml version="1.0"?><Error><Code>CODE</Code><Message>secret text</Message></Error>
"""


@pytest.mark.parametrize(
    ("code", "kind", "found"),
    [
        ("NoSuchBucket", InputError, "no such bucket"),
        ("AccessDenied", ServiceError, "access denied"),
        ("ExpiredToken", ServiceError, "credentials that have expired"),
        ("SlowDown", ServiceError, "too many requests"),
    ],
)
def test_an_answer_of_s3_becomes_our_error_on_one_line(code, kind, found):
    error = translate_delta_error(
        OSError(S3_MESSAGE.replace("CODE", code)), "s3://lake/tables/scores"
    )

    assert isinstance(error, kind)
    assert error.thing == "table s3://lake/tables/scores"
    assert found in str(error)
    assert "\n" not in str(error)
    assert "\x1b" not in str(error)
    assert "secret" not in str(error)


def test_a_server_that_does_not_answer_is_reported_as_no_connection():
    message = "Kernel error -> Generic S3 error\n \x1b[31m↳\x1b[0m error sending request\n tcp connect error"

    error = translate_delta_error(OSError(message), "s3://lake/tables/scores")

    assert isinstance(error, ServiceError)
    assert "no connection" in str(error)


def test_an_unknown_message_is_quoted_without_colours_and_cut_short():
    error = translate_delta_error(
        OSError("\x1b[31mNo space left\x1b[0m\n on device (os error 28) " + "x" * 999),
        "/lake/tables/scores",
    )

    assert error.found.startswith("No space left on device (os error 28) xxx")
    assert len(error.found) == 300
