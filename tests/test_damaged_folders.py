"""Folders damaged in every way we could think of: always a good index or one clear error, never anything else."""

import os
import shutil
import string
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from conftest import write_tiny_folder
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from course_lib.data import Fault, check_folder, index_scans, load_slices
from course_lib.errors import DataError

FEW = {"TCGA_CS_0001_20000101": 3, "TCGA_DU_0002_20000102": 2}
PATIENT = "TCGA_CS_0001_20000101"
SLICE = f"{PATIENT}/{PATIENT}_2.tif"
MASK = f"{PATIENT}/{PATIENT}_2_mask.tif"


def save(array: np.ndarray, path: Path, mode: str | None = None, **options) -> None:
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path, **options)


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def smooth(path: Path) -> None:
    mask = pixels(path)
    mask[4, 4] = 128
    save(mask, path)


def resize(path: Path, size: tuple[int, int] = (24, 24)) -> None:
    with Image.open(path) as image:
        small = image.resize(size, Image.Resampling.NEAREST)
    small.save(path)


def cut(path: Path, keep: int = 300) -> None:
    path.write_bytes(path.read_bytes()[:keep])


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def sixteen_bits(path: Path) -> None:
    save(pixels(path).astype(np.uint16) * 257, path)


# name: the file or folder to damage, what is done to it, words of the problem
DAMAGES = {
    "truncated slice": (SLICE, cut, "truncated"),
    "truncated mask": (MASK, cut, "truncated"),
    "cut in the header": (SLICE, lambda path: cut(path, 6), "not a TIFF|cannot be read|damaged"),
    "empty file": (SLICE, lambda path: path.write_bytes(b""), "not a TIFF"),
    "text in place of a slice": (SLICE, lambda path: path.write_text("<html>404</html>"), "not a TIFF"),
    "PNG under a TIFF's name": (SLICE, lambda path: save(pixels(path), path, format="PNG"), "not a TIFF"),
    "missing mask": (MASK, Path.unlink, "the mask of .* is missing"),
    "missing slice": (SLICE, Path.unlink, "the slice of .* is missing"),
    "resized mask": (MASK, resize, "24 × 24 pixels, its slice 16 × 16"),
    "resized slice": (SLICE, resize, "24 × 24"),
    "oblong slice": (SLICE, lambda path: resize(path, (24, 16)), "24 × 16"),
    "grey slice": (SLICE, lambda path: save(pixels(path), path, "L"), "mode is L"),
    "slice with transparency": (SLICE, lambda path: save(pixels(path), path, "RGBA"), "mode is RGBA"),
    "coloured mask": (MASK, lambda path: save(pixels(path), path, "RGB"), "mode is RGB"),
    "mask of one bit": (MASK, lambda path: save(pixels(path), path, "1"), "mode is 1"),
    "mask of 16 bits": (MASK, sixteen_bits, "mode is I;16"),
    "smoothed mask": (MASK, smooth, "values other than 0 and 255: 128"),
    "mask of 0 and 1": (MASK, lambda path: save(pixels(path) // 255, path), "values other than 0 and 255: 1"),
    "folder in place of a slice": (SLICE, replace_by_folder, "not a file"),
    "link to itself": (MASK, replace_by_loop, "symbolic links|cannot be read"),
    "pipe in place of a slice": (SLICE, replace_by_pipe, "not a file"),
    "empty patient's folder": (
        PATIENT,
        lambda path: [file.unlink() for file in path.iterdir()],
        "holds no slices",
    ),
    "slice without a number": (SLICE, lambda path: shutil.copy(path, path.with_name("scan.tif")), "no slice number"),
    "another patient's slice": (
        SLICE,
        lambda path: shutil.copy(path, path.with_name("TCGA_HT_9999_20000101_2.tif")),
        "another patient",
    ),
    "two slices of a number": (
        SLICE,
        lambda path: shutil.copy(path, path.with_name(f"{PATIENT}_02.tif")),
        "same slice number",
    ),
    "patient's folder renamed": (PATIENT, lambda path: path.rename(path.with_name("patient-1")), "not named as"),
    "dangling link to a patient": (
        PATIENT,
        lambda path: path.with_name("TCGA_CS_0009_20000101").symlink_to("nowhere"),
        "leads nowhere",
    ),
}
if not hasattr(os, "mkfifo"):  # Windows has no pipes in folders
    del DAMAGES["pipe in place of a slice"]


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_named_with_the_file_and_the_next_step(tiny_folder, name):
    root = tiny_folder()
    place, damage, words = DAMAGES[name]
    damage(root / place)
    faults = check_folder(root)
    assert len(faults) == 1
    assert str(root) in faults[0].path
    assert faults[0].remedy
    with pytest.raises(DataError, match=words) as caught:
        index_scans(root)
    assert str(caught.value) == f"{faults[0]}."


@pytest.mark.parametrize("name", ["truncated mask", "smoothed mask", "coloured mask", "text in place of a slice"])
def test_the_damaged_file_itself_is_named(tiny_folder, name):
    root = tiny_folder()
    place, damage, _ = DAMAGES[name]
    damage(root / place)
    assert [fault.path for fault in check_folder(root)] == [str(root / place)]


def test_every_fault_is_listed_and_the_error_says_how_many_more_there_are(tiny_folder):
    root = tiny_folder()
    smooth(root / MASK)
    cut(root / "TCGA_DU_0002_20000102/TCGA_DU_0002_20000102_1.tif")
    (root / "TCGA_EZ_0003_20000103/TCGA_EZ_0003_20000103_12_mask.tif").unlink()
    found = [Path(fault.path).name for fault in check_folder(root)]
    expected = [f"{PATIENT}_2_mask.tif", "TCGA_DU_0002_20000102_1.tif", "TCGA_EZ_0003_20000103_12_mask.tif"]
    assert found == expected
    with pytest.raises(DataError, match="2 more faults: `course data --check") as caught:
        index_scans(root)
    assert f"{PATIENT}_2_mask.tif" in str(caught.value)


def test_an_image_and_a_mask_of_one_slice_that_are_both_bad_are_both_listed(tiny_folder):
    root = tiny_folder()
    cut(root / SLICE)
    smooth(root / MASK)
    assert sorted(fault.path for fault in check_folder(root)) == sorted([str(root / SLICE), str(root / MASK)])


@pytest.mark.parametrize("kind", ["missing", "empty", "a file", "without patients"])
def test_a_root_without_scans_is_one_clear_error(tmp_path, kind):
    root = tmp_path / "scans"
    if kind == "a file":
        root.write_text("not a folder")
    elif kind != "missing":
        root.mkdir()
    if kind == "without patients":
        (root / "data.csv").write_text("Patient\n")
        (root / "__MACOSX").mkdir()
    with pytest.raises(DataError, match="course data") as caught:
        index_scans(root)
    assert str(root) in str(caught.value)
    assert [fault.path for fault in check_folder(root)] == [str(root)]


def test_other_files_and_folders_do_no_harm(tiny_folder):
    root = tiny_folder()
    good = index_scans(root)
    (root / "phantoms.json").write_text("{}")
    (root / ".DS_Store").write_bytes(b"\x00")
    (root / PATIENT / "notes.txt").write_text("seen")
    (root / PATIENT / f"._{PATIENT}_1.tif").write_bytes(b"\x00\x05\x16\x07")  # what macOS leaves on other drives
    (root / "__MACOSX").mkdir()
    (root / PATIENT / "around").symlink_to(root)
    assert index_scans(root).equals(good)
    assert check_folder(root) == []


def test_upper_case_suffixes_are_read(tiny_folder):
    root = tiny_folder()
    good = index_scans(root)["tumor_pixels"].tolist()
    for path in list((root / PATIENT).iterdir()):
        path.rename(path.with_suffix(".TIF"))
    assert index_scans(root)["tumor_pixels"].tolist() == good


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_compressed_tiffs_are_read_and_their_damage_is_noticed(tiny_folder, compression):
    root = tiny_folder()
    good = pixels(root / SLICE)
    save(good, root / SLICE, compression=compression)
    assert check_folder(root) == []
    cut(root / SLICE, (root / SLICE).stat().st_size // 2)
    assert [fault.path for fault in check_folder(root)] == [str(root / SLICE)]


def test_a_claim_of_billions_of_pixels_is_refused_without_taking_the_memory(tiny_folder):
    root = tiny_folder()
    content = bytearray((root / SLICE).read_bytes())
    entry = content.index((256).to_bytes(2, "little") + (4).to_bytes(2, "little"))  # the tag of the width, a long
    content[entry + 8 : entry + 12] = (2**31 - 1).to_bytes(4, "little")
    (root / SLICE).write_bytes(content)
    assert [fault.path for fault in check_folder(root)] == [str(root / SLICE)]


def test_a_file_damaged_after_the_check_is_named_when_it_is_loaded(tiny_folder):
    root = tiny_folder()
    scans = index_scans(root)
    cut(root / SLICE)
    with pytest.raises(DataError, match=r"_2\.tif.*truncated.*Copy or download it again"):
        load_slices(scans, 8)


@pytest.fixture(scope="module")
def good_folder(tmp_path_factory) -> Path:
    return write_tiny_folder(tmp_path_factory.mktemp("good"), FEW, 16, seed=0)


def all_files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*.[tT][iI][fF]") if path.is_file() and not path.is_symlink())


damage_bytes = st.tuples(st.just("bytes"), st.integers(0, 999), st.integers(0, 400), st.binary(min_size=1, max_size=8))
damage_cut = st.tuples(st.just("cut"), st.integers(0, 999), st.integers(0, 2000))
damage_named = st.tuples(st.just("named"), st.sampled_from(sorted(DAMAGES)))
name_parts = st.text(string.ascii_letters + string.digits + "_-. ", min_size=1, max_size=12)
damage_name = st.tuples(
    st.just("rename"), st.integers(0, 999), name_parts, st.sampled_from([".tif", ".TIFF", "", ".x"])
)


def apply(damage: tuple, root: Path) -> None:
    """Applies one damage where its target is still there."""
    kind, *how = damage
    if kind == "named":
        place, change, _ = DAMAGES[how[0]]
        if (root / place).exists():
            # An earlier damage may have left nothing that this one could change.
            with suppress(OSError, SyntaxError, TypeError, IndexError, ValueError):
                change(root / place)
        return
    files = all_files(root)
    if not files:
        return
    path = files[how[0] % len(files)]
    if kind == "cut":
        cut(path, how[1])
    elif kind == "bytes":
        content = bytearray(path.read_bytes())
        content[how[1] : how[1] + len(how[2])] = how[2]
        path.write_bytes(content)
    elif not path.with_name(how[1] + how[2]).exists():
        path.rename(path.with_name(how[1] + how[2]))


@settings(max_examples=150, deadline=None)
@given(damages=st.lists(st.one_of(damage_bytes, damage_cut, damage_named, damage_name), min_size=1, max_size=4))
def test_whatever_the_damage_there_is_a_good_index_or_an_error_that_names_the_file(good_folder, damages):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "kaggle_3m"
        shutil.copytree(good_folder, root)
        for damage in damages:
            apply(damage, root)
        faults = check_folder(root)
        assert all(isinstance(fault, Fault) and fault.problem and fault.remedy for fault in faults)
        assert all(fault.path.startswith(str(root)) for fault in faults)
        if faults:
            with pytest.raises(DataError) as caught:
                index_scans(root)
            assert faults[0].path in str(caught.value)
        else:
            scans = index_scans(root)
            images, masks = load_slices(scans, 16)
            assert len(images) == len(scans) > 0
            np.testing.assert_array_equal(masks.sum((1, 2, 3)), scans["tumor_pixels"])


@settings(max_examples=60, deadline=None)
@given(
    chosen=st.lists(st.sampled_from(range(sum(FEW.values()))), min_size=1, max_size=5, unique=True),
    keep=st.integers(0, 250),
)
def test_every_truncated_file_of_several_is_listed(good_folder, chosen, keep):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "kaggle_3m"
        shutil.copytree(good_folder, root)
        paths = [all_files(root)[2 * number] for number in chosen]
        for path in paths:
            cut(path, keep)
        assert {fault.path for fault in check_folder(root)} == {str(path) for path in paths}
