import pytest

from credit_default.adapters.lake.published_reports import (
    fetch_published,
    locate_report,
    open_publication,
    read_profile,
    write_profile,
)
from credit_default.errors import ArtifactError, InputError

BATCH = {"batch_id": "ab" * 8, "model_version": 3}


def publish(lake, content):
    with open_publication(lake, **BATCH) as pages:
        write_profile(pages.folder, content)


def test_profile_stands_beside_the_report_and_is_read_back(lake):
    publish(lake, {"row_count": 5})

    assert read_profile(lake, **BATCH) == {"row_count": 5}
    assert locate_report(lake, **BATCH) == f"{lake.uri}/reports/{'ab' * 8}/v3"


def test_profile_that_was_not_published_is_none(lake):
    assert read_profile(lake, **BATCH) is None


def test_files_that_a_later_publication_keeps_stay(lake):
    publish(lake, {"row_count": 5})

    with open_publication(lake, **BATCH, keep=("profile.json",)) as pages:
        (pages.folder / "report.html").write_text("page")

    assert read_profile(lake, **BATCH) == {"row_count": 5}


def test_later_publication_replaces_the_earlier_one(lake, tmp_path):
    publish(lake, {"row_count": 5})
    with open_publication(lake, **BATCH) as pages:
        (pages.folder / "report.html").write_text("page")

    folder = fetch_published(lake, tmp_path, **BATCH)

    assert read_profile(lake, **BATCH) is None
    assert (folder / "report.html").read_text() == "page"


@pytest.mark.parametrize("content", ["{", "5", "\xff"])
def test_profile_that_is_not_an_object_is_an_error(lake, content):
    with open_publication(lake, **BATCH) as pages:
        (pages.folder / "profile.json").write_bytes(content.encode("latin-1"))

    with pytest.raises(ArtifactError, match="no JSON object"):
        read_profile(lake, **BATCH)


def test_batch_id_that_leads_elsewhere_is_refused(lake):
    with pytest.raises(InputError, match="batch_id"):
        read_profile(lake, batch_id="../../etc", model_version=1)
