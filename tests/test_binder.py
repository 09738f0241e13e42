"""What Binder builds from: files at the root that repo2docker runs, and the limits that they set."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Binder's scripts are for bash on Linux")


def started(command, **environment):
    """What a command prints that ./start starts."""
    kept = {name: value for name, value in os.environ.items() if name != "CPU_LIMIT"}
    done = subprocess.run(
        [ROOT / "start", *command], env={**kept, **environment}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize(
    ("limit", "threads"), [(None, "2"), ("", "2"), ("1", "1"), ("2.0", "2"), ("0.5", "1"), ("many", "1")]
)
def test_there_are_as_many_threads_as_binder_grants_cores_whatever_the_host_has(limit, threads):
    given = {} if limit is None else {"CPU_LIMIT": limit}
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    assert started(["printenv", *names], **given) == (0, "\n".join([threads] * 4))


def test_start_becomes_the_server_so_that_signals_reach_it_and_words_stay_whole():
    status, said = started(["sh", "-c", 'echo $$ "$0"; exit 7', "two words"])
    assert status == 7
    assert said.endswith(" two words")
    process = subprocess.Popen([ROOT / "start", "sh", "-c", "echo $$"], stdout=subprocess.PIPE, text=True)
    assert int(process.communicate()[0]) == process.pid


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_repo2docker_finds_the_scripts_at_the_root_ready_to_run(name):
    assert os.access(ROOT / name, os.X_OK)
    assert (ROOT / name).read_bytes().startswith(b"#!/usr/bin/env bash\n")
    assert subprocess.run(["bash", "-n", ROOT / name], check=False).returncode == 0
    assert not (ROOT / "binder").exists(), "repo2docker would look there, and only there"
    assert not (ROOT / ".binder").exists(), "repo2docker would look there, and only there"


def test_the_build_ends_where_a_step_fails(tmp_path):
    (tmp_path / "python").write_text("#!/bin/sh\nexit 4\n")
    (tmp_path / "python").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run([ROOT / "postBuild"], env={**os.environ, "PATH": path, "HOME": str(tmp_path)}, check=False)
    assert done.returncode == 4
