"""What stands in for Colab: its list of versions, and the repository from which the lessons fetch the course there."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from course_lib.host import packages
from tools import repository
from tools.colab_machine import VERSIONS, Colab, publish

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def pins():
    """Colab's versions by name."""
    lines = [line for line in VERSIONS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {name.lower(): Version(version) for name, version in (line.split("==") for line in lines)}


def test_the_list_says_of_which_day_it_is():
    assert re.search(r"as of\n?#? ?20\d\d-\d\d-\d\d", VERSIONS.read_text(encoding="utf-8"))


def test_it_has_the_versions_that_decide(pins):
    wanted = {"tensorflow": "2.20", "keras": "3.13", "numpy": "2.1", "matplotlib": "3.10", "ipywidgets": "7.7.1"}
    for name, version in {**wanted, "ipython": "7.34.0", "ipykernel": "6.17.1"}.items():
        assert f"{pins[name]}.".startswith(f"{version}."), name
    assert not {"jupyterlab", "notebook"} & set(pins)  # Colab has none


def test_what_the_course_asks_for_is_there_so_that_nothing_need_be_changed(pins):
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    for requirement in map(Requirement, declared):
        if requirement.name in {*packages.NEEDED, *packages.WISHED}:
            assert pins[requirement.name] in requirement.specifier, requirement


def test_what_is_published_is_the_working_tree_without_what_git_ignores(tmp_path, monkeypatch):
    tree = tmp_path / "tree"
    (tree / "runs").mkdir(parents=True)
    for name, text in {".gitignore": "runs/\n", "old.py": "1", "new.py": "2", "runs/large": "3"}.items():
        (tree / name).write_text(text)
    monkeypatch.setattr(repository, "ROOT", tree)
    monkeypatch.setattr(repository, "tag", lambda: "v1.2.3")
    bare = publish(tmp_path / "course.git")
    fetched = tmp_path / "fetched"
    command = ["git", "clone", "-q", "--depth", "1", "--branch", "v1.2.3", f"file://{bare}", fetched]
    subprocess.run(command, check=True, capture_output=True)
    assert {path.name for path in fetched.iterdir()} == {".git", ".gitignore", "old.py", "new.py"}


def test_a_kernel_there_finds_no_way_out_but_to_the_course(tmp_path, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "secret")
    settings = Colab(tmp_path / "venv").environment(tmp_path / "home", tmp_path / "course.git")
    assert settings["GIT_CONFIG_KEY_0"] == f"url.file://{tmp_path / 'course.git'}.insteadOf"
    assert settings["GIT_CONFIG_VALUE_0"] == repository.address()
    assert settings["HTTPS_PROXY"] == settings["HTTP_PROXY"] == "http://127.0.0.1:9"
    assert (settings["PIP_NO_INDEX"], settings["HOME"]) == ("1", str(tmp_path / "home"))
    assert not any(name.startswith(("COURSE_", "KAGGLE_", "PYTHONPATH")) for name in settings)
