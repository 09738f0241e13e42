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
    assert made_up_sure > 90  # "over 90 %", in the answer to the last exercise
    assert 2 < found_sure - made_up_sure < 10


def test_where_it_swears_it_promises_to_be_wrong_in_fewer_than_one_in_two_hundred_and_is_in_more_than_one_in_twenty(
    printed,
):
    said, right = numbers(r"it says ([\d.]+)% on average; tumour are (\d+)%", printed)
    assert 99.5 < said < 99.9
    assert 85 < right < 95


def test_below_one_half_it_does_not_matter_what_it_says(printed):
    least, most = numbers(r"where it says 10 % to 50 %, tumour are (\d+)% to (\d+)%", printed)
    assert 20 < least < most < 34  # "about a quarter", "between a quarter and a third"


def test_the_overlooked_tumour_was_missed_without_a_doubt(printed):
    probability, uncertainty = numbers(
        r"overlooked: probability of the tumour's pixels ([\d.]+), uncertainty ([\d.]+)", printed
    )
    assert max(probability, uncertainty) < 0.005


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


def test_four_answers_know_more_of_the_errors_than_one_which_serves_the_reader_of_2_percent_better(printed):
    four, once, lot = (
        numbers(rf"{name}\s*: (\d+)% of the errors in the most doubtful 2 %; AUC ([\d.]+)", printed)
        for name in ("four answers", "one answer", "by lot")
    )
    assert four[1] > once[1] + 0.02
    assert once[1] > lot[1] + 0.1
    assert once[0] > four[0] > 10 * lot[0]
    assert abs(lot[1] - 0.5) < 0.02
    assert lot[0] <= 3


def test_without_the_most_doubtful_tenth_most_errors_are_gone_but_the_very_surest_are_worse_than_by_lot(printed):
    pattern = r"\s*: wrong are ([\d.]+) % of the surest 2 %, ([\d.]+) % of the surest 90 %, ([\d.]+) % of all"
    four, once, lot = (numbers(name + pattern, printed) for name in ("four answers", "one answer", "by lot"))
    assert 0 < four[1] < four[2] / 2
    assert 0 < once[1] < once[2] * 0.6
    assert once[0] > 1.3 * lot[0]
    assert once[0] > 1.5 * four[0] > 1.5 * four[1]


def test_two_thirds_of_its_surest_pixels_are_called_tumour_and_what_is_wrong_among_them_is_made_up(printed):
    called, made_up = numbers(
        r"surest 2 %: (\d+)% of it called tumour; of the errors there (\d+)% are made up", printed
    )
    assert 60 < called < 72
    assert made_up > 90


def test_patients_about_whom_it_is_unsure_have_the_lower_dice(printed):
    assert numbers(r"rank correlation of uncertainty and Dice: (-?[\d.]+)", printed)[0] < -0.6


def test_four_answers_are_about_as_good_as_one_or_a_little_better(printed):
    once, four = numbers(r"mean Dice asked once ([\d.]+), asked four times ([\d.]+)", printed)
    assert -0.01 <= four - once < 0.05


def test_in_two_of_five_errors_it_agrees_with_itself(printed):
    agreed = numbers(r"errors on which the four answers agree \(uncertainty below 0.05\): (\d+)%", printed)[0]
    assert 35 < agreed < 45


def test_where_its_two_networks_quarrel_it_is_often_wrong_but_most_errors_they_make_together(printed):
    apart, elsewhere = numbers(r"where the two contradict each other, wrong are (\d+)%, elsewhere ([\d.]+)%", printed)
    assert apart > 10 * elsewhere
    assert 70 < numbers(r"errors in which the two agree: (\d+)%", printed)[0] < 75  # "nearly three in four"


def test_the_hill_at_one_half_is_where_its_two_networks_contradict_each_other():
    whole = models.shipped_model()
    slices = phantom_patient(seed=0, size=whole.input_shape[1]).images.astype("float32")
    first, second = (np.asarray(one.predict_on_batch(slices)) for one in models.members(whole))
    middle = abs((first + second) / 2 - 0.5) < 0.1
    assert middle.sum() > 50
    assert (abs(first - second)[middle] > 0.5).mean() > 0.9


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
        assert min(maps) > 2 * area, name
    *maps, area = rows["random weights"]
    assert max(maps) < 2 * area


def test_of_the_other_layers_none_points_at_the_tumour(printed):
    *maps, area = heat(printed)["others"]
    assert max(maps) < 2 * area
    assert max(maps[:2]) < area / 2


def test_nothing_much_hangs_on_the_fifth_block_nor_in_the_second_network_on_the_fourth(printed):
    changed = {
        name: [numbers(rf"{name}, block {block} silent: ([\d.]+) called otherwise", printed)[0] for block in (3, 4, 5)]
        for name in ("first", "second")
    }
    for third, _, fifth in changed.values():
        assert third > 60
        assert fifth <= 3
    assert changed["second"][1] <= 5
    assert changed["first"][1] > 20
    assert numbers(r"blocks 4 and 5 hold (\d+)% of a network's weights", printed)[0] > 50


@pytest.mark.parametrize("member", [0, 1])
def test_the_maps_of_the_deep_blocks_differ_from_place_to_place_as_those_of_other_blocks_do(member):
    from course_lib.backend import keras

    network = models.members(models.shipped_model())[member]
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
    assert cell.index("silenced =") < cell.index("layer.set_weights([factors, *rest])") < cell.index("return silenced")


def test_without_flair_it_calls_nearly_all_tumour_healthy_and_is_surer_than_before(printed):
    seeing, blind = (
        numbers(
            rf"{name}\s*: (\d+)% of the tumour called healthy with over 90 %; mean uncertainty there ([\d.]+)", printed
        )
        for name in ("all three", "without FLAIR")
    )
    assert blind[0] > 90 > 30 > seeing[0]
    assert blind[1] < seeing[1] / 5


def test_comparing_arrays_shows_what_is_missing(printed):
    for name, equal in (
        ("all three", "none"),
        ("without pre", "pre"),
        ("without FLAIR", "pre"),
        ("without post", "post"),
    ):
        assert re.search(rf"{name}\s*: equal to FLAIR: {equal}\n", printed), name


def test_of_the_phantoms_that_lack_a_sequence_one_is_average_and_one_the_worst_with_the_overlooked_tumour(printed):
    pattern = r"(PHANTOM_\w+): (.+) equal to FLAIR; Dice number (\d+) of (\d+) from below, ([\d.]+) without FLAIR"
    lacking = {what: rest for *rest, what in [(n, *r, w) for n, w, *r in re.findall(pattern, printed)]}
    assert set(lacking) == {"post", "pre and post"}
    _, rank, patients, still = lacking["post"]
    assert 1 / 3 < int(rank) / int(patients) < 2 / 3
    assert float(still) < 0.2  # "saved it little"
    name, rank, _, _ = lacking["pre and post"]
    assert int(rank) == 1
    assert re.findall(r"overlooked was a tumour of (\w+)", printed) == [name]
    (made_up,) = re.findall(r"made up was an area of (\w+)", printed)
    assert made_up.startswith("PHANTOM_")
    assert made_up not in [name for name, *_ in lacking.values()]


def test_what_was_made_up_is_bright_and_the_overlooked_tumour_hardly_brighter_than_the_rest(printed):
    found, made_up, overlooked = (
        numbers(rf"{name}\s*: on FLAIR it is ([\d.]+) times as bright", printed)[0]
        for name in ("found", "made up", "overlooked")
    )
    assert found > 2
    assert 1.5 < made_up < found - 0.2
    assert 0.9 < overlooked < 1.3


def mean_dice(text):
    """Mean Dice under every condition, as the descriptions of the two figures of paired scores say them."""
    listed = ", ".join(re.findall(r"on average: (.+)", text))
    return {name: float(value) for name, value in re.findall(r"([a-zA-Z][a-zA-Z -]*) ([\d.]+)", listed)}


def test_losing_flair_takes_everything_and_losing_pre_or_post_nothing_on_average(printed):
    dice = mean_dice(printed)
    assert dice["without FLAIR"] < 0.1
    for name in ("without pre", "without post"):
        assert abs(dice[name] - dice["all three"]) < 0.02, name


def test_half_the_brightness_costs_nothing_a_coil_and_flat_contrast_next_to_nothing_and_noise_most(printed):
    dice = mean_dice(printed)
    lost = {name: dice["as it was"] - value for name, value in dice.items()}
    assert abs(lost["dimmer"]) < 0.02
    for name in ("one-sided", "flat contrast"):
        assert abs(lost[name]) < 0.03, name
    assert lost["noisy"] > 0.2


def test_some_institutions_have_too_few_patients_for_any_comparison(printed):
    rows = re.findall(r"^(CS|DU|EZ|FG|HT)\s+(\d+)\s+([\d.]+)\s+(\S+)\s+(\S+)$", printed, flags=re.M)
    assert len(rows) == 5
    assert any(int(patients) == 1 and low == "NaN" for _, patients, _, low, _ in rows)
    assert any(int(patients) in (2, 3) and low != "NaN" for _, patients, _, low, _ in rows)
