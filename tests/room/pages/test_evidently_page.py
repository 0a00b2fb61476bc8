import base64
import hashlib

from credit_default.room.pages.evidently_page import build_policy

PAGE = b"<head><style>a</style></head><body><script>one</script><script>two</script></body>"


def digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"


def test_policy_allows_the_pages_own_scripts_and_styles_and_nothing_else():
    policy = dict(part.strip().split(" ", 1) for part in build_policy(PAGE).split(";"))

    assert policy["script-src"] == f"{digest(b'one')} {digest(b'two')}"
    assert policy["style-src"] == f"{digest(b'a')} {digest(b'')}"
    assert policy["sandbox"] == "allow-scripts"
    assert policy["default-src"] == "'none'"


def test_policy_has_no_unsafe_directive():
    assert "unsafe" not in build_policy(PAGE)
