"""The same jobs on a Dask cluster give the same marks."""

import pytest
from hostile import as_bytes, filled, handed_out, largest, skip_without_sandbox

from course_lib.errors import CourseError
from course_lib.grading.grade import grade

pytestmark = pytest.mark.slow


@pytest.fixture
def handed_in(tmp_path):
    skip_without_sandbox()
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.ipynb").write_bytes(as_bytes(filled()))
    (folder / "blank.ipynb").write_bytes(as_bytes(handed_out()))
    (folder / "loops.ipynb").write_bytes(largest("while True: pass"))
    return folder


def test_a_cluster_gives_the_marks_that_this_machine_gives(handed_in, tmp_path):
    distributed = pytest.importorskip("distributed")
    limits = {"seconds": 30, "call_seconds": 3}
    here = grade(handed_in, tmp_path / "here.csv", limits=limits, progress=False)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        secret = tmp_path / "here.secret"
        there = grade(
            handed_in, tmp_path / "there.csv", scheduler=address, secret=secret, limits=limits, progress=False
        )
    assert [row.to_dict() for row in there] == [row.to_dict() for row in here]
    assert {row.name: row.status for row in there}["loops.ipynb"] == "timeout"


def test_a_scheduler_that_nobody_answers_for_is_an_error_that_names_it(handed_in, tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("course_lib.grading.cluster.PATIENCE", "1s")
    with pytest.raises(CourseError, match=r"127\.0\.0\.1:9.*dask scheduler"):
        grade(handed_in, tmp_path / "m.csv", scheduler="tcp://127.0.0.1:9", progress=False)
