"""A prediction file survives the way, is refused where it did not, and scores as the masks that it holds."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_lib import data, evaluation, handin
from course_lib.errors import ArgumentError, CourseError, DataError, StorageError
from course_lib.handin.predictions import _checksum

# ---- run lengths


def runs_by_walking(mask):
    """The same, pixel by pixel."""
    runs, inside = [], False
    for place, value in enumerate(mask.ravel().tolist()):
        if value and inside:
            runs[-1][1] += 1
        elif value:
            runs.append([place, 1])
        inside = bool(value)
    return [tuple(run) for run in runs]


masks_of_any_size = arrays.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 1))


@given(masks_of_any_size)
def test_runs_are_those_that_walking_along_the_pixels_finds_and_give_the_mask_back(mask):
    runs = handin.encode_runs(mask)
    assert runs == runs_by_walking(mask)
    np.testing.assert_array_equal(handin.decode_runs(runs, mask.shape), mask > 0)


def test_a_run_round_the_corner_an_empty_mask_and_255():
    assert handin.encode_runs([[0, 1, 1], [1, 0, 0]]) == [(1, 3)]
    assert handin.encode_runs(np.zeros((3, 3))) == []
    assert handin.encode_runs(np.full((2, 2), 255, np.uint8)) == [(0, 4)]


@pytest.mark.parametrize("runs", [[(0, 5)], [(-1, 2)], [(0, 0)], [(0, 1), (1, 1)], [(2, 1), (0, 1)], [(3, 2)]])
def test_runs_that_no_mask_has_are_refused(runs):
    with pytest.raises(ArgumentError):
        handin.decode_runs(runs, (2, 2))


# ---- the file


@pytest.fixture
def scans(tiny_folder):
    """Seventeen slices of 16 pixels, of three patients."""
    return data.index_scans(tiny_folder())


@pytest.fixture
def maps(scans):
    """A random probability for every pixel, at half the size of the files."""
    return np.random.default_rng(0).random((len(scans), 8, 8, 1)).astype(np.float32)


@pytest.fixture
def saved(tmp_path, scans, maps):
    return handin.save_predictions(tmp_path / "out" / "test.json", scans, maps, 0.6, model="a toy")


def rewritten(path, change, checksum=True):
    """The file with its content changed by `change`, and, if `checksum`, one that fits it."""
    content = json.loads(path.read_text())
    change(content)
    if checksum:
        content["checksum"] = _checksum(content, content["slices"])
    path.write_text(json.dumps(content))
    return path


def test_what_is_read_is_what_was_saved_at_the_size_of_the_files(saved, scans, maps):
    read = handin.read_predictions(saved)
    assert (read.model, read.threshold, read.size) == ("a toy", 0.6, 16)
    np.testing.assert_array_equal(read.masks(scans), evaluation.resize_probabilities(maps, 16)[..., 0] >= 0.6)


def test_masks_come_in_the_order_of_the_rows_that_are_asked_for(saved, scans):
    read = handin.read_predictions(saved)
    np.testing.assert_array_equal(read.masks(scans[::-1]), read.masks(scans)[::-1])
    assert read.masks(scans[:0]).shape == (0, 16, 16)


def test_the_file_scores_as_the_maps_that_it_was_made_of(saved, scans, maps):
    full = evaluation.resize_probabilities(maps, 16)
    expected = evaluation.score_patients(scans, full, 0.6)
    alarms = evaluation.false_alarm_table(scans, full, 0.6)
    scored = handin.score_predictions(saved, scans)
    pd.testing.assert_frame_equal(scored[expected.columns.tolist()], expected)
    pd.testing.assert_frame_equal(scored[["empty_slices", "alarms"]], alarms[["empty_slices", "alarms"]])


def test_the_experts_own_masks_score_1(tmp_path, scans):
    truth = data.load_slices(scans, 16)[1]
    path = handin.save_predictions(tmp_path / "expert.json", scans, truth, 0.5, "the expert")
    assert handin.score_predictions(path, scans)["dice"].tolist() == [1, 1, 1]


def test_some_patients_of_a_file_can_be_scored_alone(saved, scans):
    one = scans[scans["patient"] == scans["patient"].iloc[0]]
    assert len(handin.score_predictions(saved, one)) == 1


def test_the_file_is_plain_json_that_an_editor_shows_a_line_a_slice(saved, scans):
    lines = saved.read_text(encoding="ascii").splitlines()
    assert len(lines) == len(scans) + 2
    assert json.loads(lines[1].rstrip(",")).keys() == {"patient", "slice", "runs"}


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_file_that_was_cut_short_is_refused_by_name(saved, share):
    text = saved.read_text()
    saved.write_text(text[: int(share * len(text))])
    with pytest.raises(DataError, match=r"test\.json: damaged.*save_predictions"):
        handin.read_predictions(saved)


def test_a_file_of_bytes_or_nested_without_end_is_refused(saved):
    for content in (bytes(range(256)), b"[" * 200_000, b"null", b"[1, 2]", b'{"format": "another"}'):
        saved.write_bytes(content)
        with pytest.raises(DataError, match=r"test\.json"):
            handin.read_predictions(saved)


def test_a_mask_that_was_edited_is_refused(saved):
    rewritten(saved, lambda content: content["slices"][3].update(runs=[0, 256]), checksum=False)
    with pytest.raises(DataError, match=r"test\.json: damaged or edited"):
        handin.read_predictions(saved)


def test_a_slice_that_is_there_twice_is_refused_by_number(saved):
    rewritten(saved, lambda content: content["slices"].append(content["slices"][4]))
    with pytest.raises(DataError, match=r"test\.json: slice \d+ of TCGA_\w+ is in it twice"):
        handin.read_predictions(saved)


def test_a_file_that_lacks_a_slice_says_which_and_how_many(saved, scans):
    rewritten(saved, lambda content: content["slices"].__delitem__(slice(3, 5)))
    lost = scans.iloc[3]
    with pytest.raises(DataError, match=rf"incomplete, 2 of 17 slices.*slice {lost['slice']} of {lost['patient']}"):
        handin.score_predictions(saved, scans)


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": float("nan")},
        {"threshold": 2},
        {"size": 10**9},
        {"size": True},
        {"slices": []},
        {"slices": [7]},
        {"slices": [{"patient": "A", "slice": 1, "runs": [0]}]},
        {"slices": [{"patient": "A", "slice": 1, "runs": [0, 1.5]}]},
        {"slices": [{"patient": "A", "slice": 1, "runs": [255, 9]}]},
        {"slices": [{"patient": "A", "slice": -1, "runs": []}]},
        {"model": None},
        {"checksum": 3},
    ],
    ids=str,
)
def test_impossible_content_is_refused_by_name_and_with_a_next_step(saved, change):
    content = json.loads(saved.read_text()) | change
    saved.write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"test\.json: damaged.*save_predictions"):
        handin.read_predictions(saved)


def test_a_file_that_is_not_there_or_huge_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"none\.json"):
        handin.read_predictions(tmp_path / "none.json")
    huge = tmp_path / "huge.json"
    with open(huge, "wb") as file:
        file.truncate(10**9)  # takes no space
    with pytest.raises(DataError, match=r"huge\.json.*larger"):
        handin.read_predictions(huge)


def test_masks_of_another_size_than_the_scans_are_refused(saved, tiny_folder, tmp_path):
    larger = data.index_scans(tiny_folder(parent=tmp_path / "larger", size=24))
    with pytest.raises(DataError, match="16 pixels wide and these scans 24"):
        handin.score_predictions(saved, larger)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda scans, maps: (scans[1:], maps, 0.5, "x"),
        lambda scans, maps: (pd.concat([scans, scans[:1]]), np.concatenate([maps, maps[:1]]), 0.5, "x"),
        lambda scans, maps: (scans, maps, 1.5, "x"),
        lambda scans, maps: (scans, maps, 0.5, " "),
        lambda scans, maps: (scans, maps * np.nan, 0.5, "x"),
        lambda scans, maps: (scans[:0], maps[:0], 0.5, "x"),
    ],
    ids=["one map too many", "a slice twice", "threshold", "no name", "NaN", "nothing"],
)
def test_impossible_predictions_are_not_saved(tmp_path, scans, maps, wrong):
    with pytest.raises(ArgumentError):
        handin.save_predictions(tmp_path / "test.json", *wrong(scans, maps))
    assert not (tmp_path / "test.json").exists()


def test_a_file_that_cannot_be_written_is_named(tmp_path, scans, maps):
    (tmp_path / "taken").write_text("")
    with pytest.raises(StorageError, match="taken"):
        handin.save_predictions(tmp_path / "taken" / "test.json", scans, maps, 0.5, "x")


def test_every_error_of_this_room_is_one_of_the_courses_own():
    assert issubclass(DataError, CourseError)
    assert issubclass(ArgumentError, CourseError)
