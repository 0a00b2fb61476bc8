import shutil

import pytest

from credit_default.services.champion.current import CurrentChampion, load_registered_champion

pytestmark = pytest.mark.xdist_group("mlflow")


def test_champion_is_loaded_with_its_number_and_origin(champion_lake):
    champion = load_registered_champion(champion_lake.wiring)

    assert isinstance(champion, CurrentChampion)
    assert (champion.number, champion.data_origin) == (1, "simulated")
    assert champion.bundle.digest == champion_lake.summary.paths["digest"]


def test_lake_without_a_champion_has_none(make_wiring, mlflow_template):
    wiring = make_wiring()
    shutil.copy(mlflow_template, wiring.lake.home / "mlflow.db")

    assert load_registered_champion(wiring) is None
