"""Finding, indexing, splitting and loading scans: what a learner relies on."""

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import write_tiny_folder
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from course_lib import data, phantoms
from course_lib.commands import data as data_command
from course_lib.data import find, memory
from course_lib.errors import CourseError, DataError

PUBLISHED = {"CS": 16, "DU": 45, "EZ": 1, "FG": 14, "HT": 34}  # patients of each institution, 110 in all
LACK_PRE = {"DU_7013", "FG_A60K", "HT_7877", "HT_8105", "HT_A616", "HT_A61B"}
LACK_POST = LACK_PRE | {"DU_6407", "DU_7301", "DU_8165", "FG_7634"}


def scans_of(institutions: dict[str, int], slices: int = 3) -> pd.DataFrame:
    """An index without files: so many patients of each institution, so many slices each, the second with tumour."""
    rows = [
        (f"TCGA_{name}_{number:04d}_20000101", name, k, "i.tif", "m.tif", 10 * (k == 2))
        for name, count in institutions.items()
        for number in range(count)
        for k in range(1, slices + 1)
    ]
    return pd.DataFrame(rows, columns=["patient", "institution", "slice", "image", "mask", "tumor_pixels"])


def patients(part: pd.DataFrame) -> set[str]:
    return set(part["patient"])


# ---- find_data


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


# ---- index_scans


def test_a_row_a_slice_in_the_order_of_patients_and_numbers(tiny_folder):
    root = tiny_folder()
    scans = data.index_scans(root)
    assert list(scans.columns) == ["patient", "institution", "slice", "image", "mask", "tumor_pixels"]
    assert scans["slice"].tolist() == [1, 2, 3, 1, 2, *range(1, 13)]  # 10 comes after 9, not after 1
    assert scans["institution"].tolist() == ["CS"] * 3 + ["DU"] * 2 + ["EZ"] * 12
    for row in scans.itertuples():
        assert Path(row.image) == root / row.patient / f"{row.patient}_{row.slice}.tif"
        assert Path(row.mask) == root / row.patient / f"{row.patient}_{row.slice}_mask.tif"
        with Image.open(row.mask) as mask:
            assert row.tumor_pixels == np.count_nonzero(np.asarray(mask))


def test_the_folder_may_be_given_by_a_relative_path_and_the_rows_hold_absolute_ones(tiny_folder, tmp_path, monkeypatch):
    tiny_folder()
    monkeypatch.chdir(tmp_path)
    assert all(Path(path).is_absolute() for path in data.index_scans("kaggle_3m")["image"])


def test_a_checked_folder_is_not_read_again_until_it_changes(tiny_folder, monkeypatch):
    root = tiny_folder()
    monkeypatch.setattr(memory, "_SETTLED", 0)
    first = data.index_scans(root)
    with monkeypatch.context() as patch:
        patch.setattr("course_lib.data.index.read_in_parallel", no_phantoms)
        pd.testing.assert_frame_equal(data.index_scans(root), first)
    Path(first["mask"][1]).write_bytes(b"now damaged")
    with pytest.raises(DataError, match=r"_2_mask\.tif"):
        data.index_scans(root)


def test_what_was_written_a_moment_ago_is_read_again(tiny_folder):
    # Two changes within one tick of the file system's clock leave the same time.
    root = tiny_folder()
    path = Path(data.index_scans(root)["mask"][1])
    content = bytearray(path.read_bytes())
    content[-1] = 7
    path.write_bytes(content)
    with pytest.raises(DataError, match="values other than 0 and 255: 7"):
        data.index_scans(root)


@pytest.mark.parametrize("note", ["", "[1, 2]", '{"state": 1}', '{"readings": [["a", 1, 2]], "state": ""}'])
def test_a_damaged_note_about_a_folder_is_ignored(tiny_folder, monkeypatch, note):
    root = tiny_folder()
    monkeypatch.setattr(memory, "_SETTLED", 0)
    good = data.index_scans(root)
    memory._note(root).write_text(note)
    pd.testing.assert_frame_equal(data.index_scans(root), good)


def test_a_folder_for_notes_that_cannot_be_written_does_no_harm(tiny_folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(memory, "_SETTLED", 0)
    assert len(data.index_scans(tiny_folder())) == 17


def test_the_package_loads_within_a_second_and_without_tensorflow():
    program = (
        "import sys, time, course_lib.data\n"
        "print(time.process_time(), *{'tensorflow', 'keras', 'jax', 'torch', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    seconds, *heavy = done.stdout.split()  # of processor time, which other programs do not disturb
    assert not heavy
    assert float(seconds) < 1


# ---- clinical_table


def test_the_clinical_table_is_indexed_by_the_first_parts_of_the_patients_name(tiny_folder):
    root = tiny_folder()
    table = data.clinical_table(root)
    assert table.index.name == "patient"
    assert {"_".join(name.split("_")[:3]) for name in data.index_scans(root)["patient"]} == set(table.index)
    assert table["gender"].isna().all()
    assert (table["death01"] == 2).all()


def test_the_nested_copys_semicolons_give_the_same_table(tiny_folder):
    root = tiny_folder()
    commas = data.clinical_table(root)
    file = root / "data.csv"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b",", b";").replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(data.clinical_table(root), commas)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"<html></html>", b"Patient,age\nTCGA_CS_1\n"])
def test_a_missing_or_damaged_clinical_table_is_named(tiny_folder, content):
    file = tiny_folder() / "data.csv"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=r"data\.csv.*[Cc]opy"):
        data.clinical_table(file.parent)


# ---- splits


def test_the_published_patients_divide_into_76_17_and_17():
    split = data.split_by_patient(scans_of(PUBLISHED))
    assert [len(patients(part)) for part in split] == [76, 17, 17]


@settings(max_examples=100, deadline=None)
@given(
    institutions=st.dictionaries(st.sampled_from(list(PUBLISHED)), st.integers(1, 30), min_size=1),
    validation=st.floats(0, 0.5),
    test=st.floats(0, 0.45),
    seed=st.integers(0, 2**32),
)
def test_no_patient_is_in_two_parts_and_none_is_lost(institutions, validation, test, seed):
    scans = scans_of(institutions)
    assume(sum(institutions.values()) * (1 - validation - test) > 2)
    split = data.split_by_patient(scans, validation, test, seed)
    parts = [patients(part) for part in split]
    assert sum(map(len, parts)) == len(set.union(*parts)) == scans["patient"].nunique()
    pd.testing.assert_frame_equal(pd.concat(split).sort_index(), scans)
    for part, share in ((parts[1], validation), (parts[2], test)):
        assert abs(len(part) - share * scans["patient"].nunique()) <= 0.5 or len(part) == 1


@settings(max_examples=100, deadline=None)
@given(
    institutions=st.dictionaries(st.sampled_from(list(PUBLISHED)), st.integers(1, 40), min_size=2),
    seed=st.integers(0, 1000),
)
def test_each_institution_gives_its_share_to_within_one_patient(institutions, seed):
    assume(sum(institutions.values()) >= 4)
    test = data.split_by_patient(scans_of(institutions), 0.2, 0.2, seed).test
    taken = test.groupby("institution")["patient"].nunique()
    share = test["patient"].nunique() / sum(institutions.values())
    for name, count in institutions.items():
        assert abs(taken.get(name, 0) - share * count) < 1


@given(order=st.permutations(range(36)), seed=st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_the_split_depends_on_the_seed_and_not_on_the_order_of_rows(order, seed):
    scans = scans_of({"CS": 5, "DU": 6, "EZ": 1})
    for divide in (data.split_by_patient, data.split_by_slice):
        straight, mixed = divide(scans, 0.2, 0.2, seed), divide(scans.iloc[order], 0.2, 0.2, seed)
        for one, other in zip(straight, mixed, strict=True):
            pd.testing.assert_frame_equal(one, other.sort_index())


def test_another_seed_gives_another_split():
    scans = scans_of(PUBLISHED)
    assert len({frozenset(patients(data.split_by_patient(scans, seed=seed).test)) for seed in range(5)}) == 5


def test_every_patient_is_in_the_test_part_for_some_seed_even_where_each_is_an_institution_of_its_own():
    scans = scans_of({"CS": 1, "DU": 1, "FG": 1, "HT": 1})
    tested = [patients(data.split_by_patient(scans, seed=seed).test) for seed in range(40)]
    assert set.union(*tested) == patients(scans)


@pytest.mark.parametrize("divide", [data.split_by_patient, data.split_by_slice])
@pytest.mark.parametrize(("validation", "test"), [(-0.1, 0.1), (0.1, 1.0), (0.5, 0.5), (float("nan"), 0.1), (0.1, 15)])
def test_impossible_shares_are_refused(divide, validation, test):
    with pytest.raises(DataError, match="share"):
        divide(scans_of(PUBLISHED), validation, test)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_patients_are_refused(count):
    with pytest.raises(DataError, match=f"{count} patients are too few"):
        data.split_by_patient(scans_of({"CS": count}))


def test_no_share_leaves_a_part_empty():
    split = data.split_by_patient(scans_of({"CS": 3}), validation=0.0, test=0.3)
    assert [len(patients(part)) for part in split] == [2, 0, 1]
    assert list(split.validation.columns) == list(split.train.columns)


def test_a_split_by_slice_leaks_and_a_split_by_patient_does_not():
    scans = scans_of(PUBLISHED, slices=30)
    by_patient, by_slice = data.split_by_patient(scans), data.split_by_slice(scans)
    assert data.count_twins(by_patient.train, by_patient.test) == 0
    # A slice lacks a neighbour in training where both (or at the end the only one) fell elsewhere: .3² to .3.
    assert data.count_twins(by_slice.train, by_slice.test) / len(by_slice.test) > 0.85
    assert [len(part) for part in by_slice] == [2310, 495, 495]


def test_twins_are_counted_by_patient_and_number():
    train = pd.DataFrame({"patient": ["A", "A", "B"], "slice": [1, 5, 7]})
    test = pd.DataFrame({"patient": ["A", "A", "A", "B", "B", "C"], "slice": [2, 3, 4, 6, 9, 2]})
    assert data.count_twins(train, test) == 3  # A2 by A1, A4 by A5, B6 by B7
    assert data.count_twins(train.iloc[:0], test) == 0


@given(ratio=st.floats(0, 5), seed=st.integers(0, 100), epoch=st.integers(0, 100))
@settings(max_examples=50, deadline=None)
def test_balanced_slices_hold_every_tumour_slice_and_the_asked_share_of_empty_ones(ratio, seed, epoch):
    scans = scans_of({"CS": 4, "DU": 5}, slices=6)
    positions = data.balance_slices(scans, ratio, seed, epoch)
    tumor = scans.iloc[positions]["tumor_pixels"] > 0
    assert tumor.sum() == 9
    assert (~tumor).sum() == min(45, round(9 * ratio))
    assert len(set(positions)) == len(positions)
    np.testing.assert_array_equal(positions, data.balance_slices(scans, ratio, seed, epoch))


def test_epochs_choose_other_empty_slices_until_all_were_seen():
    scans = scans_of({"CS": 4}, slices=6)
    seen = {position for epoch in range(30) for position in data.balance_slices(scans, 1.0, 0, epoch)}
    assert seen == set(range(24))


def test_an_impossible_ratio_is_refused():
    for ratio in (-1.0, float("nan"), float("inf")):
        with pytest.raises(DataError, match="empty_per_tumor"):
            data.balance_slices(scans_of({"CS": 4}), ratio)


# ---- load_slices


def test_slices_come_at_their_own_size_as_they_are_in_the_files(tiny_folder):
    scans = data.index_scans(tiny_folder())
    images, masks = data.load_slices(scans, 16)
    assert images.shape == (17, 16, 16, 3)
    assert masks.shape == (17, 16, 16, 1)
    assert images.dtype == masks.dtype == np.uint8
    for row, image, mask in zip(scans.itertuples(), images, masks, strict=True):
        with Image.open(row.image) as expected:
            np.testing.assert_array_equal(image, np.asarray(expected))
        with Image.open(row.mask) as expected:
            np.testing.assert_array_equal(mask[..., 0] * 255, np.asarray(expected))


def test_slices_come_in_the_order_of_the_rows(tiny_folder):
    scans = data.index_scans(tiny_folder())
    images, masks = data.load_slices(scans, 8)
    order = np.random.default_rng(0).permutation(len(scans))
    again, masks_again = data.load_slices(scans.iloc[order], 8)
    np.testing.assert_array_equal(again, images[order])
    np.testing.assert_array_equal(masks_again, masks[order])


def load_one(folder: Path, image: np.ndarray, mask: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    Image.fromarray(image).save(folder / "i.tif")
    Image.fromarray(mask).save(folder / "m.tif")
    scans = pd.DataFrame({"image": [str(folder / "i.tif")], "mask": [str(folder / "m.tif")]})
    images, masks = data.load_slices(scans, size)
    return images[0], masks[0, ..., 0]


def test_shrinking_averages_instead_of_dropping_pixels(tmp_path):
    board = (np.indices((64, 64)).sum(0) % 2 * 200).astype(np.uint8)
    image, _ = load_one(tmp_path, np.dstack([board] * 3), np.zeros((64, 64), np.uint8), 16)
    assert np.abs(image.astype(int) - 100).max() <= 1  # a nearest-pixel rule would give 0 or 200


def test_shrinking_keeps_black_black_and_bright_bright(tmp_path):
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = 255
    small, _ = load_one(tmp_path, image, np.zeros((64, 64), np.uint8), 16)
    assert small[:, :7].max() == 0
    assert small[:, 9:].min() == 255


@settings(max_examples=40, deadline=None)
@given(
    radius=st.floats(20, 60),
    flat=st.floats(0.5, 1),
    centre=st.tuples(st.floats(70, 180), st.floats(70, 180)),
    size=st.sampled_from([64, 96, 128]),
)
def test_masks_keep_their_area_their_place_and_their_two_values(tmp_path_factory, radius, flat, centre, size):
    y, x = np.indices((256, 256))
    blob = ((y - centre[0]) ** 2 + ((x - centre[1]) / flat) ** 2 < radius**2).astype(np.uint8) * 255
    _, mask = load_one(tmp_path_factory.mktemp("one"), np.zeros((256, 256, 3), np.uint8), blob, size)
    assert set(np.unique(mask)) == {0, 1}
    scale = 256 / size
    area = np.count_nonzero(blob)
    edge = 2 * np.pi * radius  # the outline, whose pixels may fall either way
    assert abs(mask.sum() * scale**2 - area) < 0.1 * edge * scale
    for small, large in zip(np.nonzero(mask), np.nonzero(blob), strict=True):
        assert abs((small.mean() + 0.5) * scale - (large.mean() + 0.5)) < 0.35 * scale


def test_enlarging_keeps_the_shape(tmp_path):
    mask = np.zeros((16, 16), np.uint8)
    mask[4:12, 4:8] = 255
    image, large = load_one(tmp_path, np.dstack([mask] * 3), mask, 64)
    assert abs(int(large.sum()) - 32 * 16) <= 4  # the corners may be rounded
    assert set(np.unique(image[20:44, 18:30])) == {255}


@pytest.mark.parametrize("size", [0, -4, 12.5])
def test_an_impossible_size_is_refused(tiny_folder, size):
    with pytest.raises(DataError, match="size"):
        data.load_slices(data.index_scans(tiny_folder()), size)


def test_a_missing_sequence_is_one_that_equals_flair():
    scan = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    assert data.missing_sequences(scan) == ()
    scan[..., 0] = scan[..., 1]
    assert data.missing_sequences(scan) == ("pre",)
    scan[..., 2] = scan[..., 1]
    assert data.missing_sequences(scan) == ("pre", "post")
    scan[3, 0, 0, 0] += 1  # one pixel of one slice differs
    assert data.missing_sequences(scan) == ("post",)


def test_a_single_image_in_place_of_a_patient_is_refused():
    with pytest.raises(DataError, match="slices of one patient"):
        data.missing_sequences(np.zeros((8, 8, 3)))


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


# ---- real patients


@pytest.fixture(scope="module")
def real_scans(real_data) -> pd.DataFrame:
    return data.index_scans(real_data)


@pytest.mark.real
def test_real_counts_are_those_published(real_scans):
    found = real_scans.groupby("institution")["patient"].nunique()
    assert all(count <= PUBLISHED[name] for name, count in found.items())
    by_patient = real_scans.groupby("patient")
    assert by_patient.size().between(20, 88).all()
    assert by_patient["tumor_pixels"].agg(lambda pixels: (pixels > 0).sum()).between(3, 37).all()
    if found.sum() == 110:
        assert (len(real_scans), (real_scans["tumor_pixels"] > 0).sum()) == (3929, 1373)
        assert found.to_dict() == PUBLISHED
    if found.sum() == 80:
        assert len(real_scans) == 2787


@pytest.mark.real
def test_real_patients_lack_the_sequences_that_are_known_to_be_missing(real_scans):
    images, _ = data.load_slices(real_scans, 256)
    for patient, rows in real_scans.groupby("patient"):
        name = "_".join(patient.split("_")[1:3])
        expected = [sequence for sequence, lack in (("pre", LACK_PRE), ("post", LACK_POST)) if name in lack]
        assert data.missing_sequences(images[rows.index]) == tuple(expected), patient


@pytest.mark.real
def test_real_masks_keep_their_area_when_they_shrink(real_scans):
    rows = real_scans[real_scans["tumor_pixels"] > 0].iloc[::5]
    for size in (64, 96, 128):
        _, masks = data.load_slices(rows, size)
        assert masks.sum() * (256 / size) ** 2 / rows["tumor_pixels"].sum() == pytest.approx(1, abs=0.02)


@pytest.mark.real
def test_the_real_clinical_table_has_a_row_for_every_patient(real_scans, real_data):
    table = data.clinical_table(real_data)
    assert len(table.columns) == 17  # and the patient, which is the index
    assert {"_".join(patient.split("_")[:3]) for patient in real_scans["patient"]} <= set(table.index)
    assert table["age_at_initial_pathologic"].dropna().between(18, 90).all()


@pytest.mark.real
def test_real_institutions_are_divided_evenly_and_the_single_patient_of_ez_is_in_one_part(real_scans):
    split = data.split_by_patient(real_scans)
    assert data.count_twins(split.train, split.test) == 0
    assert sum("EZ" in set(part["institution"]) for part in split) <= 1
    assert all({"CS", "DU", "FG", "HT"} <= set(part["institution"]) for part in split) or len(real_scans) < 2000
