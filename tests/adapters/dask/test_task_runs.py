import sys
from pathlib import Path

import pytest

from credit_default.adapters.dask.cluster import open_cluster
from credit_default.adapters.dask.request import ClusterRequest
from credit_default.errors import InputError, ServiceError

pytest.importorskip("distributed", reason="no Dask: install the extra `dask`")
FAKES = str(Path(__file__).parents[2] / "fakes")


@pytest.fixture(scope="module")
def tasks():
    """What the workers do: processes that are spawned inherit the path."""
    sys.path.insert(0, FAKES)
    import worker_tasks

    yield worker_tasks
    sys.path.remove(FAKES)


@pytest.fixture(scope="module")
def cluster(tasks, tmp_path_factory):
    request = ClusterRequest("", process_count=2)
    with open_cluster(request, scratch=tmp_path_factory.mktemp("scratch")) as found:
        yield found


def test_results_come_in_the_order_of_the_parts(cluster, tasks):
    parts = [tasks.Rows(start, 10) for start in (40, 0, 20)]

    assert cluster.run_each(tasks.add_rows, parts, 1_000) == [1_445, 1_045, 1_245]


def test_the_n_th_buckets_of_all_parts_meet(cluster, tasks):
    parts = [tasks.Rows(0, 5), tasks.Rows(5, 4)]

    counts, buckets = cluster.run_and_shuffle(
        tasks.bucket_by_remainder, parts, reduce=tasks.join_lists, bucket_count=3
    )

    assert counts == [5, 4]
    assert buckets == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]


def test_an_error_of_a_worker_comes_back_as_itself_and_the_first_part_s_wins(cluster, tasks, capfd):
    parts = [tasks.Rows(start, 1) for start in (0, 7, 2, 3)]

    with pytest.raises(InputError, match="rows 7 to 8: found an odd start; expected an even one"):
        cluster.run_each(tasks.refuse_odd_start, parts)

    assert capfd.readouterr() == ("", "")  # no traceback of Dask's


def test_a_killed_worker_costs_a_retry_and_no_part(cluster, tasks, tmp_path, capfd):
    parts = [tasks.Rows(start, 1) for start in range(6)]

    assert cluster.run_each(tasks.die_once, parts, tmp_path / "mark") == [0, 1, 2, 3, 4, 5]

    assert cluster.notes == []
    assert capfd.readouterr() == ("", "")


def test_a_part_that_ends_its_workers_is_split_in_its_place_and_said(cluster, tasks):
    found = cluster.run_each(tasks.die_over_two, [tasks.Rows(0, 2), tasks.Rows(2, 4)])

    assert [row for start, count in found for row in range(start, start + count)] == list(range(6))
    assert found[-2:] == [(2, 2), (4, 2)]
    # The other part may be split too, where it was on the workers that ended.
    assert cluster.notes[-1] == (
        "rows 2 to 6 was split: workers ended over it, as they do when their memory is not enough"
    )
    cluster.notes = []


@pytest.mark.nightly
def test_a_part_that_ends_its_workers_and_cannot_be_split_is_named(cluster, tasks):
    with pytest.raises(ServiceError, match="rows 0 to 1 on Dask on this machine: found several"):
        cluster.run_each(tasks.die_always, [tasks.Rows(0, 1)])


@pytest.mark.nightly
def test_a_worker_out_of_memory_is_restarted_and_its_part_split(tasks, tmp_path):
    request = ClusterRequest("", process_count=1, memory_bytes=900 << 20)
    with open_cluster(request, scratch=tmp_path) as small:
        found = small.run_each(tasks.fill_memory, [tasks.Rows(0, 4)], 300)

    assert found in ([0, 2], [0, 1, 2, 3])
    assert small.notes
