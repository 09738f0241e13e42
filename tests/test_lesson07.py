"""What lesson 7 says in words holds in its own output."""

import re

import lessons
import numpy as np
import pytest
from lessons import numbers
from scipy import ndimage

from course_lib import evaluation, masks, models
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


def of_patient(patient, computed):
    """A patient's masks and probabilities."""
    rows = (computed["scans"].patient == patient).to_numpy()
    return computed["truths"][rows], computed["probabilities"][rows]


def mean_dice_at(threshold, computed):
    """The mean over patients of the Dice of whole volumes, at a threshold."""
    volumes = [of_patient(patient, computed) for patient in computed["table"].patient]
    return np.mean([evaluation.dice_score(truth, probability >= threshold) for truth, probability in volumes])


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


def test_on_the_slice_looked_at_the_network_draws_widely_and_a_higher_threshold_would_be_best(printed, computed):
    (dice,) = numbers(r"Dice of this slice: ([\d.]+)", printed)
    hits, misses, alarms = numbers(r"'hits': (\d+), 'misses': (\d+), 'false alarms': (\d+)", printed)
    assert 0.7 < dice < 0.9
    assert 2 * hits / (2 * hits + misses + alarms) == pytest.approx(dice, abs=0.01)
    assert alarms > 10 * misses
    truth, probability = (computed[name][computed["one"]] for name in ("truths", "probabilities"))
    thresholds = np.arange(1, 50) / 50
    best = thresholds[np.argmax([evaluation.dice_score(truth, probability >= one) for one in thresholds])]
    assert 0.6 < best < 0.9  # "well above 0.5"
    wide, tight = ((probability >= one) & ~truth for one in (0.5, best))
    rim = ndimage.binary_dilation(truth, np.ones((3, 3)), iterations=2)
    assert (wide & rim).sum() > 0.9 * wide.sum()  # "a pixel or so outside"
    assert tight.sum() < wide.sum() / 2  # "most of the rim goes before much of the tumour does"
    assert (truth & (probability >= best)).sum() > 0.9 * (truth & (probability >= 0.5)).sum()


def test_in_the_middle_the_threshold_hardly_moves_the_mean_and_the_two_worst_have_no_good_one(printed, computed):
    low, high, last = numbers(r"mean from .35 to .75: ([\d.]+) to ([\d.]+), at .95: ([\d.]+)", printed)
    assert high - low < 0.04
    assert last < low - 0.04
    assert mean_dice_at(0.05, computed) < low - 0.04
    worst, second = numbers(r"the worst at best: ([\d.]+); the second worst at best: ([\d.]+)", printed)
    assert worst < 0.05
    assert second < 0.5


def test_one_line_leaps_where_one_network_is_sure_of_a_tumour_and_the_other_of_none(printed, computed):
    (leap,) = numbers(r"the steepest line from .45 to .55: ([\d.]+) up", printed)
    assert leap > 0.2
    leaps = {}
    for patient in computed["table"].patient:
        truth, probability = of_patient(patient, computed)
        low, high = (evaluation.dice_score(truth, probability >= one) for one in (0.45, 0.55))
        leaps[patient] = high - low
    first, second = sorted(leaps, key=leaps.get)[:-3:-1]
    assert leaps[first] == pytest.approx(leap, abs=0.01)
    assert leaps[first] > 2 * leaps[second]  # "one line"
    truth, probability = of_patient(first, computed)
    gone = (probability >= 0.45) & (probability < 0.55) & ~truth
    small = computed["small"][(computed["scans"].patient == first).to_numpy()]
    each = [evaluation.predict_slices(one, small) for one in models.members(computed["network"])]
    doubtful, sure = sorted(np.median(evaluation.resize_probabilities(one, 128)[..., 0][gone]) for one in each)
    assert doubtful < 0.05
    assert sure > 0.95


def test_best_thresholds_of_patients_lie_far_apart(computed):
    best = []
    for patient in computed["table"].patient:
        truth, probability = of_patient(patient, computed)
        dice = [evaluation.dice_score(truth, probability >= one) for one in (0.1, 0.4, 0.7)]
        best.append(int(np.argmax(dice)))
    assert min(best.count(0), best.count(2)) >= 3


def test_a_few_patients_pull_the_mean_down(computed):
    dice = computed["table"].dice
    assert (dice > dice.mean()).sum() > 0.6 * len(dice)  # "most patients"
    assert dice[0] < 0.05
    assert dice[1] == pytest.approx(0.35, abs=0.05)
    assert ((dice[2:8] > 0.58) & (dice[2:8] < 0.78)).all()
    assert dice[8] > 0.8


def test_of_the_two_worst_little_is_found_and_two_a_third_up_err_in_opposite_ways(cells):
    table = output_of(cells, 'some[["patient"', "text/plain")
    rows = [[float(value) for value in line.split()[3:]] for line in table.splitlines()[1:]]
    (_, precision, recall), (_, precise, found), (dice, tight, misses), (other, wide, finds) = rows[:4]
    assert recall == 0
    assert np.isnan(precision)  # nothing is marked
    assert found == pytest.approx(0.2, abs=0.03)  # "a fifth"
    assert precise > 0.8
    assert other == pytest.approx(dice, abs=0.04)
    assert tight > misses + 0.1
    assert finds > wide + 0.1
    assert all(row[0] > 0.8 for row in rows[2:])


def test_on_the_slices_shown_of_the_four_others_the_errors_lie_at_borders_or_in_a_dark_gap(computed):
    table, scans = computed["table"], computed["scans"]
    third = len(table) // 3
    for patient in table.patient.iloc[[third, third + 1, -2, -1]]:
        k = scans.tumor_pixels[scans.patient == patient].idxmax()
        truth, guess = computed["truths"][k], computed["probabilities"][k] >= 0.5
        wide, core = ndimage.binary_dilation(truth, iterations=3), ndimage.binary_erosion(truth, iterations=4)
        flair, far = computed["images"][k, ..., 1], guess & ~wide
        assert not far.any() or np.median(flair[far]) < 0.2 * np.median(flair[truth])  # the gap is black
        assert not (core & ~guess).any()


def test_of_two_patients_with_copies_of_flair_one_is_the_worst_and_one_a_third_up_is_found(printed, cells):
    copies = re.findall(r"(PHANTOM\w+): (.+) copied from FLAIR, Dice ([\d.]+)", printed)
    assert [names for _, names, _ in copies] == ["pre and post", "post"]
    patients = re.findall(r"PHANTOM\w+", output_of(cells, 'some[["patient"', "text/plain"))
    assert copies[0][0] == patients[0]
    assert copies[1][0] in patients[2:4]
    assert float(copies[1][2]) > 0.8


def test_the_five_faintest_are_among_the_six_worst_and_the_sixth_is_bright_but_marked_too_widely(cells, computed):
    table = output_of(cells, "by_brightness", "text/plain")
    rows = re.findall(r"(PHANTOM\w+) +([\d.]+) +([\d.]+) +(\S+) +([\d.]+)$", table, re.MULTILINE)
    assert len(rows) == 10
    six = set(computed["table"].patient[:6])
    faint, bright = rows[:5], rows[5:]
    assert {patient for patient, *_ in faint} < six
    assert all(float(brightness) < 1.2 for _, brightness, *_ in faint)
    (sixth,) = (row for row in bright if row[0] in six)
    _, _, _, precision, recall = sixth
    assert float(recall) > 0.95
    assert float(precision) < 0.5
    assert all(float(dice) > 0.85 for patient, _, dice, *_ in bright if patient != sixth[0])
    worst = re.findall(r"PHANTOM\w+", output_of(cells, 'some[["patient"', "text/plain"))[:2]
    assert {patient for patient, *_ in faint} >= set(worst)


def test_the_slice_that_flatters_is_one_of_three_on_which_more_than_a_crumb_was_found(printed, computed):
    name, chosen, whole = re.search(
        r"(PHANTOM\w+): Dice ([\d.]+) on that slice, ([\d.]+) on the whole volume", printed
    ).groups()
    assert name == computed["table"].patient[1]  # "the second worst"
    assert float(chosen) > 0.7
    assert float(whole) < 0.4
    slices, found = numbers(r"tumour on (\d+) slices, a part of it found on (\d+)", printed)
    assert (slices, found) == (15, 5)  # "on the other ten nothing"
    truth, probability = of_patient(name, computed)
    shows = truth.any(axis=(1, 2))
    recall = (truth & (probability >= 0.5)).sum(axis=(1, 2))[shows] / truth.sum(axis=(1, 2))[shows]
    blue = recall > 0.5
    assert blue.sum() == 3
    assert recall[~blue].max() < 0.2
    assert blue[truth.sum(axis=(1, 2))[shows].argmax()]


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


def test_keeping_the_largest_part_helps_one_much_harms_nobody_here_and_does_nothing_for_the_two_worst(printed):
    before, after = numbers(r"mean Dice ([\d.]+) before, ([\d.]+) after", printed)
    better, worse = numbers(r"better by more than .01: (\d+) patients, worse: (\d+)", printed)
    assert 0.005 < after - before < 0.05
    assert worse == 0
    assert better >= 3
    change = {
        who: last - first
        for who in ("the worst", "the second worst", "the one who gains most")
        for first, last in [numbers(rf"{who}: ([\d.]+) before, ([\d.]+) after", printed)]
    }
    assert abs(change["the worst"]) < 0.01
    assert abs(change["the second worst"]) < 0.01
    assert change["the one who gains most"] > 0.1


def test_for_most_patients_keeping_the_largest_part_changes_little(computed):
    gains = []
    for patient in computed["table"].patient:
        truth, probability = of_patient(patient, computed)
        guess = probability >= 0.5
        gains.append(evaluation.dice_score(truth, masks.largest_part(guess)) - evaluation.dice_score(truth, guess))
    assert np.mean(np.abs(gains) < 0.05) > 0.8


def test_a_grey_slice_is_taken_with_a_note_but_does_worse_a_mask_is_refused_swapped_sequences_find_nothing(printed):
    assert "Note: flair_only.tif: one sequence, taken for FLAIR" in printed
    assert "my_scan_mask.tif: it looks like a mask" in printed
    right, alone, swapped = numbers(r"Dice ([\d.]+) Dice ([\d.]+) Dice ([\d.]+)\n", printed)
    assert right > 0.9
    assert 0.4 < alone < right - 0.2
    assert swapped < 0.02


def test_what_flair_alone_loses_is_the_dull_part_that_was_found_with_all_three(computed):
    scans, best = computed["scans"], computed["table"].patient.iloc[-1]
    k = scans.tumor_pixels[scans.patient == best].idxmax()
    flair, truth = computed["images"][k, ..., 1].astype(float), computed["truths"][k]
    alone = np.repeat(computed["small"][[k]][..., 1:2], 3, axis=-1)
    found = (
        evaluation.resize_probabilities(evaluation.predict_slices(computed["network"], alone), 128)[0, ..., 0] >= 0.5
    )
    assert np.median(flair[truth & found]) > 1.2 * np.median(flair[truth & ~found])
    lost = truth & ~found
    assert (lost & (computed["probabilities"][k] >= 0.5)).sum() > 0.9 * lost.sum()


def test_the_outline_shown_without_a_learner_is_called_an_example(cells):
    said = output_of(cells, "board = widgets.outline_board", "text/plain")
    assert "example" in said
    assert "attempt" not in said


def test_on_a_typical_slice_the_network_is_nearer_to_the_expert_than_two_readers_to_each_other(printed):
    moved, wider, readers, network = (
        median_of(name, printed)
        for name in ("moved by a pixel", "a pixel wider", "one wide, one tight", "network and expert")
    )
    assert 1 > moved > wider > readers + 0.05
    assert 0.05 < 1 - wider < 0.15  # "a tenth"
    assert readers == pytest.approx(0.8, abs=0.05)
    assert wider > network > readers + 0.04
    assert (1 - wider) / (1 - network) == pytest.approx(
        0.75, abs=0.06
    )  # "about three quarters of what keeps it from 1"


def test_four_corners_reach_about_four_fifths(cells):
    table = output_of(cells, "widgets.score_attempts", "text/plain")
    box, network = (numbers(name + r" +([\d.]+)", table)[0] for name in ("a box", "the network"))
    assert box == pytest.approx(0.8, abs=0.03)
    assert network > box


def test_a_pixel_costs_more_the_smaller_the_tumour_and_small_ones_are_where_the_network_falls_below_readers(computed):
    with_tumor, slice_dice = computed["with_tumor"], computed["slice_dice"]
    costs = masks.one_pixel_costs(computed["truths"][with_tumor]).assign(network=slice_dice).sort_values("area")
    quarters = [costs.iloc[part] for part in np.array_split(np.arange(len(costs)), 4)]
    medians = [quarter["two_readers"].median() for quarter in quarters]
    for quarter in quarters[1:]:
        assert quarter["network"].median() > quarter["two_readers"].median() + 0.04
    assert quarters[0]["network"].median() < quarters[0]["two_readers"].median() - 0.2  # "far below everybody"
    nothing = (quarters[0]["network"] < 0.005).mean()
    assert 0.4 < nothing < 0.5  # "on nearly half of these slices it finds nothing at all"
    assert costs["area"].median() == pytest.approx(450, abs=30)  # the typical tumour of the question
    assert medians == sorted(medians)
    assert medians[0] < 0.7 < 0.8 < medians[-1]
