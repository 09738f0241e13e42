"""Which folder of scans is taken, and what `course data` says and makes."""

import argparse
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import write_tiny_folder
from PIL import Image

from course_lib import data, phantoms
from course_lib.commands import data as data_command
from course_lib.data import find
from course_lib.errors import CourseError, DataError


@pytest.fixture
def nowhere(tmp_path, monkeypatch) -> dict:
    """Arguments of find_data that point at empty places of the test's own."""
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setattr(find, "_said", set())
    return {"kaggle_input": tmp_path / "input", "home": tmp_path / "course"}


def no_phantoms(*_, **__):
    raise AssertionError("phantoms were made although there are scans")


def test_the_named_folder_comes_first(nowhere, tiny_folder, tmp_path, monkeypatch):
    tiny_folder(nowhere["home"] / "data")
    named = tiny_folder(tmp_path / "mine")
    monkeypatch.setenv("COURSE_DATA", str(named))
    assert data.find_data(**nowhere) == named
    monkeypatch.setenv("COURSE_DATA", str(named.parent))
    assert data.find_data(**nowhere) == named


@pytest.mark.parametrize("kind", ["missing", "empty", "a file"])
def test_a_named_folder_without_scans_is_an_error_and_not_passed_over(
    nowhere, tiny_folder, tmp_path, monkeypatch, kind
):
    tiny_folder(nowhere["home"] / "data")
    named = tmp_path / "mine"
    if kind == "empty":
        named.mkdir()
    elif kind == "a file":
        named.write_text("")
    monkeypatch.setenv("COURSE_DATA", str(named))
    with pytest.raises(DataError, match="COURSE_DATA") as caught:
        data.find_data(**nowhere)
    assert str(named) in str(caught.value)


@pytest.mark.parametrize("mount", ["lgg-mri-segmentation", "datasets/mateuszbuda/lgg-mri-segmentation", "my-copy"])
def test_both_forms_of_a_kaggle_mount_are_found_and_the_nested_copy_is_not(nowhere, tiny_folder, mount):
    slug = nowhere["kaggle_input"] / mount
    tiny_folder(slug / "lgg-mri-segmentation")
    outer = tiny_folder(slug)
    assert data.find_data(**nowhere) == outer
    assert len(data.index_scans(outer)) == len(data.index_scans(slug)) == 17


def test_the_nested_copy_serves_where_the_outer_one_is_missing(nowhere, tiny_folder):
    nested = tiny_folder(nowhere["kaggle_input"] / "lgg-mri-segmentation" / "lgg-mri-segmentation")
    assert data.find_data(**nowhere) == nested


def test_a_mount_comes_before_the_download_and_the_download_before_phantoms(nowhere, tiny_folder, monkeypatch):
    monkeypatch.setattr(phantoms, "make_phantoms", no_phantoms)
    downloads = nowhere["home"] / "data"
    synthetic = tiny_folder(downloads / "phantoms")
    assert data.find_data(**nowhere) == synthetic
    downloaded = tiny_folder(downloads)
    assert data.find_data(**nowhere) == downloaded
    mounted = tiny_folder(nowhere["kaggle_input"] / "lgg-mri-segmentation")
    assert data.find_data(**nowhere) == mounted


def test_an_empty_download_folder_is_passed_over(nowhere, tiny_folder):
    (nowhere["home"] / "data" / "kaggle_3m").mkdir(parents=True)
    synthetic = tiny_folder(nowhere["home"] / "data" / "phantoms")
    assert data.find_data(**nowhere) == synthetic


def note_settings(asked: list) -> Callable:
    """A make_phantoms that keeps its settings in the list and writes two slices."""

    def make(root, progress=None, **settings):
        asked.append(settings)
        if not Path(root, "kaggle_3m").exists():
            write_tiny_folder(Path(root), {"PHANTOM_CS_0001_20000101": 2}, 16, 0)
        return Path(root, "kaggle_3m")

    return make


def test_phantoms_are_made_where_there_is_nothing_else(nowhere, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(phantoms, "make_phantoms", note_settings(asked))
    folder = data.find_data(**nowhere)
    assert folder == nowhere["home"] / "data" / "phantoms" / "kaggle_3m"
    assert len(data.index_scans(folder)) == 2
    assert asked == [{}]
    assert "synthetic" in capsys.readouterr().out


def test_phantoms_that_were_made_with_other_settings_keep_them(nowhere, tiny_folder, monkeypatch):
    asked = []
    monkeypatch.setattr(phantoms, "make_phantoms", note_settings(asked))
    folder = tiny_folder(nowhere["home"] / "data" / "phantoms")
    (folder / "phantoms.json").write_text('{"version": 0, "patients": 70, "size": 256, "seed": 3, "files": 1}')
    assert data.find_data(**nowhere) == folder
    assert asked == [{"patients": 70, "size": 256, "seed": 3}]  # the same again, in case the version is an older one


def test_the_phantoms_own_note_has_the_settings_that_are_looked_for(nowhere):
    folder = phantoms.make_phantoms(nowhere["home"] / "data" / "phantoms", patients=1, size=32, seed=5)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert data.find_data(**nowhere) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_the_folder_in_use_is_said_once_with_the_reason(nowhere, tiny_folder, monkeypatch, capsys):
    named = tiny_folder()
    monkeypatch.setenv("COURSE_DATA", str(named))
    for _ in range(3):
        data.find_data(**nowhere)
    said = capsys.readouterr().out
    assert said.count(str(named)) == 1
    assert "COURSE_DATA" in said


# ---- the command


def course(*words: str) -> int:
    parser = argparse.ArgumentParser()
    data_command.add_parser(parser.add_subparsers())
    options = parser.parse_args(["data", *words])
    return options.run(options)


def test_the_check_lists_every_fault_and_ends_with_status_1(tiny_folder, capsys):
    root = tiny_folder()
    assert course("--check", str(root)) == 0
    assert "No fault" in capsys.readouterr().out
    bad = [root / patient / f"{patient}_2.tif" for patient in ("TCGA_CS_0001_20000101", "TCGA_DU_0002_20000102")]
    for path in bad:
        path.write_bytes(b"")
    assert course("--check", str(root)) == 1
    said = capsys.readouterr().out
    assert all(str(path) in said for path in bad)
    assert "2 faults" in said


def test_without_an_option_the_scans_in_use_are_described(tiny_folder, monkeypatch, capsys):
    root = tiny_folder()
    for path in (root / "TCGA_DU_0002_20000102").glob("*_?.tif"):
        with Image.open(path) as image:
            pixels = np.array(image)
        pixels[..., 2] = pixels[..., 1]
        Image.fromarray(pixels).save(path)
    monkeypatch.setenv("COURSE_DATA", str(root))
    assert course() == 0
    said = capsys.readouterr().out
    assert "3 patients, 17 slices, 6 of them with tumour" in said
    assert "CS 1, DU 1, EZ 1" in said
    assert "TCGA_DU_0002_20000102: post" in said


def test_asking_what_is_there_makes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setattr(find, "data_folder", lambda: tmp_path / "data")
    assert course() == 0
    assert "course data --phantoms" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_phantoms_are_made_where_asked_and_as_asked(tmp_path, capsys):
    assert course("--phantoms", "--out", str(tmp_path / "more"), "--patients", "2", "--size", "32", "--seed", "3") == 0
    scans = data.index_scans(tmp_path / "more")
    assert scans["patient"].nunique() == 2
    with Image.open(scans["image"][0]) as image:
        assert image.size == (32, 32)
    assert "2 patients" in capsys.readouterr().out


def test_impossible_phantoms_are_refused(tmp_path):
    with pytest.raises(CourseError, match="patients"):
        course("--phantoms", "--out", str(tmp_path), "--patients", "0")


def test_options_of_the_phantoms_alone_are_refused():
    with pytest.raises(CourseError, match="go with --phantoms"):
        course("--patients", "5")


def test_the_checksums_in_the_datas_readme_are_those_of_the_files_that_ship():
    home = Path(__file__).parents[1]
    listed = re.findall(r"^\| `(\S+)` \| `([0-9a-f]{64})` \|$", (home / "data" / "README.md").read_text(), re.MULTILINE)
    ships = [*home.glob("course_lib/assets/*.npz"), *home.glob("data/model/*.npz"), *home.glob("data/encoder/*.npz")]
    assert {name for name, _ in listed} == {str(path.relative_to(home)) for path in ships}
    for name, digest in listed:
        assert hashlib.sha256((home / name).read_bytes()).hexdigest() == digest
