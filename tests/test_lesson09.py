"""What lesson 9 says in words holds in its own output."""

import re

import lessons
import numpy as np
import pytest

from course_lib import models
from course_lib.phantoms import phantom_patient


@pytest.fixture(scope="module")
def printed():
    """Everything that the executed lesson prints, its tables, and the descriptions of its figures."""
    return lessons.shown_by(9)


def numbers(pattern, text):
    """The numbers in the groups of the only place where the pattern fits."""
    (found,) = re.findall(pattern, text)
    return [float(value) for value in ([found] if isinstance(found, str) else found)]


def test_it_is_only_a_little_less_sure_of_the_area_that_is_made_up(printed):
    found_sure, found_dice = numbers(
        r"first : inside the outline (\d+)% on average; Dice with the expert ([\d.]+)", printed
    )
    made_up_sure, made_up_dice = numbers(
        r"second: inside the outline (\d+)% on average; Dice with the expert ([\d.]+)", printed
    )
    assert found_dice > 0.8
    assert made_up_dice == 0
    assert made_up_sure > 80
    assert 2 < found_sure - made_up_sure < 17


def test_where_it_swears_it_is_wrong_about_ten_times_as_often_as_it_promises(printed):
    said, right = numbers(r"it says ([\d.]+)% on average; tumour are (\d+)%", printed)
    assert 99.3 < said < 99.7  # "one in two hundred"
    assert 7 < (100 - right) / (100 - said) < 15


def test_between_the_extremes_it_hardly_matters_what_it_says(printed):
    least, most = numbers(r"where it says 10 % to 80 %, tumour are (\d+)% to (\d+)%", printed)
    assert 45 < least < 58  # "a half"
    assert 60 < most < 72  # "to two thirds"


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
    assert four[1] > once[1] + 0.02
    assert once[1] > lot[1] + 0.1
    assert four[0] > once[0] > lot[0]
    assert abs(lot[1] - 0.5) < 0.02
    assert lot[0] <= 3


def test_without_the_most_doubtful_tenth_most_errors_are_gone_and_the_very_surest_are_hardly_safer_than_by_lot(printed):
    pattern = r"\s*: wrong are ([\d.]+) % of the surest 2 %, ([\d.]+) % of the surest 90 %, ([\d.]+) % of all"
    four, once, lot = (numbers(name + pattern, printed) for name in ("four answers", "one answer", "by lot"))
    assert 0 < four[1] < four[2] / 2
    assert 0 < once[1] < once[2] * 0.6
    assert once[0] > 0.65 * lot[0]
    assert once[0] > 1.5 * four[0] > 1.5 * four[1]


def test_half_of_its_surest_pixels_are_called_tumour_and_what_is_wrong_among_them_is_made_up(printed):
    called, made_up = numbers(
        r"surest 2 %: (\d+)% of it called tumour; of the errors there (\d+)% are made up", printed
    )
    assert 40 < called < 60
    assert made_up > 90


def test_patients_about_whom_it_is_unsure_have_the_lower_dice(printed):
    assert numbers(r"rank correlation of uncertainty and Dice: (-?[\d.]+)", printed)[0] < -0.6


def test_four_answers_are_about_as_good_as_one_or_a_little_better(printed):
    once, four = numbers(r"mean Dice asked once ([\d.]+), asked four times ([\d.]+)", printed)
    assert -0.01 <= four - once < 0.05


def test_on_half_of_its_errors_it_agrees_with_itself(printed):
    agreed = numbers(r"errors on which the four answers agree \(uncertainty below 0.05\): (\d+)%", printed)[0]
    assert 42 < agreed < 58


def heat(text):
    """Shares of the three maps' heat inside the outline, and of the head that the outline holds, by row."""
    pattern = (
        r"(trained|random weights|made up|others)\s*: (\d+)%, (\d+)%, (\d+)% of the head's heat .* which holds (\d+)%"
    )
    return {name: [int(value) for value in rest] for name, *rest in re.findall(pattern, text)}


def test_heat_lies_on_the_tumour_and_on_the_made_up_area_but_with_random_weights_anywhere(printed):
    rows = heat(printed)
    for name in ("trained", "made up"):
        *maps, area = rows[name]
        assert min(maps) > 2.5 * area, name
    *maps, area = rows["random weights"]
    assert max(maps) < 2 * area


def test_of_the_other_layers_none_points_at_the_tumour(printed):
    *maps, area = heat(printed)["others"]
    assert max(maps) < 1.5 * area


def test_silencing_the_deep_blocks_changes_next_to_nothing(printed):
    third, fourth, fifth = (
        numbers(rf"block{block}_norm4 silent: ([\d.]+) called otherwise per 100", printed)[0] for block in (3, 4, 5)
    )
    assert third > 30
    assert max(fourth, fifth) <= 1
    assert numbers(r"blocks 4 and 5 hold (\d+)% of the network's weights", printed)[0] > 50


def test_the_maps_of_the_deep_blocks_differ_from_place_to_place_as_those_of_other_blocks_do():
    from course_lib.backend import keras

    network = models.shipped_model()
    last = [network.get_layer(f"block{block}_norm4").output for block in (3, 4, 5)]
    slices = phantom_patient(seed=0, size=network.input_shape[1]).images[::2].astype("float32")
    third, fourth, fifth = (
        np.std(maps, axis=(0, 1, 2)) for maps in keras.Model(network.input, last)(slices, training=False)
    )
    for block in (fourth, fifth):
        assert block.min() > 0
        assert np.median(block) > np.median(third) / 2


def test_the_network_is_left_as_it_was_after_layers_were_silenced():
    (cell,) = (cell.source for cell in lessons.source_of(9).cells if "silenced =" in cell.source)
    assert cell.index("silenced =") < cell.index("layer.set_weights([factors, *rest])")


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


def test_of_the_phantoms_that_lack_a_sequence_one_is_average_and_one_among_the_worst_with_the_made_up_area(printed):
    pattern = r"(PHANTOM_\w+): (.+) equal to FLAIR; Dice number (\d+) of (\d+) from below, ([\d.]+) without FLAIR"
    lacking = {what: rest for *rest, what in [(n, *r, w) for n, w, *r in re.findall(pattern, printed)]}
    assert set(lacking) == {"post", "pre and post"}
    _, rank, patients, held_out = lacking["post"]
    assert 1 / 3 < int(rank) / int(patients) < 2 / 3
    assert float(held_out) > 0.4
    name, rank, _, _ = lacking["pre and post"]
    assert int(rank) <= 2
    assert re.findall(r"made up was an area of (\w+)", printed) == [name]
    (overlooked,) = re.findall(r"overlooked was a tumour of (\w+)", printed)
    assert overlooked.startswith("PHANTOM_")
    assert overlooked not in [name for name, *_ in lacking.values()]


def test_the_overlooked_tumour_is_hardly_brighter_than_the_rest(printed):
    found, overlooked = (
        numbers(rf"{name}\s*: on FLAIR the tumour is ([\d.]+) times as bright", printed)[0]
        for name in ("found", "overlooked")
    )
    assert found > 2
    assert 0.9 < overlooked < 1.3


def mean_dice(text):
    """Mean Dice under every condition, as the descriptions of the two figures of paired scores say them."""
    listed = ", ".join(re.findall(r"on average: (.+)", text))
    return {name: float(value) for name, value in re.findall(r"([a-zA-Z][a-zA-Z -]*) ([\d.]+)", listed)}


def test_losing_flair_takes_everything_pre_a_little_and_post_nothing_to_speak_of(printed):
    dice = mean_dice(printed)
    assert dice["without FLAIR"] < 0.1
    assert 0.02 < dice["all three"] - dice["without pre"] < 0.12
    assert abs(dice["without post"] - dice["all three"]) < 0.02


def test_half_the_brightness_costs_next_to_nothing_a_coil_and_flat_contrast_a_little_and_noise_most(printed):
    dice = mean_dice(printed)
    lost = {name: dice["as it was"] - value for name, value in dice.items()}
    assert abs(lost["dimmer"]) < 0.02
    for name in ("one-sided", "flat contrast"):
        assert 0.01 < lost[name] < 0.06, name
    assert lost["noisy"] > 0.1


def test_some_institutions_have_too_few_patients_for_any_comparison(printed):
    rows = re.findall(r"^(CS|DU|EZ|FG|HT)\s+(\d+)\s+([\d.]+)\s+(\S+)\s+(\S+)$", printed, flags=re.M)
    assert len(rows) == 5
    assert any(int(patients) == 1 and low == "NaN" for _, patients, _, low, _ in rows)
    assert any(int(patients) in (2, 3) and low != "NaN" for _, patients, _, low, _ in rows)
