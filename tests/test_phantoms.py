"""Synthetic patients: as published in layout and format, as real in the figures that matter, the same for one seed."""

import csv
import errno
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from course_lib.data import check_folder, clinical_table, index_scans, missing_sequences
from course_lib.errors import ArgumentError, CourseError, DataError, StorageError
from course_lib.phantoms import make_phantoms, phantom_patient
from course_lib.phantoms.head import ATLAS, load_head
from course_lib.phantoms.institutions import institution_of, missing_of
from course_lib.phantoms.lesions import draw_lesion, push_aside

SIZE, PATIENTS = 64, 24
COLUMNS = [
    *("Patient", "RNASeqCluster", "MethylationCluster", "miRNACluster", "CNCluster", "RPPACluster", "OncosignCluster"),
    *("COCCluster", "histological_type", "neoplasm_histologic_grade", "tumor_tissue_site", "laterality"),
    *("tumor_location", "gender", "age_at_initial_pathologic", "race", "ethnicity", "death01"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A set as a lesson would get it, only smaller."""
    return make_phantoms(tmp_path_factory.mktemp("phantoms"), PATIENTS, SIZE, seed=0)


@pytest.fixture(scope="module")
def volumes(folder):
    """(images, masks) of every patient as the files hold them."""
    return {path.name: read_patient(path) for path in sorted(folder.iterdir()) if path.is_dir()}


def read_patient(path):
    """All slices of a patient's folder in their order: (n, h, w, 3) uint8 and (n, h, w) bool."""
    count = len(list(path.glob("*_mask.tif")))
    stems = [path / f"{path.name}_{k}" for k in range(1, count + 1)]
    images = np.stack([np.asarray(Image.open(f"{stem}.tif")) for stem in stems])
    return images, np.stack([np.asarray(Image.open(f"{stem}_mask.tif")) > 0 for stem in stems])


def head_of(flair):
    """The head in one slice: the largest part brighter than the background, what it encloses included."""
    smooth = ndimage.gaussian_filter(flair.astype(float), flair.shape[0] / 256)
    bright = smooth > max(12.0, 0.12 * np.percentile(smooth, 99.5))
    parts, count = ndimage.label(ndimage.binary_fill_holes(bright), np.ones((3, 3)))
    return parts == np.bincount(parts.ravel())[1:].argmax() + 1 if count else np.zeros(flair.shape, bool)


def figures(volumes):
    """What SCIENCE-like tables state about a set of scans, by slice: areas in pixels of 256 x 256."""
    rows = {"area": [], "parts": [], "cover": [], "p99": [], "slices": [], "ratio": []}
    for images, masks in volumes.values():
        rows["slices"].append(len(images))
        for image, mask in zip(images, masks, strict=True):
            head = head_of(image[..., 1])
            rows["cover"].append(head.mean())
            rows["p99"].append(np.percentile(image[..., 1], 99))
            if mask.any():
                rows["area"].append(mask.mean() * 256**2)
                rows["parts"].append(ndimage.label(mask, np.ones((3, 3)))[1])
                rows["ratio"].append([image[mask, c].mean() / image[head, c].mean() for c in range(3)])
    return {name: np.array(values, float) for name, values in rows.items()}


@pytest.fixture(scope="module")
def measured(volumes):
    return figures(volumes)


def assert_like_published(found, loose=1.0):
    """The published set's figures, each with the distance that a set of some two dozen patients may keep from it."""
    assert np.all((found["slices"] >= 20) & (found["slices"] <= 88))
    assert abs(np.median(found["slices"]) - 33) <= 6 * loose
    share = len(found["area"]) / len(found["cover"])
    assert abs(share - 0.35) < 0.07 * loose
    published = [184, 735, 1529, 2765, 4932]
    for quantile, area in zip((5, 25, 50, 75, 95), published, strict=True):
        assert abs(np.log(np.percentile(found["area"], quantile) / area)) < np.log(1.5 if quantile > 5 else 2.0) * loose
    assert abs(np.mean(found["parts"] == 1) - 0.86) < 0.08 * loose
    assert abs(np.mean(found["parts"] == 2) - 0.10) < 0.07 * loose
    pre, flair, post = found["ratio"].T
    assert abs(flair.mean() - 1.56) < 0.2 * loose
    assert 0.25 < flair.std() < 0.75
    assert abs(pre.mean() - 0.92) < 0.14 * loose
    assert abs(post.mean() - 0.94) < 0.16 * loose
    assert abs(found["cover"].mean() - 0.37) < 0.05 * loose
    assert abs(found["cover"].std() - 0.18) < 0.07 * loose
    assert abs(found["p99"].mean() - 118) < 25 * loose
    assert abs(found["p99"].std() - 44) < 22 * loose


@pytest.mark.slow
def test_areas_contrasts_cover_and_brightness_are_those_of_the_published_set(measured):
    assert_like_published(measured)


@pytest.mark.real
def test_the_same_measurement_of_real_scans_gives_the_published_figures(real_data):
    real = {path.name: read_patient(path) for path in sorted(real_data.iterdir()) if path.is_dir()}
    if len(real) < 40:
        pytest.skip("fewer than 40 real patients: their figures vary too much to be compared")
    assert_like_published(figures(real), loose=1.3)


@pytest.mark.slow
def test_every_patient_has_slices_with_and_without_tumour(volumes):
    for name, (_, masks) in volumes.items():
        with_tumour = masks.any(axis=(1, 2))
        assert 3 <= with_tumour.sum() < len(masks), name


@pytest.mark.slow
def test_the_background_is_nearly_black(volumes):
    corners = np.array([images[:, :4, :4, 1].mean() for images, _ in volumes.values()])
    assert np.median(corners) < 6
    assert corners.max() < 16


@pytest.mark.slow
def test_lesions_lie_in_one_hemisphere_on_either_side(volumes):
    sides = []
    for images, masks in volumes.values():
        across = head_of(images.max(axis=(0, 3))).any(axis=0)
        middle = np.flatnonzero(across).mean()
        sides.append((np.nonzero(masks)[2] < middle).mean())
    one_sided = np.maximum(sides, 1 - np.array(sides))
    assert np.median(one_sided) > 0.97
    assert np.mean(one_sided > 0.85) >= 0.8
    assert 0.15 < np.mean(np.array(sides) > 0.5) < 0.85


@pytest.mark.slow
def test_lesions_lie_inside_the_head_not_on_its_edge(volumes):
    for name, (images, masks) in volumes.items():
        inner = [ndimage.binary_erosion(head_of(image.max(axis=-1)), iterations=2) for image in images]
        assert (masks & np.stack(inner)).sum() > 0.93 * masks.sum(), name


@pytest.mark.slow
def test_some_lesions_are_hardly_brighter_than_the_brain_and_some_have_dark_cores(volumes):
    contrast, darkest = [], []
    for images, masks in volumes.values():
        around = ndimage.binary_dilation(masks, np.ones((1, 7, 7))) & ~ndimage.binary_dilation(masks)
        flair = images[..., 1].astype(float)
        around &= flair > 15
        contrast.append(flair[masks].mean() / np.median(flair[around]))
        darkest.append(np.percentile(flair[masks], 10) / np.median(flair[masks]))
    assert min(contrast) < 1.3 < 1.45 < max(contrast)
    assert min(darkest) < 0.6


def test_a_lesion_pushes_the_brain_outwards_and_leaves_the_skull_in_place():
    lesion = next(
        drawn for drawn in (draw_lesion(np.random.default_rng(k), load_head()) for k in range(20)) if drawn.push > 0.2
    )
    away = np.array([[lesion.radius * 0.8, 0, 0], [0, lesion.radius, 0], [200, 0, 0]]).T
    points = (lesion.centre[:, None] + away).astype(np.float32)
    deep, skull = np.full(3, -40, np.float32), np.zeros(3, np.float32)
    read_from = push_aside(lesion, points, deep)
    moved = np.linalg.norm(points - read_from, axis=0)
    nearer = np.linalg.norm(read_from - lesion.centre[:, None], axis=0) < np.linalg.norm(away, axis=0)
    assert nearer[:2].all()
    assert (moved[:2] > 1).all()
    assert moved[2] < 0.1
    assert np.allclose(push_aside(lesion, points, skull), points)


@pytest.mark.slow
def test_names_sizes_modes_and_compression_are_those_of_the_published_files(folder):
    patients = [path for path in folder.iterdir() if path.is_dir()]
    assert len(patients) == PATIENTS
    for path in patients:
        assert re.fullmatch(r"PHANTOM_(CS|DU|EZ|FG|HT)_\d{4}_(19|20)\d\d[01]\d[0-3]\d", path.name)
        names = {file.name for file in path.iterdir()}
        count = len(names) // 2
        expected = {f"{path.name}_{k}{end}.tif" for k in range(1, count + 1) for end in ("", "_mask")}
        assert names == expected
    for end, mode in (("", "RGB"), ("_mask", "L")):
        with Image.open(patients[0] / f"{patients[0].name}_1{end}.tif") as image:
            assert (image.format, image.mode, image.size) == ("TIFF", mode, (SIZE, SIZE))
            assert image.info["compression"] == "raw"
    values = {v for path in patients[0].glob("*_mask.tif") for v in np.unique(np.asarray(Image.open(path)))}
    assert values == {0, 255}


@pytest.mark.slow
@pytest.mark.real
def test_files_and_table_have_the_real_ones_tags_and_columns(folder, real_data):
    def tags(root, end):
        path = next(iter(sorted(root.glob(f"*/*_10{end}.tif"))))
        with Image.open(path) as image:
            return {tag: value for tag, value in image.tag_v2.items() if tag in (258, 259, 262, 277, 284)}

    for end in ("", "_mask"):
        ours, real = tags(folder, end), tags(real_data, end)
        assert {tag: ours.get(tag) for tag in real} == real
    with open(real_data / "data.csv", encoding="utf-8") as file:
        assert next(csv.reader(file)) == COLUMNS


@pytest.mark.slow
def test_the_clinical_table_has_the_published_columns_codes_and_some_gaps(folder):
    with open(folder / "data.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == COLUMNS
    assert [row[0] for row in rows[1:]] == sorted("_".join(p.name.split("_")[:3]) for p in folder.glob("PHANTOM_*"))
    cells = [cell for row in rows[1:] for cell in row[1:]]
    assert all(re.fullmatch(r"\d*", cell) for cell in cells)
    assert 0 < cells.count("") < 0.12 * len(cells)
    table = clinical_table(folder)
    allowed = {"laterality": {1, 2, 3}, "gender": {1, 2}, "death01": {0, 1}, "neoplasm_histologic_grade": {1, 2}}
    for column, codes in allowed.items():
        assert set(table[column].dropna()) <= codes
    assert table["age_at_initial_pathologic"].between(20, 75).sum() >= PATIENTS - 3


@pytest.mark.slow
def test_the_table_names_the_side_the_lesion_is_on(folder, volumes):
    table = clinical_table(folder)
    agree = []
    for name, (images, masks) in volumes.items():
        code = table.loc["_".join(name.split("_")[:3]), "laterality"]
        middle = np.flatnonzero(head_of(images.max(axis=(0, 3))).any(axis=0)).mean()
        right_of_picture = (np.nonzero(masks)[2] > middle).mean() > 0.5
        if code in (1, 3):
            agree.append((code == 1) == right_of_picture)  # as radiologists look: the patient's left is on the right
    assert np.mean(agree) > 0.9


@pytest.mark.slow
def test_the_course_reads_a_set_as_it_reads_the_real_one(folder):
    scans = index_scans(folder)
    assert check_folder(folder) == []
    assert scans["patient"].nunique() == PATIENTS
    assert scans["tumor_pixels"].gt(0).groupby(scans["patient"]).any().all()


@pytest.mark.slow
def test_where_a_sequence_is_missing_flair_stands_in_for_it(volumes):
    lacking = {name: missing_sequences(images) for name, (images, _) in volumes.items()}
    assert any("post" in missing for missing in lacking.values())
    assert sum(missing == () for missing in lacking.values()) >= PATIENTS - 6
    number = {name: int(name.split("_")[2]) - 1 for name in lacking}
    assert all(missing == missing_of(0, number[name]) for name, missing in lacking.items())


def test_missing_sequences_are_as_frequent_as_in_the_published_set():
    lacking = [missing_of(5, number) for number in range(1100)]
    assert abs(sum("pre" in missing for missing in lacking) - 60) <= 5
    assert abs(sum("post" in missing for missing in lacking) - 100) <= 5


@pytest.mark.parametrize("seed", range(12))
def test_any_24_patients_come_from_every_common_institution(seed):
    names = [institution_of(seed, number) for number in range(1100)]
    for start in (0, 7, 500):
        assert {"CS", "DU", "FG", "HT"} <= set(names[start : start + 24])
    for name, of_110 in {"CS": 16, "DU": 45, "EZ": 1, "FG": 14, "HT": 34}.items():
        assert abs(names.count(name) / 10 - of_110) <= 0.5


@pytest.mark.slow
def test_a_seed_gives_the_same_bytes_and_another_seed_other_patients(folder, tmp_path):
    again = make_phantoms(tmp_path / "again", 2, SIZE, seed=0)
    for path in sorted(again.glob("*/*.tif")):
        assert path.read_bytes() == (folder / path.relative_to(again)).read_bytes()
    assert len(list(again.glob("PHANTOM_*"))) == 2
    other = make_phantoms(tmp_path / "other", 1, SIZE, seed=1)
    assert {p.name for p in other.glob("PHANTOM_*")}.isdisjoint(p.name for p in folder.glob("PHANTOM_*"))


@pytest.mark.slow
def test_a_patient_in_memory_is_the_one_on_disk(folder):
    patient = phantom_patient(seed=0, size=SIZE, number=3)
    images, masks = read_patient(folder / patient.name)
    assert np.array_equal(patient.images, images)
    assert np.array_equal(patient.masks[..., 0] == 1, masks)
    assert patient.masks.shape == (*images.shape[:3], 1)
    assert patient.masks.max() == 1


@pytest.mark.slow
def test_a_finished_set_is_used_again_untouched(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert make_phantoms(folder.parent, PATIENTS, SIZE, seed=0) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_set_with_other_arguments_or_lost_files_is_made_anew(tmp_path):
    folder = make_phantoms(tmp_path, 1, 32, seed=0)
    assert folder == tmp_path / "kaggle_3m"
    make_phantoms(tmp_path, 1, 40, seed=0)
    first = next(folder.glob("*/*_1.tif"))
    assert Image.open(first).size == (40, 40)
    first.unlink()
    make_phantoms(tmp_path, 1, 40, seed=0)
    assert first.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["kaggle_3m"]


def test_a_damaged_marker_makes_the_set_anew(tmp_path):
    folder = make_phantoms(tmp_path, 1, 32, seed=0)
    marker = folder / "phantoms.json"
    whole = json.loads(marker.read_text())
    marker.write_text("{")
    make_phantoms(tmp_path, 1, 32, seed=0)
    assert json.loads(marker.read_text()) == whole


def test_scans_that_are_no_phantoms_are_never_touched(tmp_path):
    precious = tmp_path / "kaggle_3m" / "TCGA_CS_4941_19960909"
    precious.mkdir(parents=True)
    (precious / "scan.tif").write_bytes(b"real")
    with pytest.raises(DataError, match=r"kaggle_3m.*left alone"):
        make_phantoms(tmp_path, 1, 32)
    assert (precious / "scan.tif").read_bytes() == b"real"
    assert sorted(p.name for p in (tmp_path / "kaggle_3m").iterdir()) == [precious.name]


def test_progress_is_told_after_every_patient(tmp_path):
    told = []
    make_phantoms(tmp_path, 3, 32, progress=lambda done, patients: told.append((done, patients)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_read_only_disk_leaves_nothing_half_written(tmp_path, monkeypatch, number):
    saved, save = [], Image.Image.save

    def failing(image, path, *args, **kwargs):
        saved.append(path)
        if len(saved) > 12:
            raise OSError(number, os.strerror(number), str(path))
        save(image, path, *args, **kwargs)

    monkeypatch.setattr(Image.Image, "save", failing)
    with pytest.raises(StorageError, match="kaggle_3m"):
        make_phantoms(tmp_path / "new", 3, 32)
    assert len(saved) > 12
    assert list((tmp_path / "new").iterdir()) == []


def test_a_failure_keeps_the_set_that_was_there(tmp_path, monkeypatch):
    folder = make_phantoms(tmp_path, 1, 32)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(StorageError):
        make_phantoms(tmp_path, 2, 32)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["kaggle_3m"]


def test_a_stop_in_the_middle_leaves_nothing_half_written(tmp_path):
    def stop(done, patients):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_phantoms(tmp_path, 3, 32, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_folder_should_be_is_named(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StorageError, match="taken"):
        make_phantoms(tmp_path / "taken", 1, 32)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"patients": 0}, "patients"),
        ({"patients": 2.5}, "patients"),
        ({"patients": 10_000}, "patients"),
        ({"size": 16}, "size"),
        ({"size": 1024}, "size"),
        ({"size": "128"}, "size"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
        ({"seed": True}, "seed"),
    ],
)
def test_bad_arguments_are_named_before_anything_is_written(tmp_path, arguments, name):
    with pytest.raises(ArgumentError, match=f"^{name} must be a whole number") as caught:
        make_phantoms(tmp_path / "new", **arguments)
    assert isinstance(caught.value, CourseError)
    assert not (tmp_path / "new").exists()


def test_a_damaged_atlas_is_named_with_what_to_do(tmp_path, monkeypatch):
    broken = tmp_path / "mni152.npz"
    broken.write_bytes(ATLAS.read_bytes()[:2000])
    monkeypatch.setattr("course_lib.phantoms.head.ATLAS", broken)
    load_head.cache_clear()
    with pytest.raises(DataError, match=r"mni152.npz.*make_atlas"):
        load_head()


def test_the_atlas_is_what_its_tool_makes_from_nilearn():
    pytest.importorskip("nilearn", reason="nilearn is not installed; it carries the maps that the atlas is made from")
    path = Path(__file__).parent.parent / "tools" / "make_atlas.py"
    spec = importlib.util.spec_from_file_location("make_atlas", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    made = tool.make_atlas()
    with np.load(ATLAS) as shipped:
        assert set(shipped.files) == set(made)
        for name in ("gm", "wm", "t1"):
            assert np.abs(shipped[name].astype(int) - made[name]).max() <= 1
        assert np.allclose(shipped["origin"], made["origin"])
    assert ATLAS.stat().st_size < 2_000_000


def test_the_atlas_carries_its_makers_notice():
    notice = ATLAS.with_name("NOTICE-mni152.txt").read_text(encoding="utf-8")
    assert "Copyright (C) 1993-2004 Louis Collins, McConnell Brain Imaging Centre" in notice
    assert "provided that the above copyright notice appear in all copies" in " ".join(notice.split())


def test_the_module_loads_without_tensorflow_keras_or_nilearn():
    code = (
        "import sys, course_lib.phantoms; "
        "print([m for m in ('tensorflow', 'keras', 'nilearn', 'nibabel', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
