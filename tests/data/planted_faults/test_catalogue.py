from credit_default.data.planted_faults.catalogue import PLANTED_FAULTS, PlantedFault
from credit_default.data.planted_faults.injection import FAULT_FUNCTIONS
from credit_default.data.simulation.scenarios import SCENARIO_CONDITIONS


def test_more_than_forty_faults_are_planned_each_at_three_strengths():
    names = {fault.name for fault in PLANTED_FAULTS}

    assert len(PLANTED_FAULTS) == 3 * len(names) >= 40
    assert {(fault.name, fault.strength) for fault in PLANTED_FAULTS} == {
        (n, s) for n in names for s in (1, 2, 3)
    }


def test_every_scenario_and_every_planter_is_drilled():
    drilled = {
        kind: {f.name for f in PLANTED_FAULTS if f.kind == kind}
        for kind in ("scenario", "month", "gate")
    }

    assert drilled == {
        "scenario": set(SCENARIO_CONDITIONS) - {"calm"},
        "month": set(FAULT_FUNCTIONS),
        "gate": {"broken gate"},
    }


def test_every_fault_says_which_gate_it_is_meant_for():
    gates = {"file", "quality", "drift", "feed", "volume", "performance", "coverage", "drill"}

    assert all(
        fault.expected_gates and set(fault.expected_gates) <= gates for fault in PLANTED_FAULTS
    )


def test_stronger_is_larger():
    sizes = [
        [f.size for f in PLANTED_FAULTS if f.name == name]
        for name in {f.name for f in PLANTED_FAULTS}
    ]

    assert all(weak < middle < strong for weak, middle, strong in sizes)


def test_title_is_name_and_strength():
    assert PlantedFault("late file", 2, 2.0, ("volume",)).title == "late file 2"
