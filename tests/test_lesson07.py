"""What lesson 7 says in words holds in its own output."""

import re

import lessons
import numpy as np
import pytest
from lessons import numbers

from course_lib.check import find_exercise


@pytest.fixture(scope="module")
def cells():
    """The code cells of the executed lesson."""
    return [cell for cell in lessons.cells_of(7) if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def printed():
    """Everything that the executed lesson prints."""
    return lessons.printed_by(7)


def output_of(cells, source, kind):
    """One form of the result of the cell that holds `source`."""
    (cell,) = [cell for cell in cells if source in cell.source]
    (content,) = [output["data"][kind] for output in cell.outputs if kind in output.get("data", {})]
    return content


def median_of(name, printed):
    return numbers(re.escape(name) + r" +median Dice ([\d.]+)", printed)[0]


def test_what_is_shown_on_small_cases_before_two_exercises_is_what_right_answers_give(monkeypatch):
    lessons.see_what_lessons_see(monkeypatch)
    shown = lessons.run_cells(7, needed=("import numpy", "few =", "from scipy", "islands ="))
    codes = find_exercise("error_codes").reference(shown["few"] > 0, shown["sure"], 0.5)
    np.testing.assert_array_equal(shown["codes"], codes)
    assert set(codes.flat) == {0, 1, 2, 3}
    largest = find_exercise("largest_part").reference(shown["islands"])
    np.testing.assert_array_equal(shown["numbered"] == 2, largest)
    assert shown["numbered"].max() == 3


def test_the_slice_looked_at_is_neither_flattering_nor_frightening_and_its_errors_are_a_rim(printed):
    (dice,) = numbers(r"Dice of this slice: ([\d.]+)", printed)
    hits, misses, alarms = numbers(r"'hits': (\d+), 'misses': (\d+), 'false alarms': (\d+)", printed)
    assert 0.7 < dice < 0.9
    assert 2 * hits / (2 * hits + misses + alarms) == pytest.approx(dice, abs=0.01)


def test_in_the_middle_the_threshold_hardly_moves_the_mean_and_the_worst_has_no_good_one(printed):
    low, high, last = numbers(r"mean Dice from .2 to .75: ([\d.]+) to ([\d.]+); at .95: ([\d.]+)", printed)
    assert high - low < 0.03
    assert last < low
    falling, patients, best = numbers(r"best at .05: (\d+) of (\d+) patients; the worst patient at best: (.+)", printed)
    assert 2 <= falling < patients / 4
    assert best < 0.4


def test_best_thresholds_lie_at_both_ends():
    from course_lib import data, evaluation, models

    pytest.importorskip("tensorflow")
    scans = data.index_scans(data.find_data())
    if not scans["patient"].str.startswith("PHANTOM").all():
        pytest.skip("the lesson speaks of phantoms")
    network = models.shipped_model()
    some = scans[scans["patient"].isin(scans["patient"].unique()[[11, 12]])]
    images, truths = data.load_slices(some, network.input_shape[1])
    guesses = evaluation.predict_slices(network, images)
    preferred = []
    for patient in some["patient"].unique():
        rows = (some["patient"] == patient).to_numpy()
        dice = [evaluation.dice_score(truths[rows] > 0, guesses[rows] >= one) for one in (0.1, 0.5, 0.9)]
        preferred.append(dice.index(max(dice)))
    assert preferred == [0, 2]


def test_the_two_worst_are_found_in_small_part_and_the_two_in_the_middle_err_in_opposite_ways(cells):
    table = output_of(cells, 'some[["patient"', "text/plain")
    rows = [[float(value) for value in line.split()[3:]] for line in table.splitlines()[1:]]
    (_, precision, recall), (_, precise, found), (dice, tight, misses), (other, wide, finds) = rows[:4]
    assert recall < 0.25 > found
    assert precision < 0.5 < precise
    assert other == pytest.approx(dice, abs=0.04)
    assert tight > misses + 0.1
    assert finds > wide + 0.05
    assert all(row[0] > 0.8 for row in rows[2:])


def test_the_two_worst_are_the_only_ones_with_copies_of_flair(printed, cells):
    copies = re.findall(r"(PHANTOM\w+): (.+) copied from FLAIR, Dice", printed)
    assert [names for _, names in copies] == ["pre and post", "post"]
    table = output_of(cells, 'some[["patient"', "text/plain")
    assert [patient for patient, _ in copies] == re.findall(r"PHANTOM\w+", table)[:2]


def test_the_tumour_of_the_worst_is_fainter_and_that_of_the_second_worst_brighter_than_most(printed):
    from course_lib import data

    scans = data.index_scans(data.find_data())
    if not scans["patient"].str.startswith("PHANTOM").all():
        pytest.skip("the lesson speaks of phantoms")
    largest = scans.loc[scans.groupby("patient")["tumor_pixels"].idxmax()]
    contrast = {}
    for patient, image, mask in zip(largest["patient"], *data.load_slices(largest, 128), strict=True):
        flair, tumor = image[..., 1], mask[..., 0] > 0
        contrast[patient] = np.median(flair[tumor]) / np.median(flair[~tumor & (flair > 30)])  # > 30: the head
    faint, bright = re.findall(r"(PHANTOM\w+): .+ copied from FLAIR", printed)
    usual = np.median(list(contrast.values()))
    assert contrast[faint] < 1.2 < usual < contrast[bright]


def test_the_slice_that_flatters_hides_false_alarms_on_slices_without_tumour(printed):
    chosen, whole = numbers(r"Dice ([\d.]+) on that slice, ([\d.]+) on the whole volume", printed)
    (mean,) = numbers(r"mean Dice ([\d.]+) before", printed)
    assert chosen > 0.9
    assert whole < mean
    alarms, away = numbers(r"false alarms: (\d+) pixels, (\d+) of them on slices without tumour", printed)
    assert away > alarms / 2


def test_the_ends_of_a_tumour_are_harder_than_its_middle(printed):
    ends, between = numbers(
        r"first and last slices: mean Dice ([\d.]+)\nslices in between: mean Dice ([\d.]+)", printed
    )
    assert between - ends > 0.15


def test_a_network_that_never_met_an_empty_slice_marks_far_more_of_them(printed):
    ships, of = numbers(r"ships: marks tumour on (\d+) of (\d+) slices without tumour", printed)
    ours, _ = numbers(r"trained here: marks tumour on (\d+) of (\d+) slices without tumour", printed)
    assert ours > 2 * ships
    assert ours > 0.2 * of


def test_keeping_the_largest_part_helps_where_islands_are_and_harms_where_a_tumour_was_found_in_pieces(printed):
    before, after = numbers(r"mean Dice ([\d.]+) before, ([\d.]+) after", printed)
    better, worse = numbers(r"better by more than .01: (\d+) patients, worse: (\d+)", printed)
    assert 0.005 < after - before < 0.05
    assert better > worse >= 1
    change = {
        who: last - first
        for who in ("the worst", "the second worst", "the one most flattered")
        for first, last in [numbers(rf"{who}: ([\d.]+) before, ([\d.]+) after", printed)]
    }
    assert change["the worst"] == pytest.approx(0, abs=0.01)
    assert change["the second worst"] < -0.05
    assert change["the one most flattered"] > 0.1


def test_a_grey_slice_is_taken_with_a_note_a_mask_refused_and_neither_flair_alone_nor_swapped_ones_found(printed):
    assert "Note: flair_only.tif: one sequence, taken for FLAIR" in printed
    assert "my_scan_mask.tif: it looks like a mask" in printed
    right, alone, swapped = numbers(r"Dice ([\d.]+) Dice ([\d.]+) Dice ([\d.]+)\n", printed)
    assert right > 0.8
    assert max(alone, swapped) < 0.2


def test_the_outline_shown_without_a_learner_is_called_an_example(cells):
    said = output_of(cells, "board = widgets.outline_board", "text/plain")
    assert "example" in said
    assert "attempt" not in said


def test_on_a_typical_slice_the_network_lies_between_two_readers_and_a_reader_one_pixel_off(printed):
    moved, wider, readers, network = (
        median_of(name, printed)
        for name in ("moved by a pixel", "a pixel wider", "one wide, one tight", "network and expert")
    )
    assert 1 > moved > wider > readers + 0.05
    assert 0.05 < 1 - wider < 0.15  # "a tenth"
    assert readers == pytest.approx(0.8, abs=0.05)
    assert readers + 0.03 < network < wider
    assert (1 - wider) / (1 - network) > 0.6  # "most of what keeps it from 1"


def test_four_corners_reach_about_three_quarters(cells):
    table = output_of(cells, "widgets.score_attempts", "text/plain")
    box, network = (numbers(name + r" +([\d.]+)", table)[0] for name in ("a box", "the network"))
    assert box == pytest.approx(0.75, abs=0.05)
    assert network > box


def test_a_pixel_costs_more_the_smaller_the_tumour_and_small_ones_are_where_the_network_falls_below_readers():
    from course_lib import data, masks

    scans = data.index_scans(data.find_data())
    if not scans["patient"].str.startswith("PHANTOM").all():
        pytest.skip("the lesson speaks of phantoms")
    truths = data.load_slices(scans[scans["tumor_pixels"] > 0], 128)[1][..., 0] > 0
    costs = masks.one_pixel_costs(truths).sort_values("area")
    medians = [costs["two_readers"].iloc[part].median() for part in np.array_split(np.arange(len(costs)), 4)]
    assert costs["area"].median() == pytest.approx(450, abs=30)  # the typical tumour of the question
    assert medians == sorted(medians)
    assert medians[0] < 0.7 < 0.8 < medians[-1]
