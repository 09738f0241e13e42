"""What lesson 8 says in words holds in its own output."""

import re

import lessons
import numpy as np
import pytest
from scipy import ndimage

from course_lib import evaluation, models
from course_lib.results import read_results

AVERAGES = ("all slices, empty ones as 1", "tumour slices", "patients", "all pixels together")


@pytest.fixture(scope="module")
def shown():
    """Everything that the executed lesson prints or shows as a table, as text."""
    return lessons.shown_by(8)


@pytest.fixture(scope="module")
def words():
    """All text of the lesson as one line."""
    return " ".join(" ".join(c.source.split()) for c in lessons.source_of(8).cells if c.cell_type == "markdown")


@pytest.fixture(scope="module")
def scored():
    """Of the phantoms: index, images, expert's and network's masks, what both remedies leave of the latter, and the
    rows of the patient that is far off in spite of a very good Dice."""
    with pytest.MonkeyPatch.context() as patch:
        lessons.see_what_lessons_see(patch)
        names = lessons.run_cells(
            8, needed=("import", "scans = models", "patients = ", "places = ", "voted = ", "def counted")
        )
    return tuple(names[name] for name in ("scans", "images", "truth", "guess", "kept", "voted", "rows"))


def row(text, name, columns, nth=0):
    """The numbers of the table row that begins with `name`; the `nth` such row with so many columns."""
    number = r"\s+(-?[\d.]+(?:e-\d+)?)"
    found = re.findall(rf"^{re.escape(name)}{number * columns}[ \t]*$", text, re.MULTILINE)
    return [float(value) for value in (found[nth] if columns > 1 else [found[nth]])]


def printed(text, pattern):
    return [float(value) for value in re.search(pattern, text).groups()]


def test_the_lesson_says_phantoms_where_its_first_line_says_synthetic_patients(shown, words):
    assert "(synthetic patients" in shown
    assert "*synthetic patients*? Then these are phantoms" in words


# ---- averages


def test_four_averages_of_one_network_spread_over_a_tenth_and_nothing_scores_high_in_one(shown):
    network, nothing = zip(*(row(shown, name, 2) for name in AVERAGES), strict=True)
    assert min(network) == network[1]
    assert max(network) - min(network) > 0.1
    assert nothing[0] > 0.6
    assert nothing[1:] == (0, 0, 0)


def test_the_scores_named_in_the_first_paragraph_are_those_of_the_table(shown, words):
    named = re.search(r"You could answer ([\d.]+), or ([\d.]+), or ([\d.]+)\. ", words).groups()
    table = {name: row(shown, name, 2)[0] for name in AVERAGES}
    assert [float(score) for score in named] == pytest.approx(
        [table["tumour slices"], table["patients"], table["all slices, empty ones as 1"]], abs=0.011
    )


def test_four_averages_crown_three_models_the_first_the_one_that_misses_most_the_second_the_one_that_draws_most(shown):
    scores = {name: row(shown, name, 3) for name in (*AVERAGES, "share of tumour missed")}
    winners = [scores[name].index(max(scores[name])) for name in AVERAGES]
    assert winners == [2, 0, 1, 1]
    missed = scores["share of tumour missed"]
    assert missed == sorted(missed)
    assert 0.22 < missed[2] < 0.25  # nearly a quarter, as the text says
    assert scores["tumour slices"][2] == min(scores["tumour slices"])
    assert scores["patients"][1] - scores["patients"][2] < 0.01


# ---- what a mean hides


def test_most_patients_lie_above_the_mean(shown):
    above, patients, far_below, worst = printed(
        shown, r"(\d+) of (\d+) patients lie above the mean, (\d+) below 0\.5; worst: ([\d.]+)"
    )
    assert above > 0.6 * patients
    assert far_below == 2
    assert worst == 0  # as the picture's description says


def test_the_share_of_empty_slices_with_a_false_alarm_is_said_as_measured_on_phantoms_and_on_real_patients(
    shown, words
):
    alarms, empty = printed(shown, r"false alarms on (\d+) of (\d+) slices without tumour")
    here, real = re.search(r"That is (\d+) % of them\. On real patients it was (\d+) %", words).groups()
    assert 100 * alarms / empty == pytest.approx(float(here), abs=0.6)
    assert f"alarm on 8 of 368 slices without tumour ({real} %)" in card()


WAYS = ("lesions", "found", "parts drawn", "of these no lesion", "slices with false alarm")
SCORES = ("mean lesion F1", "mean HD95, px", "patients without HD95", "mean Dice")


def test_most_lesions_are_found_and_more_than_two_thirds_of_the_parts_drawn_are_none(shown):
    lesions, found, drawn, wrong = (row(shown, name, 2) for name in WAYS[:4])
    assert lesions[0] - found[0] == 3
    assert 2 / 3 < wrong[0] / drawn[0] < 3 / 4


def test_the_largest_part_alone_mends_f1_and_distance_loses_no_lesion_and_hardly_moves_dice(shown):
    _, found, _, wrong, alarms, f1, distance, without, dice = (row(shown, name, 2) for name in (*WAYS, *SCORES))
    assert wrong[1] == 0
    assert found[0] == found[1]
    assert alarms[1] < 0.25 * alarms[0]
    assert f1[1] > 0.9
    assert 0.2 < distance[1] / distance[0] < 0.25
    assert without == [1, 1]
    assert 0 < dice[1] - dice[0] < 0.035


def test_more_looks_without_specks_remove_most_strays_and_two_thirds_of_the_distance_and_find_a_lesion(shown):
    _, found, _, wrong, alarms, _, distance, without, dice = (row(shown, name, 3) for name in (*WAYS, *SCORES))
    assert wrong[2] < 0.15 * wrong[0]
    assert alarms[2] < 0.25 * alarms[0]
    assert found[2] - found[0] == 1
    assert without == [1, 1, 1]
    assert distance[2] == pytest.approx(distance[0] / 3, rel=0.07)
    assert 0 <= dice[2] - dice[0] < 0.025


def test_of_the_worst_patient_nothing_is_drawn_by_network_or_remedies_on_any_of_eight_tumour_slices(scored):
    scans, images, truth, guess, kept, voted, _ = scored
    dice = evaluation.dice_by_patient(scans.patient, truth, guess)
    own = (scans.patient == dice.idxmin()).to_numpy()
    assert truth[own].any(axis=(1, 2)).sum() == 8  # the text speaks of the eighth
    for drawn in (guess, kept, voted):
        assert not drawn[own].any()  # so the distance is missing
    assert excess(images[own], truth[own]) < 0.3
    others = [excess(images[rows], truth[rows]) for rows in scans.groupby("patient").indices.values()]
    assert excess(images[own], truth[own]) < np.quantile(others, 0.25)


def test_the_outlines_far_off_are_a_sixteenth_of_a_very_good_drawing_on_three_slices_far_below_the_tumour(scored):
    scans, _, truth, guess, kept, _, rows = scored
    assert evaluation.dice_score(truth[rows], guess[rows]) > 0.9
    stray, area = (guess & ~kept)[rows], guess[rows].sum()
    assert (len(rows), stray.any(axis=(1, 2)).sum()) == (31, 3)
    assert stray.sum() / area == pytest.approx(1 / 16, abs=0.005)
    tumour, other = (scans.slice.to_numpy()[rows][mask.any(axis=(1, 2))] for mask in (truth[rows], stray))
    largest = stray.sum(axis=(1, 2)).argmax()  # the slice that is shown
    assert max(other) < min(tumour)
    assert min(tumour) - scans.slice.to_numpy()[rows][largest] > 5


def excess(images, truth):
    """How much brighter a tumour is in FLAIR than what surrounds it, as a share of the latter."""
    flair = images[..., 1].astype(float)
    near = np.stack([ndimage.binary_dilation(one, iterations=5) for one in truth])
    around = near & ~np.stack([ndimage.binary_dilation(one) for one in truth])
    return flair[truth].mean() / flair[around].mean() - 1


def card():
    """What the card of the network says, as one line."""
    return " ".join((models.SHIPPED_FILE.parent / "README.md").read_text(encoding="utf-8").split())


def test_what_the_text_says_of_real_patients_the_card_of_the_network_says(words):
    said = (
        r"On (\d+) real .* HD95 from ([\d.]+) pixels to ([\d.]+), and false alarms from (\d+) slices to (\d+); "
        r"the mean Dice stayed where it was\."
    )
    patients, *figures = re.search(said, words).groups()
    assert f"on the {patients} patients that it never saw" in card()
    plain = re.search(
        r"mean Dice (\.\d+) .*? HD95 ([\d.]+) pixels\. It raises a false alarm on (\d+) of", card()
    ).groups()
    way = (
        r"--flip --neighbors 0\.25 --parts 0\.2`\): mean (\.\d+) .*? HD95 ([\d.]+) pixels, false alarms on (\d+) slices"
    )
    more = re.search(way, card()).groups()
    assert figures == [plain[1], more[1], plain[2], more[2]]
    assert float(more[0]) == pytest.approx(float(plain[0]), abs=0.0015)


def test_the_lesson_says_of_how_many_networks_the_answers_are_averaged(words):
    assert len(models.members(models.shipped_model())) == 2
    assert "It is two networks whose answers are averaged" in words


# ---- how sure


def test_the_interval_over_slices_is_about_half_as_wide_as_that_over_patients(shown):
    widths = [
        printed(shown, rf"{what}: [\d.]+ to [\d.]+, (\d+) hundredths")[0] for what in ("tumour slices", "patients")
    ]
    assert widths[0] == pytest.approx(0.5 * widths[1], abs=1)
    assert widths[1] >= 12


def test_patients_differ_by_about_two_tenths(shown):
    (deviation,) = printed(shown, r"standard deviation between patients ([\d.]+)")
    assert 0.16 < deviation < 0.25


def test_d_is_worse_of_c_nothing_is_known_and_b_helps_all_patients_that_it_changes(shown):
    names = ("low", "high", "higher", "lower", "p_value")
    low, high, higher, lower, p_value = (row(shown, name, 3) for name in names)
    assert all(0 < gained < 0.03 for gained in row(shown, "difference", 3)[:2])
    assert 0.005 < low[0] < high[0]
    assert (higher[0], lower[0]) == (20, 0)  # as the text says
    assert p_value[0] < 0.001
    assert low[1] == pytest.approx(0, abs=0.0005)  # "begins at 0"
    assert high[1] > 0.03
    assert higher[1] > 2 * lower[1] > 10
    assert p_value[1] == pytest.approx(1 / 13, abs=0.003)
    assert high[2] < -0.02
    assert lower[2] == 21  # as the text says
    assert p_value[2] < 0.01


def test_where_the_interval_of_c_begins_hangs_on_the_draw_to_a_hair(scored):
    scans, _, truth, guess, _, voted, _ = scored
    before, after = (evaluation.dice_by_patient(scans.patient, truth, drawn) for drawn in (guess, voted))
    lows = [evaluation.compare_models(before, after, seed=seed).low for seed in range(8)]
    assert -0.001 < min(lows) < 0 < max(lows) < 0.001


def test_without_two_patients_little_more_than_a_third_of_the_gain_is_left(shown):
    gain, rest = printed(shown, r"mean gain of B: ([\d.]+); without the two who gained most: ([\d.]+)")
    assert 1 / 3 < rest / gain < 0.42
    (unchanged,) = printed(shown, r"no change at all: (\d+) of 24 patients")
    assert unchanged == 4


def test_all_four_intervals_overlap(shown):
    """Each mean of B, C and D lies within 0.07 of A's, and A's interval reaches farther than that to both sides."""
    difference = row(shown, "difference", 3)
    mean, low, high = printed(shown, r"mean ([\d.]+), interval ([\d.]+) to ([\d.]+)")
    assert max(map(abs, difference)) < min(mean - low, high - mean)


def test_choosing_on_the_test_flatters_more_the_fewer_the_patients(shown):
    rows = [row(shown, f"{count} patients each", 3) for count in (3, 6, 12)]
    flattered = [by for _, _, by in rows]
    assert flattered == sorted(flattered, reverse=True)
    assert flattered[0] > 2 * flattered[2] > 0
    assert flattered[0] < 0.05


# ---- the leak


def assert_the_split_moves_the_score_by_a_multiple(text):
    leak, low, high, better, patients, worse = printed(
        text,
        r"the leak: ([\d.]+) Dice, interval (-?[\d.]+) to ([\d.]+)\n"
        r"known is better for (\d+) of (\d+) patients, worse for (\d+)",
    )
    assert leak > 0.1  # remedies and threshold moved it by less than 0.03
    assert 0.04 < low < leak < high
    assert better > 2 / 3 * patients
    assert worse < patients / 3


def test_nearly_every_test_slice_has_a_twin_in_its_half(shown):
    assert printed(shown, r"(\d+) % of the test slices have a twin")[0] > 85


def test_who_knew_the_patient_scores_far_higher(shown):
    assert_the_split_moves_the_score_by_a_multiple(shown)


@pytest.mark.slow
def test_the_leak_does_not_hang_on_the_seed(monkeypatch, capsys):
    lessons.see_what_lessons_see(monkeypatch)
    changes = {f"{name}(0)": f"{name}(81)" for name in ("default_rng", "set_random_seed")}
    lessons.run_cells(8, changes, ("import", "tumor = data", "network =", "known = "))
    assert_the_split_moves_the_score_by_a_multiple(capsys.readouterr().out)


# ---- what it quotes


def test_the_model_answer_says_what_the_lesson_found(shown):
    answer = next(c.source for c in lessons.source_of(8).cells if "honest_sentence = (" in c.source)
    mean, low, high = printed(answer, r"Dice over patients of ([\d.]+) \(95 % \"\s+\"interval ([\d.]+) to ([\d.]+)")
    assert mean == pytest.approx(row(shown, "patients", 2)[0], abs=0.011)
    assert [low, high] == pytest.approx(printed(shown, r"24 patients: ([\d.]+) to ([\d.]+)"), abs=0.011)
    found, lesions = printed(answer, r"(\d+) of (\d+) lesions are found")
    assert [lesions, found] == [row(shown, name, 2)[0] for name in ("lesions", "found")]
    empty, alarms = printed(" ".join(answer.replace('"', "").split()), r"of (\d+) slices without tumour (\d+) raise")
    assert [alarms, empty] == pytest.approx(printed(shown, r"false alarms on (\d+) of (\d+)"), abs=5)


def test_seventeen_patients_leave_the_interval_that_the_text_says(words):
    deviation, patients = 0.12, 17
    reach = re.search(r"1\.96 × 0\.12 / √17 = ([\d.]+) to either side", words)[1]
    assert float(reach) == pytest.approx(1.96 * deviation / patients**0.5, abs=0.0006)


@pytest.fixture(scope="module")
def measured():
    """Means and differences of the leak on real patients, by recipe and split; "" stands for no split."""
    return read_results("leak_summary").fillna({"split": ""}).set_index(["recipe", "split"])


def test_the_leak_on_real_patients_is_said_as_it_was_measured(measured, words):
    number = r"(−?[\d.]+)"
    said = re.search(
        rf"lifts the Dice of tumour slices by {number} \({number} to {number}\), "
        rf"with the course's by {number} \({number} to {number}\)",
        words,
    ).groups()
    columns = ["slice_dice", "slice_dice_low", "slice_dice_high"]
    expected = [
        value
        for recipe in ("original", "course")
        for value in measured.loc[(f"{recipe} recipe: slice minus patient", ""), columns]
    ]
    assert [float(value.replace("−", "-")) for value in said] == pytest.approx(expected, abs=0.0051)


def test_the_slice_split_flatters_the_original_recipe_and_not_the_courses(measured):
    original, course = (measured.loc[(f"{name} recipe: slice minus patient", "")] for name in ("original", "course"))
    assert original.slice_dice_low > 0
    assert course.slice_dice_low < 0 < course.slice_dice_high


def test_the_winner_by_slice_and_by_patient_is_said_as_it_was_measured(measured, words):
    number = r"([\d.]+\d)"
    said = re.search(
        rf"sees the original recipe win by {number} to {number}\. Split by patient, the two are level: "
        rf"{number} to {number}\. And over whole patients, empty slices and all, the course's wins by {number} to "
        rf"{number}\.",
        words,
    ).groups()
    original, course = (measured.loc[name] for name in ("original", "course"))
    by_slice, by_patient = ((original.loc[split], course.loc[split]) for split in ("slice", "patient"))
    expected = [*(row.slice_dice for row in (*by_slice, *by_patient)), *(row.patient_dice for row in by_patient[::-1])]
    assert [float(value) for value in said] == pytest.approx(expected, abs=0.0051)
    assert by_slice[0].slice_dice > by_slice[1].slice_dice
    assert by_patient[0].patient_dice < by_patient[1].patient_dice


def test_the_lesson_names_the_seeds_and_the_patients_that_both_tests_have(measured, words):
    assert int(re.search(r"at 64 × 64; (\d+) seeds", words)[1]) == measured["seeds"].min()
    shared = {measured.loc[(f"{name} recipe: slice minus patient", ""), "patients"] for name in ("original", "course")}
    assert {int(re.search(r"taken over the (\d+) patients that appear in both", words)[1])} == shared
