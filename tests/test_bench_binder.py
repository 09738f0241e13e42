"""The bench of Binder's memory: what it takes for a picture, and that it sees memory of processes below."""

import subprocess
import sys

import pytest

from bench import binder


def test_both_ways_in_which_a_picture_comes_are_seen():
    assert binder.shows_picture({"image/png": "iVBOR", "text/plain": "<Figure>"})
    assert binder.shows_picture({"text/html": '<img alt="A brain" src="data:image/png;base64,iVBOR">'})
    assert not binder.shows_picture({"text/html": "<table></table>", "text/plain": "a table"})


@pytest.mark.skipif(sys.platform != "linux", reason="proportional memory is Linux's own")
def test_memory_that_a_grandchild_holds_for_a_moment_counts():
    hold = "import time; kept = b'x' * 200_000_000; time.sleep(1.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    with subprocess.Popen([sys.executable, "-c", parent]) as process, binder.Watch(process.pid) as watch:
        process.wait()
    assert 200e6 < watch.peak < 300e6
    assert watch.kernel == 0, "it is no kernel"


def test_the_server_gets_binders_limits_and_nothing_that_this_machine_sets(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", "elsewhere")
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    given = binder.environment(tmp_path, tmp_path / "bin" / "python")
    assert given["HOME"] == str(tmp_path)
    assert given["PATH"].startswith(str(tmp_path / "bin"))
    assert (given["MEM_LIMIT"], given["CPU_LIMIT"]) == ("2147483648", "2")
    assert not {"COURSE_DATA", "OMP_NUM_THREADS"} & given.keys()
