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


def test_from_a_third_on_the_threshold_hardly_moves_the_mean_and_a_few_patients_prefer_a_low_one(printed):
    first, low, high = numbers(r"mean Dice ([\d.]+) at .05, then ([\d.]+) to ([\d.]+) from .3 on", printed)
    assert first < low
    assert high - low < 0.05
    falling, patients = numbers(r"lower by more than .2 at .95 than at .05: (\d+) of (\d+) patients", printed)
    assert 2 <= falling < patients / 4


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


def test_the_worst_is_missed_whole_the_second_found_in_part_and_the_best_are_close(cells):
    table = output_of(cells, 'some[["patient"', "text/plain")
    rows = [[float(value) for value in line.split()[2:]] for line in table.splitlines()[1:]]
    (_, dice, precision, recall), (_, _, precise, found) = rows[:2]
    assert dice == precision == recall == 0
    assert precise > 0.9
    assert found < 0.3
    assert all(row[1] > 0.75 for row in rows[2:])
    # The two in the middle lack precision, not recall.
    assert all(row[2] < 0.75 < 0.9 < row[3] for row in rows[2:4])


def test_the_worst_patient_has_nothing_but_flair_and_one_copy_alone_can_be_borne(printed):
    copies = re.findall(r"(PHANTOM\w+): (.+) copied from FLAIR, Dice ([\d.]+)", printed)
    (_, worst, none), (_, one, dice) = copies
    assert (worst, one) == ("pre and post", "post")
    assert float(none) < 0.05 < 0.7 < float(dice)


def test_the_middle_patient_lacks_precision_on_slices_that_the_gallery_did_not_show(printed):
    alarms, away = numbers(r"false alarms: (\d+) pixels, (\d+) of them on slices without tumour", printed)
    assert away > alarms / 3


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


def test_keeping_the_largest_part_helps_a_little_harms_hardly_anybody_and_saves_nobody(printed):
    before, after = numbers(r"mean Dice ([\d.]+) before, ([\d.]+) after", printed)
    better, worse = numbers(r"better by more than .01: (\d+) patients, worse: (\d+)", printed)
    lost = numbers(r"the worst patient: ([\d.]+) before, ([\d.]+) after", printed)
    assert 0.005 < after - before < 0.05
    assert better >= 4 > worse
    assert max(lost) < 0.05


def test_a_file_that_does_not_fit_is_named_and_swapped_sequences_are_not_noticed(printed):
    assert "flair_only.tif: its mode is L" in printed
    right, swapped = numbers(r"Dice ([\d.]+) Dice ([\d.]+)\n", printed)
    assert right > 0.8
    assert swapped < 0.1


def test_the_outline_shown_without_a_learner_is_called_an_example(cells):
    said = output_of(cells, "board = widgets.outline_board", "text/plain")
    assert "example" in said
    assert "attempt" not in said


def test_two_careful_readers_share_about_four_fifths_and_the_typical_network_slice_is_as_near(printed):
    moved, wider, readers, network = (
        median_of(name, printed)
        for name in ("moved by a pixel", "a pixel wider", "one wide, one tight", "network and expert")
    )
    assert 1 > moved > wider > readers + 0.05
    assert 0.05 < 1 - wider < 0.15  # "a tenth"
    assert readers == pytest.approx(0.8, abs=0.05)
    assert network == pytest.approx(readers, abs=0.06)
    assert (1 - wider) / (1 - network) == pytest.approx(0.5, abs=0.15)  # "about half of what keeps it from 1"


def test_four_corners_come_nearly_as_close_to_the_expert_as_the_network(cells):
    table = output_of(cells, "widgets.score_attempts", "text/plain")
    box, network = (numbers(name + r" +([\d.]+)", table)[0] for name in ("a box", "the network"))
    assert network - 0.08 < box < network


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
