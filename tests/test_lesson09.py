"""What lesson 9 says in words holds in its own output."""

import re

import lessons
import pytest


@pytest.fixture(scope="module")
def printed():
    """Everything that the executed lesson prints, its tables, and the descriptions of its figures."""
    return lessons.shown_by(9)


def numbers(pattern, text):
    """The numbers in the groups of the only place where the pattern fits."""
    (found,) = re.findall(pattern, text)
    return [float(value) for value in ([found] if isinstance(found, str) else found)]


def test_the_area_that_is_made_up_is_sworn_to_like_the_tumour(printed):
    found_sure, found_dice = numbers(
        r"first : inside the outline (\d+)% on average; Dice with the expert ([\d.]+)", printed
    )
    made_up_sure, made_up_dice = numbers(
        r"second: inside the outline (\d+)% on average; Dice with the expert ([\d.]+)", printed
    )
    assert found_dice > 0.8
    assert made_up_dice == 0
    assert min(found_sure, made_up_sure) > 85
    assert found_sure - made_up_sure < 10


def test_about_one_in_eight_of_the_pixels_to_which_it_swears_is_healthy(printed):
    said, right = numbers(r"it says ([\d.]+)% on average; tumour are (\d+)%", printed)
    assert said > 99
    assert 1 / 10 < 1 - right / 100 < 1 / 6


def test_between_the_extremes_it_hardly_matters_what_it_says(printed):
    least, most = numbers(r"where it says 10 % to 90 %, tumour are (\d+)% to (\d+)%", printed)
    assert 28 < least < 38  # "between a third"
    assert 42 < most < 55  # "and a half"


def test_the_overlooked_tumour_was_missed_without_a_doubt(printed):
    probability, uncertainty = numbers(
        r"overlooked: probability of the tumour's pixels ([\d.]+), uncertainty ([\d.]+)", printed
    )
    assert max(probability, uncertainty) < 0.02


def test_air_more_than_halves_the_calibration_error(printed):
    inside, whole = (
        numbers(rf"{name}\s*: calibration error ([\d.]+)\n", printed)[0] for name in ("inside the head", "whole image")
    )
    assert 0 < whole < inside / 2
    assert inside < 0.02  # "both numbers look excellent"


def test_who_always_says_the_same_is_calibrated_better_and_scores_worse(printed):
    same, network = (
        numbers(rf"{name}\s*: calibration error ([\d.]+), Brier score ([\d.]+), bins used (\d+)", printed)
        for name in ("always the same", "the network")
    )
    assert same[0] < 0.0005 < network[0]
    assert same[1] > 1.5 * network[1]
    assert same[2] == 1


def test_four_answers_find_the_errors_better_than_one_and_one_better_than_chance(printed):
    four, once, lot = (
        numbers(rf"{name}\s*: (\d+)% of the errors in the most doubtful 2 %; AUC ([\d.]+)", printed)
        for name in ("four answers", "one answer", "by lot")
    )
    assert four[1] > once[1] + 0.05
    assert once[1] > lot[1] + 0.1
    assert four[0] > once[0] > lot[0]
    assert abs(lot[1] - 0.5) < 0.02
    assert lot[0] <= 3


def test_without_the_most_doubtful_tenth_most_errors_are_gone_and_the_very_surest_are_wrong_again(printed):
    pattern = r"\s*: wrong are ([\d.]+) % of the surest 2 %, ([\d.]+) % of the surest 90 %, ([\d.]+) % of all"
    four, once, lot = (numbers(name + pattern, printed) for name in ("four answers", "one answer", "by lot"))
    assert 0 < four[1] < four[2] / 2
    assert 0 < once[1] < once[2] * 0.6
    assert once[0] > 1.3 * lot[0]
    assert once[0] > 1.5 * four[0]


def test_its_surest_pixels_are_mostly_called_tumour_and_what_is_wrong_among_them_is_made_up(printed):
    called, made_up = numbers(
        r"surest 2 %: (\d+)% of it called tumour; of the errors there (\d+)% are made up", printed
    )
    assert called > 60
    assert made_up > 90


def test_patients_about_whom_it_is_unsure_have_the_lower_dice(printed):
    assert numbers(r"rank correlation of uncertainty and Dice: (-?[\d.]+)", printed)[0] < -0.6


def test_four_answers_are_about_as_good_as_one_or_a_little_better(printed):
    once, four = numbers(r"mean Dice asked once ([\d.]+), asked four times ([\d.]+)", printed)
    assert -0.01 <= four - once < 0.05


def test_on_more_than_a_third_of_its_errors_it_agrees_with_itself(printed):
    assert numbers(r"errors on which the four answers agree \(uncertainty below 0.05\): (\d+)%", printed)[0] > 33


def heat(text):
    """Shares of the three maps' heat inside the outline, and of the head that the outline holds, by row."""
    pattern = r"(trained|random weights|made up)\s*: (\d+)%, (\d+)%, (\d+)% of the head's heat .* which holds (\d+)%"
    return {name: [int(value) for value in rest] for name, *rest in re.findall(pattern, text)}


def test_heat_lies_on_the_tumour_and_on_the_made_up_area_but_with_random_weights_anywhere(printed):
    rows = heat(printed)
    for name in ("trained", "made up"):
        *maps, area = rows[name]
        assert min(maps) > 2.5 * area, name
    *maps, area = rows["random weights"]
    assert max(maps) < 1.6 * area


def test_the_deepest_layers_map_is_empty_and_silencing_it_changes_next_to_nothing(printed):
    assert numbers(r"largest value of the deepest layer's map: ([\d.]+)", printed) == [0]
    third, fourth, fifth = (
        numbers(rf"{name} silent: (\d+) called otherwise per 100", printed)[0]
        for name in ("block3_conv4", "block4_conv4", "block5_conv4")
    )
    assert third > 15
    assert max(fourth, fifth) <= 1
    assert numbers(r"blocks 4 and 5 hold (\d+)% of the network's weights", printed)[0] > 50


def test_the_network_is_left_as_it_was_after_layers_were_silenced():
    (cell,) = (cell.source for cell in lessons.source_of(9).cells if "silenced =" in cell.source)
    assert cell.index("silenced =") < cell.index("layer.set_weights(weights)")


def test_without_flair_it_calls_most_tumour_healthy_and_is_surer_than_before(printed):
    seeing, blind = (
        numbers(
            rf"{name}\s*: (\d+)% of the tumour called healthy with over 90 %; mean uncertainty there ([\d.]+)", printed
        )
        for name in ("all three", "without FLAIR")
    )
    assert blind[0] > 75 > 30 > seeing[0]
    assert blind[1] < 0.1 * 0.5
    assert blind[1] < seeing[1]


def test_comparing_arrays_shows_what_is_missing(printed):
    for name, equal in (
        ("all three", "none"),
        ("without pre", "pre"),
        ("without FLAIR", "pre"),
        ("without post", "post"),
    ):
        assert re.search(rf"{name}\s*: equal to FLAIR: {equal}\n", printed), name


def test_the_two_phantoms_that_lack_a_sequence_are_the_worst_and_the_overlooked_tumour_is_of_one(printed):
    lacking = re.findall(r"(PHANTOM_\w+): (.+) equal to FLAIR; its Dice is number (\d+) from below", printed)
    assert sorted(int(rank) for _, _, rank in lacking) == [1, 2]
    (overlooked,) = re.findall(r"overlooked was a tumour of (\w+)", printed)
    assert (overlooked, "pre and post", "1") in lacking


def mean_dice(text):
    """Mean Dice under every condition, as the descriptions of the two figures of paired scores say them."""
    listed = ", ".join(re.findall(r"on average: (.+)", text))
    return {name: float(value) for name, value in re.findall(r"([a-zA-Z][a-zA-Z -]*) ([\d.]+)", listed)}


def test_losing_flair_takes_everything_pre_much_and_post_nothing_to_speak_of(printed):
    dice = mean_dice(printed)
    assert dice["without FLAIR"] < 0.1
    assert dice["without pre"] < dice["all three"] / 2
    assert abs(dice["without post"] - dice["all three"]) < 0.06


def test_half_the_brightness_and_flat_contrast_cost_nothing_a_coil_something_and_noise_most(printed):
    dice = mean_dice(printed)
    lost = {name: dice["as it was"] - value for name, value in dice.items()}
    assert abs(lost["dimmer"]) < 0.015
    assert abs(lost["flat contrast"]) < 0.03
    assert 0.02 < lost["one-sided"] < lost["noisy"]
    assert lost["noisy"] > 0.05


def test_some_institutions_have_too_few_patients_for_any_comparison(printed):
    rows = re.findall(r"^(CS|DU|EZ|FG|HT)\s+(\d+)\s+([\d.]+)\s+(\S+)\s+(\S+)$", printed, flags=re.M)
    assert len(rows) == 5
    assert any(int(patients) == 1 and low == "NaN" for _, patients, _, low, _ in rows)
    assert any(int(patients) in (2, 3) and low != "NaN" for _, patients, _, low, _ in rows)
