"""What lesson 7 says in words holds in its own output."""

import re

import lessons
import numpy as np
import pytest
from lessons import numbers

from course_lib import evaluation
from course_lib.check import find_exercise


@pytest.fixture(scope="module")
def cells():
    """The code cells of the executed lesson."""
    return [cell for cell in lessons.cells_of(7) if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def printed():
    """Everything that the executed lesson prints."""
    return lessons.printed_by(7)


@pytest.fixture(scope="module")
def computed():
    """What the lesson's first cells compute of the phantoms, up to the patients' scores, by name."""
    with pytest.MonkeyPatch.context() as patch:
        lessons.see_what_lessons_see(patch)
        return lessons.run_cells(
            7, needed=("import numpy", "scans = models", "network = models", "one = with", "table = ")
        )


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


def test_on_the_slice_looked_at_the_network_draws_tightly_and_the_lowest_threshold_would_be_best(printed, computed):
    (dice,) = numbers(r"Dice of this slice: ([\d.]+)", printed)
    hits, misses, alarms = numbers(r"'hits': (\d+), 'misses': (\d+), 'false alarms': (\d+)", printed)
    assert 0.7 < dice < 0.9
    assert 2 * hits / (2 * hits + misses + alarms) == pytest.approx(dice, abs=0.01)
    assert misses > 10 * alarms
    truth, probability = (computed[name][computed["one"]] for name in ("truths", "probabilities"))
    by_threshold = [evaluation.dice_score(truth, probability >= one) for one in np.arange(1, 50) / 50]
    assert np.argmax(by_threshold) == 0
    assert (truth & (probability >= 0.02)).sum() > 0.9 * (probability >= 0.02).sum()


def test_over_half_the_way_the_threshold_hardly_moves_the_mean_and_the_two_worst_have_no_good_one(printed):
    low, high, last = numbers(r"mean Dice from .1 to .6: ([\d.]+) to ([\d.]+); at .95: ([\d.]+)", printed)
    assert high - low < 0.03
    assert last < low - 0.05
    falling, patients, best = numbers(r"best at .05: (\d+) of (\d+) patients; the two worst at best: (.+)", printed)
    assert falling >= patients / 4  # "many lines only fall"
    assert best < 0.2


def test_best_thresholds_of_patients_lie_far_apart(computed):
    best = []
    for patient in computed["table"].patient:
        rows = (computed["scans"].patient == patient).to_numpy()
        truth, probability = computed["truths"][rows], computed["probabilities"][rows]
        dice = [evaluation.dice_score(truth, probability >= one) for one in (0.1, 0.4, 0.7)]
        best.append(int(np.argmax(dice)))
    assert min(best.count(0), best.count(2)) >= 3


def test_of_the_two_worst_little_is_found_and_the_two_in_the_middle_err_in_opposite_ways(cells):
    table = output_of(cells, 'some[["patient"', "text/plain")
    rows = [[float(value) for value in line.split()[3:]] for line in table.splitlines()[1:]]
    (_, precision, recall), (_, precise, found), (dice, tight, misses), (other, wide, finds) = rows[:4]
    assert recall < 0.1 > found
    assert precision < 0.3
    assert precise > 0.9
    assert other == pytest.approx(dice, abs=0.04)
    assert tight > misses + 0.1
    assert finds > wide + 0.05
    assert all(row[0] > 0.8 for row in rows[2:])


def test_of_two_patients_with_copies_of_flair_one_is_the_worst_and_one_of_the_middle_is_found_well(printed, cells):
    copies = re.findall(r"(PHANTOM\w+): (.+) copied from FLAIR, Dice ([\d.]+)", printed)
    assert [names for _, names, _ in copies] == ["pre and post", "post"]
    patients = re.findall(r"PHANTOM\w+", output_of(cells, 'some[["patient"', "text/plain"))
    assert copies[0][0] == patients[0]
    assert copies[1][0] in patients[2:4]
    assert float(copies[1][2]) > 0.8


def test_the_five_faintest_are_among_the_six_worst_and_the_five_brightest_are_found_well(cells, computed):
    table = output_of(cells, "by_brightness", "text/plain")
    rows = re.findall(r"(PHANTOM\w+) +([\d.]+) +([\d.]+)$", table, re.MULTILINE)
    assert len(rows) == 10
    dice = [float(score) for _, _, score in rows]
    assert (computed["table"].dice.round(2) <= max(dice[:5])).sum() <= 6
    assert max(dice[:5]) < 0.7
    assert min(dice[5:]) > 0.8
    worst = re.findall(r"PHANTOM\w+", output_of(cells, 'some[["patient"', "text/plain"))[:2]
    assert {patient for patient, _, _ in rows[:5]} >= set(worst)
    assert all(float(bright) < 1.2 for patient, bright, _ in rows[:5])


def test_the_slice_that_flatters_is_the_only_one_on_which_anything_was_found(printed):
    chosen, whole = numbers(r"Dice ([\d.]+) on that slice, ([\d.]+) on the whole volume", printed)
    assert 0.2 < chosen < 0.6
    assert whole < 0.1
    slices, found = numbers(r"tumour on (\d+) slices, a part of it found on (\d+)", printed)
    assert found == 1
    assert slices > 10


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


def test_keeping_the_largest_part_helps_one_much_most_hardly_and_takes_from_the_worst_what_was_found(printed):
    before, after = numbers(r"mean Dice ([\d.]+) before, ([\d.]+) after", printed)
    better, worse = numbers(r"better by more than .01: (\d+) patients, worse: (\d+)", printed)
    assert 0.005 < after - before < 0.05
    assert better > worse >= 1
    assert better + worse < 12  # "next to nothing for most"
    change = {
        who: (first, last)
        for who in ("the worst", "the second worst", "the one who gains most")
        for first, last in [numbers(rf"{who}: ([\d.]+) before, ([\d.]+) after", printed)]
    }
    assert change["the worst"][0] > change["the worst"][1] == 0
    first, last = change["the one who gains most"]
    assert last - first > 0.1


def test_a_grey_slice_is_taken_with_a_note_and_does_as_well_a_mask_is_refused_swapped_sequences_find_nothing(printed):
    assert "Note: flair_only.tif: one sequence, taken for FLAIR" in printed
    assert "my_scan_mask.tif: it looks like a mask" in printed
    right, alone, swapped = numbers(r"Dice ([\d.]+) Dice ([\d.]+) Dice ([\d.]+)\n", printed)
    assert right > 0.8
    assert alone == pytest.approx(right, abs=0.05)
    assert swapped < 0.02


def test_the_outline_shown_without_a_learner_is_called_an_example(cells):
    said = output_of(cells, "board = widgets.outline_board", "text/plain")
    assert "example" in said
    assert "attempt" not in said


def test_on_a_typical_slice_the_network_is_as_near_to_the_expert_as_two_readers_to_each_other(printed):
    moved, wider, readers, network = (
        median_of(name, printed)
        for name in ("moved by a pixel", "a pixel wider", "one wide, one tight", "network and expert")
    )
    assert 1 > moved > wider > readers + 0.05
    assert 0.05 < 1 - wider < 0.15  # "a tenth"
    assert readers == pytest.approx(0.8, abs=0.05)
    assert network == pytest.approx(readers, abs=0.04)
    assert (1 - wider) / (1 - network) == pytest.approx(0.5, abs=0.1)  # "about half of what keeps it from 1"


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
