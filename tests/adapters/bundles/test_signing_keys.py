import base64
import stat

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credit_default.adapters.bundles.signing_keys import (
    make_key,
    read_private_key,
    read_public_key,
    write_public_key,
)
from credit_default.errors import InputError, SetupError


def test_a_made_key_is_read_back_and_nobody_else_can_read_it(tmp_path):
    public = make_key(tmp_path / "key.pem")

    assert write_public_key(read_private_key(tmp_path / "key.pem")) == public
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
    assert len(base64.b64decode(public.removeprefix("ed25519:"))) == 32


def test_a_key_is_never_overwritten(tmp_path):
    make_key(tmp_path / "key.pem")
    before = (tmp_path / "key.pem").read_bytes()

    with pytest.raises(InputError, match="File exists"):
        make_key(tmp_path / "key.pem")

    assert (tmp_path / "key.pem").read_bytes() == before


def test_a_private_key_that_others_can_read_is_refused(tmp_path):
    make_key(tmp_path / "key.pem")
    (tmp_path / "key.pem").chmod(0o644)

    with pytest.raises(SetupError, match="chmod 600"):
        read_private_key(tmp_path / "key.pem")


def test_a_public_key_may_be_a_text_or_a_pem_file(tmp_path):
    public = make_key(tmp_path / "key.pem")
    pem = (
        read_private_key(tmp_path / "key.pem")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "key.pub").write_bytes(pem)

    assert read_public_key(public) == public
    assert read_public_key(str(tmp_path / "key.pub")) == public


def write_other_kind(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    path = folder / "ec.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("write", "found"),
    [
        (lambda folder: folder / "gone.pem", "No such file"),
        (lambda folder: write_text(folder, "hello"), "no private key in PEM"),
        (write_other_kind, "a key of another kind"),
    ],
)
def test_what_is_no_private_ed25519_key_is_refused_by_name(tmp_path, write, found):
    path = write(tmp_path)

    with pytest.raises(SetupError, match=found):
        read_private_key(path)


def write_text(folder, text):
    path = folder / "text.pem"
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("given", ["ed25519:", "ed25519:!!", "ed25519:AAAA", "no-such-file.pub"])
def test_what_is_no_public_key_is_refused_by_name(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SetupError, match="ed25519 key"):
        read_public_key(given)
