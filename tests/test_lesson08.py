"""What lesson 8 says in words holds in its own output."""

import re

import lessons
import pytest

AVERAGES = ("all slices, empty ones as 1", "tumour slices", "patients", "all pixels together")


@pytest.fixture(scope="module")
def shown():
    """Everything that the executed lesson prints or shows as a table, as text."""
    return lessons.shown_by(8)


@pytest.fixture(scope="module")
def words():
    """All text of the lesson as one line."""
    return " ".join(" ".join(c.source.split()) for c in lessons.source_of(8).cells if c.cell_type == "markdown")


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
    assert max(network) == network[0]
    assert min(network) == network[1]
    assert network[0] - network[1] > 0.1
    assert nothing[0] > 0.6
    assert nothing[1:] == (0, 0, 0)


def test_the_scores_named_in_the_first_paragraph_are_those_of_the_table(shown, words):
    named = re.search(r"You could answer ([\d.]+), or ([\d.]+), or ([\d.]+)\. ", words).groups()
    table = {name: row(shown, name, 2)[0] for name in AVERAGES}
    assert [float(score) for score in named] == pytest.approx(
        [table["tumour slices"], table["patients"], table["all slices, empty ones as 1"]], abs=0.011
    )


def test_four_averages_crown_three_models_and_the_first_the_one_that_misses_most(shown):
    scores = {name: row(shown, name, 3) for name in (*AVERAGES, "share of tumour missed")}
    winners = [scores[name].index(max(scores[name])) for name in AVERAGES]
    assert len(set(winners)) == 3
    assert winners[0] == 2
    missed = scores["share of tumour missed"]
    assert missed[2] > 1.4 * max(missed[:2])
    for name in AVERAGES[1:]:
        assert scores[name][2] < min(scores[name][:2]) - 0.02


# ---- what a mean hides


def test_most_patients_lie_above_the_mean(shown):
    above, patients, far_below, worst = printed(
        shown, r"(\d+) of (\d+) patients lie above the mean, (\d+) below 0\.5; worst: ([\d.]+)"
    )
    assert above > 0.6 * patients
    assert far_below == 3  # as the text and the picture's description say
    assert worst < 0.1


def test_most_lesions_are_found_and_most_parts_drawn_are_none(shown):
    lesions, found, drawn, wrong, f1, distance, dice = (
        row(shown, name, 2)
        for name in (
            "lesions",
            "found",
            "parts drawn",
            "of these no lesion",
            "mean lesion F1",
            "median HD95, px",
            "mean Dice",
        )
    )
    assert found[0] > 0.8 * lesions[0]
    assert wrong[0] > 0.5 * drawn[0]
    assert f1[0] < dice[0] - 0.1
    assert f1[1] > 1.5 * f1[0]
    assert distance[1] < 0.5 * distance[0]
    assert 0 < dice[1] - dice[0] < 0.04


# ---- how sure


def test_the_interval_over_slices_is_less_than_half_as_wide_as_that_over_patients(shown):
    widths = [
        printed(shown, rf"{what}: [\d.]+ to [\d.]+, (\d+) hundredths")[0] for what in ("tumour slices", "patients")
    ]
    assert widths[0] < 0.5 * widths[1] + 0.5
    assert widths[1] >= 12


def test_patients_differ_by_about_two_tenths(shown):
    (deviation,) = printed(shown, r"standard deviation between patients ([\d.]+)")
    assert 0.16 < deviation < 0.25


def test_b_helps_three_of_four_and_hurts_nobody_and_of_c_nothing_is_known(shown):
    low, high, higher, lower, p_value = (row(shown, n, 2) for n in ("low", "high", "higher", "lower", "p_value"))
    patients, difference = row(shown, "patients", 2, nth=1), row(shown, "difference", 2)
    assert low[0] > 0
    assert lower[0] == 0
    assert higher[0] / patients[0] == pytest.approx(0.75, abs=0.06)
    assert p_value[0] < 0.01
    assert low[1] < 0 < high[1]
    assert min(higher[1], lower[1]) >= 4
    assert p_value[1] > 0.05
    assert 0 < difference[1] < difference[0]


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
    assert leak > 0.1  # all else in the lesson moved it by less than 0.04
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
    empty, alarms = printed(" ".join(answer.replace('"', "").split()), r"Of (\d+) slices without tumour (\d+) raise")
    assert [alarms, empty] == pytest.approx(printed(shown, r"false alarms on (\d+) of (\d+)"), abs=5)


def test_seventeen_patients_leave_the_interval_that_the_text_says(words):
    deviation, patients = 0.12, 17
    reach = re.search(r"1\.96 × 0\.12 / √17 = ([\d.]+) to either side", words)[1]
    assert float(reach) == pytest.approx(1.96 * deviation / patients**0.5, abs=0.0006)
