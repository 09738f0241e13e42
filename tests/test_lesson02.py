"""Lesson 2 says things in words; here its own cells are run, and what they compute must bear the words out."""

import contextlib
import io
import re
from types import SimpleNamespace

import lessons
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from course_lib import data, plots
from course_lib.errors import ArgumentError
from course_lib.plots.counting import whole_squares

ENOUGH = 60  # patients; the words are about a set like the real one, not about a handful


@pytest.fixture(scope="module", params=["phantoms", pytest.param("real", marks=pytest.mark.real)])
def lesson(request):
    """What the names of the lesson stand for at its end, on the phantoms and on real patients."""
    real = request.getfixturevalue("real_data") if request.param == "real" else None
    with pytest.MonkeyPatch.context() as patch:
        lessons.see_what_lessons_see(patch)
        if real is not None:
            patch.setenv("COURSE_DATA", str(real))
        showed = []
        patch.setattr(plots, "show", lambda axes, alt: (showed.append(alt), plt.close("all")))
        with contextlib.redirect_stdout(io.StringIO()):
            names = lessons.run_cells(2)
    if request.param == "real" and names["scans"].patient.nunique() < ENOUGH:
        pytest.skip(f"needs {ENOUGH} real patients or more: COURSE_DATA has {names['scans'].patient.nunique()}")
    return SimpleNamespace(**names, showed=showed)


@pytest.fixture(scope="module")
def words():
    """All text of the lesson as one line."""
    return " ".join(" ".join(c.source.split()) for c in lessons.source_of(2).cells if c.cell_type == "markdown")


# ---- what the lesson says of its own output


@pytest.mark.notebooks
def test_most_slices_have_no_tumour_and_shares_differ_threefold(lesson):
    by_patient = (lesson.scans.tumor_pixels > 0).groupby(lesson.scans.patient).mean()
    assert lesson.has_tumor.mean() < 0.5
    assert by_patient.min() > 0
    assert by_patient.max() < 1
    assert by_patient.max() > 3 * by_patient.min()


@pytest.mark.notebooks
def test_one_square_of_a_hundred_is_tumour_and_over_thirty_are_head(lesson):
    squares = whole_squares({"tumour": lesson.share, "head": lesson.head - lesson.share, "air": 1 - lesson.head})
    assert squares["tumour"] == 1
    assert 30 < squares["head"] < 50


@pytest.mark.notebooks
def test_predicting_nothing_is_99_percent_right_and_finds_nothing(lesson):
    assert f"{100 * lesson.right.mean():.0f}" == "99"
    assert lesson.worst == lesson.masks.sum(axis=(1, 2)).argmax()
    assert lesson.evaluation.dice_score(lesson.masks[lesson.worst], lesson.guesses[lesson.worst]) == 0


@pytest.mark.notebooks
def test_the_largest_tumour_is_over_ten_times_the_smallest_and_a_quarter_holds_about_half(lesson):
    assert lesson.volume.iloc[0] > 10 * lesson.volume.iloc[-1]
    assert lesson.held == pytest.approx(50, abs=8)


@pytest.mark.notebooks
def test_the_five_slices_lie_in_a_row_in_one_patient(lesson):
    five = lesson.scans.loc[lesson.around]
    assert five.patient.nunique() == 1
    assert list(np.diff(five.slice)) == [1, 1, 1, 1]


@pytest.mark.notebooks
def test_nearly_every_test_slice_has_a_twin_by_slice_and_none_by_patient(lesson):
    shares = {}
    for name, split in lesson.splits.items():
        steps = [split.train.assign(slice=split.train.slice + step) for step in (-1, 1)]
        near = split.test.merge(pd.concat(steps)[["patient", "slice"]].drop_duplicates(), on=["patient", "slice"])
        shares[name] = len(near) / len(split.test)
        assert (lesson.found[name] >= 0).mean() == pytest.approx(shares[name])
    assert shares["by slice"] == pytest.approx(0.96, abs=0.03)
    assert shares["by patient"] == 0


@pytest.mark.notebooks
def test_the_copier_scores_well_by_slice_and_nothing_by_patient(lesson):
    median, mean, flattered = lesson.table["by slice"]
    assert median > 0.7
    assert flattered > max(mean, 0.75)
    assert lesson.table["by patient"][:2] == [0, 0]
    assert not lesson.copies["by patient"].any()


@pytest.mark.notebooks
def test_the_five_pairs_are_neighbours_with_tumour_on_both(lesson):
    here, twin = lesson.scans.loc[lesson.here], lesson.scans.loc[lesson.twin]
    assert list(here.patient) == list(twin.patient)
    assert set(np.abs(here.slice.to_numpy() - twin.slice.to_numpy())) == {1}
    assert lesson.masks[lesson.here].any(axis=(1, 2)).all()
    assert lesson.masks[lesson.twin].any(axis=(1, 2)).all()


@pytest.mark.notebooks
def test_the_librarys_split_shares_no_patient_and_large_institutions_are_in_every_part(lesson):
    parts = [set(part.patient) for part in lesson.parts]
    assert sum(map(len, parts)) == len(set.union(*parts)) == lesson.scans.patient.nunique()
    patients = lesson.scans.drop_duplicates("patient").groupby("institution").size()
    for part in lesson.parts:
        assert set(patients.index[patients >= 6]) <= set(part.institution)


# ---- what it says of the real set


def test_the_figures_quoted_of_the_real_set_fit_together(words):
    tumor, total = (
        int(number.replace(",", "")) for number in re.search(r"([\d,]+) of ([\d,]+) slices", words).groups()
    )
    assert f"{100 * tumor / total:.0f} %" in words
    empty = 1 - tumor / total
    assert f"set {empty:.3f}" in words
    assert f"a Dice of 0.72 where there is something to find reads as {empty + (1 - empty) * 0.72:.3f}" in words
    assert f"0.2 × 0.2 = {0.2**2:.2f}. That leaves {100 * (1 - 0.2**2):.0f} of 100" in words


@pytest.mark.real
@pytest.mark.notebooks
def test_the_copiers_figures_on_real_patients_are_those_quoted(lesson, words):
    if data.index_scans(lesson.root).patient.iloc[0].startswith("PHANTOM"):
        pytest.skip("these figures are of the real set")
    quoted = re.search(r"the split by slice gives ([\d.]+), ([\d.]+) and ([\d.]+)\. ", words).groups()
    assert lesson.table["by slice"] == pytest.approx([float(number) for number in quoted], abs=0.03)
    assert 100 * (lesson.found["by slice"] >= 0).mean() == pytest.approx(95, abs=1.5)
    assert 100 * lesson.share == pytest.approx(1.03, abs=0.15)


# ---- its figures


@pytest.mark.parametrize("tumor", [0.0, 0.004, 0.0103, 0.333, 1.0])
def test_a_hundred_squares_are_a_hundred_whatever_the_shares(tumor):
    axes = plots.hundred_squares({"tumour": tumor, "head": (1 - tumor) / 3, "air": (1 - tumor) * 2 / 3})
    assert len(axes.patches) == 100
    counts = whole_squares({"tumour": tumor, "rest": 1 - tumor})
    assert abs(counts["tumour"] - 100 * tumor) < 1


def test_shares_that_are_no_whole_are_refused():
    with pytest.raises(ArgumentError, match="add up to 1"):
        plots.hundred_squares({"tumour": 0.5, "air": 0.6})


def test_a_patients_bar_is_as_high_as_the_patient_has_slices():
    axes = plots.slices_by_patient(["A", "A", "A", "B", "B"], [0, 5, 0, 3, 2])
    tumor, empty = ([bar.get_height() for bar in bars] for bars in axes.containers)
    assert (tumor, empty) == ([1, 2], [2, 0])  # A has the smaller share and comes first
    assert [bar.get_y() for bar in axes.containers[1]] == tumor


def test_the_flattered_dice_starts_at_the_share_of_empty_slices_and_marks_what_is_reported():
    axes = plots.flattered_dice(0.65, honest=[0.72])
    assert list(axes.lines[0].get_ydata()) == [0.65, 1]
    assert [text.get_text() for text in axes.texts] == ["0.72 reads as 0.90"]


def test_twins_show_the_training_outline_in_both_rows_and_the_experts_below():
    images = np.zeros((2, 16, 16, 3), np.uint8)
    train, test = np.zeros((2, 2, 16, 16), bool)
    train[:, 5:7, 5:7], test[:, 6:9, 6:9] = True, True
    axes = plots.twins(images, train, images, test)
    solid, dashed = (np.concatenate(lines.get_segments())[:, 1] for lines in axes.collections)  # heights, downwards
    middle = np.mean(axes.get_ylim())
    assert solid.min() > middle
    assert dashed.min() < middle < dashed.max()
    with pytest.raises(ArgumentError, match="pair"):
        plots.twins(images[:1], train, images, test)
