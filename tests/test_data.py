"""Indexing and loading scans: what a learner relies on."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import PUBLISHED
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from course_lib import data
from course_lib.data import memory
from course_lib.errors import DataError

LACK_PRE = {"DU_7013", "FG_A60K", "HT_7877", "HT_8105", "HT_A616", "HT_A61B"}
LACK_POST = LACK_PRE | {"DU_6407", "DU_7301", "DU_8165", "FG_7634"}


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


def not_again(*_):
    raise AssertionError("the folder was read again")


def test_a_checked_folder_is_not_read_again_until_it_changes(tiny_folder, monkeypatch):
    root = tiny_folder()
    monkeypatch.setattr(memory, "_SETTLED", 0)
    first = data.index_scans(root)
    with monkeypatch.context() as patch:
        patch.setattr("course_lib.data.index.read_in_parallel", not_again)
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
    # Pixels that the outline halves exactly count as tumour, which on a circle about a pixel's corner adds a little;
    # taking every touched pixel, or only whole ones, would be off by half the outline.
    edge = 2 * np.pi * radius
    assert abs(mask.sum() * scale**2 - area) < 0.15 * edge * scale
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
