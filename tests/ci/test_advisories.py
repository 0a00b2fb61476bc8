import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = (
    "requirements.lock",
    "requirements.image.lock",
    "ci/requirements.lock",
    "infra/requirements.lock",
)


@pytest.fixture(scope="module")
def advisories(load_script):
    return load_script("advisories")


@pytest.fixture(scope="module")
def listed(advisories):
    return advisories.read_advisories(advisories.LIST)


def test_every_lock_of_the_project_is_looked_at(advisories):
    found = {str(path.relative_to(ROOT)) for path in ROOT.glob("*.lock")}
    found |= {str(path.relative_to(ROOT)) for path in ROOT.glob("*/requirements*.lock")}

    assert set(advisories.LOCKS) == found


@pytest.mark.parametrize("lock", LOCKS)
def test_no_pin_is_below_the_fixed_version_of_a_listed_advisory(advisories, listed, lock):
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert len(list(advisories.read_pins(text))) > 10
    assert [str(found) for found in advisories.find_breaches(lock, text, listed)] == []


def test_lock_below_any_floor_is_found(advisories, listed):
    """Each advisory is planted: its package pinned at a version just before the fixed one."""
    for advisory in listed:
        planted = f"{advisory.package}=={advisory.fixed}.dev0 \\\n    --hash=sha256:0\n"

        found = list(advisories.find_breaches("planted", planted, listed))

        assert advisory.id in {breach.advisory.id for breach in found}
        assert advisory.link in "\n".join(map(str, found))


def test_second_pin_of_a_package_is_looked_at_too(advisories, listed):
    text = "Jinja2[i18n]==3.1.6 ; python_version > '3'\njinja2==3.1.5 \\\n"

    (found,) = advisories.find_breaches("a.lock", text, listed)

    assert str(found) == (
        "a.lock: jinja2 3.1.5 has CVE-2025-27516, fixed in 3.1.6: "
        "https://nvd.nist.gov/vuln/detail/CVE-2025-27516"
    )


def test_every_listed_package_is_locked_and_every_line_is_whole(advisories, listed):
    locked = {
        name
        for lock in LOCKS
        for name, _ in advisories.read_pins((ROOT / lock).read_text(encoding="utf-8"))
    }

    assert {advisory.package for advisory in listed} - locked == set()
    assert all(re.fullmatch(r"(CVE|GHSA|PYSEC)-[\w-]+", advisory.id) for advisory in listed)
    assert all(
        advisory.link == f"https://nvd.nist.gov/vuln/detail/{advisory.id}" for advisory in listed
    )
    assert len({(advisory.id, advisory.package) for advisory in listed}) == len(listed)
