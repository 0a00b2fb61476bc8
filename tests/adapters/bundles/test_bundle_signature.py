"""A signature is of one bundle, by one key: any other byte, model, version or key is refused before anything is loaded."""

import json
import shutil

import numpy as np
import pytest

from credit_default.adapters.bundles.bundle_files import read_bundle, write_bundle
from credit_default.adapters.bundles.signing_keys import make_key
from credit_default.adapters.bundles.trust import Trust, require_trainable
from credit_default.errors import ArtifactError, SetupError
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.families.recipe import Recipe


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Three keys: that of the lender, one more of the lender, and a stranger's; the file and the public key of each."""
    folder = tmp_path_factory.mktemp("keys")
    return {
        name: (folder / f"{name}.pem", make_key(folder / f"{name}.pem"))
        for name in ("lender", "second", "stranger")
    }


@pytest.fixture(scope="module")
def trust(keys):
    return Trust(keys=(keys["second"][1], keys["lender"][1]), signature_required=True)


@pytest.fixture(scope="module")
def versions(bundle, other_bundle, keys, tmp_path_factory):
    """Two versions, each signed by the lender."""
    root = tmp_path_factory.mktemp("versions")
    for name, one in (("one", bundle), ("two", other_bundle)):
        (root / name).mkdir()
        write_bundle(one, root / name, signing_key=keys["lender"][0])
    return root


@pytest.fixture
def folder(versions, tmp_path):
    """The first version in a folder that may be spoilt."""
    return shutil.copytree(versions / "one", tmp_path / "bundle")


def read(folder, bundle, trust):
    return read_bundle(folder, expected_digest=bundle.digest, trust=trust)


def test_a_signed_bundle_is_read_and_scores_as_before(folder, bundle, trust, scored):
    rows = scored(20)

    loaded = read(folder, bundle, trust)

    assert np.array_equal(score_probability(loaded, rows), score_probability(bundle, rows))


@pytest.mark.parametrize(
    "name", ["bundle.json", "pipeline.skops", "trained_rows.npy", "reference.parquet"]
)
@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.999])
def test_one_flipped_byte_in_any_file_is_refused(folder, bundle, trust, name, place):
    content = bytearray((folder / name).read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    (folder / name).write_bytes(bytes(content))

    with pytest.raises(ArtifactError):
        read(folder, bundle, trust)


def test_every_changed_or_missing_field_of_the_manifest_is_refused_for_its_signature(
    folder, bundle, trust
):
    path = folder / "bundle.json"
    manifest = json.loads(path.read_text())
    for name in set(manifest) - {"format", "digest", "files", "library_versions"}:
        without = {key: value for key, value in manifest.items() if key != name}
        for spoilt in ({**manifest, name: [manifest[name]]}, without):
            path.write_text(json.dumps(spoilt, indent=2))

            with pytest.raises(ArtifactError, match="signature"):
                read(folder, bundle, trust)


@pytest.mark.parametrize("place", range(0, 64, 7))
def test_one_flipped_bit_of_the_signature_is_refused(folder, bundle, trust, place):
    path = folder / "signature.json"
    content = json.loads(path.read_text())
    letters = list(content["signature"])
    letters[place] = "A" if letters[place] != "A" else "B"
    path.write_text(json.dumps({**content, "signature": "".join(letters)}))

    with pytest.raises(ArtifactError, match="of other content"):
        read(folder, bundle, trust)


def test_the_signature_of_another_version_is_refused(folder, versions, bundle, trust):
    shutil.copy(versions / "two" / "signature.json", folder)

    with pytest.raises(ArtifactError, match="of other content"):
        read(folder, bundle, trust)


def test_a_whole_other_version_in_its_place_is_refused(versions, bundle, trust):
    with pytest.raises(ArtifactError, match="found the bundle"):
        read(versions / "two", bundle, trust)


def test_another_versions_pipeline_with_the_digests_made_to_agree_is_refused(
    folder, versions, bundle, trust
):
    shutil.copy(versions / "two" / "pipeline.skops", folder)
    manifest = json.loads((folder / "bundle.json").read_text())
    other = json.loads((versions / "two" / "bundle.json").read_text())
    manifest["files"]["pipeline.skops"] = other["files"]["pipeline.skops"]
    (folder / "bundle.json").write_text(json.dumps(manifest, indent=2))

    with pytest.raises(ArtifactError, match="of other content"):
        read(folder, bundle, trust)


def test_no_signature_is_refused_where_one_is_required(folder, bundle, trust):
    (folder / "signature.json").unlink()

    with pytest.raises(ArtifactError, match="found no signature"):
        read(folder, bundle, trust)


def test_no_signature_is_asked_of_our_own_families_by_default(folder, bundle):
    (folder / "signature.json").write_text("no signature at all")

    assert read(folder, bundle, Trust()).digest == bundle.digest


def test_a_strangers_signature_is_refused_and_named(bundle, keys, trust, tmp_path):
    path, public = keys["stranger"]
    write_bundle(bundle, tmp_path, signing_key=path)

    with pytest.raises(ArtifactError) as refused:
        read(tmp_path, bundle, trust)

    assert public in str(refused.value)


def test_a_strangers_signature_under_the_lenders_name_is_refused(bundle, keys, trust, tmp_path):
    write_bundle(bundle, tmp_path, signing_key=keys["stranger"][0])
    path = tmp_path / "signature.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "key": keys["lender"][1]}))

    with pytest.raises(ArtifactError, match="of other content"):
        read(tmp_path, bundle, trust)


def test_a_key_that_is_taken_off_the_list_signs_nothing_any_more(folder, bundle, keys):
    with pytest.raises(ArtifactError, match=r"signing\.trusted_keys"):
        read(folder, bundle, Trust(keys=(keys["second"][1],), signature_required=True))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"[" * 5_000,
        b'{"format": "credit-default signature 1"}',
        b'{"format": "other", "key": "x", "signature": "x"}',
        b'{"format": "credit-default signature 1", "key": 7, "signature": []}',
        b"\xff" * 100,
    ],
)
def test_a_signature_that_is_none_is_refused_with_a_sentence(folder, bundle, trust, content):
    (folder / "signature.json").write_bytes(content)

    with pytest.raises(ArtifactError, match=r"signature\.json"):
        read(folder, bundle, trust)


@pytest.mark.parametrize("make", ["link", "folder", "large"])
def test_a_signature_that_is_no_small_plain_file_is_refused(folder, bundle, trust, make):
    path = folder / "signature.json"
    path.rename(folder.parent / "elsewhere.json")
    if make == "link":
        path.symlink_to(folder.parent / "elsewhere.json")
    elif make == "folder":
        path.mkdir()
    else:
        path.write_bytes(b" " * 20_000)

    with pytest.raises(ArtifactError, match=r"signature\.json"):
        read(folder, bundle, trust)


@pytest.mark.parametrize(
    ("recipe", "given", "found"),
    [
        ({}, {}, None),
        ({}, {"signature_required": True}, "no key to sign"),
        ({"family": "acme-credit:logit"}, {}, "estimators.trusted does not list"),
        ({"family": "acme-credit:logit"}, {"packages": ("acme-credit",)}, "no key to sign"),
        ({"family": "acme-credit:logit"}, {"packages": ("Acme_Credit",)}, "no key to sign"),
        ({"family": "acme-credit:logit"}, {"packages": ("acme",)}, "trusted does not list"),
    ],
)
def test_no_model_is_fitted_that_would_be_refused_afterwards(recipe, given, found):
    if found is None:
        require_trainable(Recipe(**recipe), trust=Trust(**given), key=None)
        return

    with pytest.raises(SetupError, match=found):
        require_trainable(Recipe(**recipe), trust=Trust(**given), key=None)


def test_the_key_that_signs_must_be_one_that_is_trusted(keys, trust):
    require_trainable(Recipe(), trust=trust, key=keys["lender"][0])

    with pytest.raises(SetupError, match=r"Set signing\.trusted_keys"):
        require_trainable(Recipe(), trust=trust, key=keys["stranger"][0])
