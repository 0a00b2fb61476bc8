"""A report is signed by an ed25519 key or by a file of secret bytes, and a changed one is not."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


def make_keys(folder, kind):
    if kind == "hmac-sha256":
        (folder / "key").write_bytes(b"0123456789abcdef0123456789abcdef")
        return folder / "key", folder / "key"
    private = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "private.pem").write_bytes(pem)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "public.pem").write_bytes(public)
    return folder / "private.pem", folder / "public.pem"


@pytest.mark.parametrize("kind", ["ed25519", "hmac-sha256"])
def test_a_signed_report_is_checked_by_its_key_alone(verified_lake, check_lake, tmp_path, kind):
    key, shown = make_keys(tmp_path, kind)
    report = tmp_path / "report.json"
    check_lake(verified_lake, "--report", str(report), "--key", str(key), "--at", "2006-01-01")

    found = json.loads(report.read_text())
    assert found["report"]["faults"] == []
    assert found["report"]["at"] == "2006-01-01"
    assert found["report"]["head"]["sequence"] > 20
    assert found["signature"]["method"] == kind
    signed = check_lake("", "--check-report", str(report), "--key", str(shown))
    assert (signed.code, kind in signed.text) == (0, True)

    found["report"]["holds"]["results"] += 1
    report.write_text(json.dumps(found))
    assert check_lake("", "--check-report", str(report), "--key", str(shown)).code == 2


def test_a_report_without_a_key_says_that_it_is_not_signed(verified_lake, check_lake, tmp_path):
    report = tmp_path / "report.json"
    check_lake(verified_lake, "--report", str(report))

    assert json.loads(report.read_text())["signature"] is None
    assert check_lake("", "--check-report", str(report), "--key", str(report)).code == 2


def test_no_report_is_left_by_a_key_that_cannot_sign(verified_lake, check_lake, tmp_path):
    (tmp_path / "short").write_bytes(b"7")
    checked = check_lake(
        verified_lake, "--report", str(tmp_path / "report.json"), "--key", str(tmp_path / "short")
    )

    assert (checked.code, "16 or more" in checked.text) == (2, True)
    assert not (tmp_path / "report.json").exists()
