"""What lesson 6 says in words holds in its own output; its exercises agree with Keras' own callbacks."""

import re

import keras
import lessons
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lessons import numbers

from course_lib import training
from course_lib.check import find_exercise

LOSSES = st.lists(st.integers(1, 9).map(lambda tenth: tenth / 10), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def printed():
    """Everything that the executed lesson prints."""
    return lessons.printed_by(6)


def training_apart(name, text):
    """Training loss first and last, validation loss first and last, best Dice."""
    decimals = r"([\d.]+) → ([\d.]+)"
    return numbers(
        rf"{name} +training loss {decimals}, validation loss {decimals}, best validation Dice ([\d.]+)", text
    )


def assert_that_apart_the_losses_fall_and_nothing_is_learned(text):
    first, last, val_first, val_last, dice = training_apart("apart", text)
    assert last < 0.6 * first
    assert val_last < 1.15 * val_first
    assert dice < 0.1
    assert training_apart("together", text)[-1] > 0.3


def assert_that_validation_turns_while_the_training_loss_falls(text):
    then, best, last = numbers(r"training loss: ([\d.]+) in epoch (\d+), ([\d.]+) in the last", text)
    lowest, _, at_the_end = numbers(r"validation loss: ([\d.]+) in epoch (\d+), ([\d.]+) in the last", text)
    assert best <= 20
    assert last < then
    assert at_the_end > 1.1 * lowest


# --- the lesson's output ---


def test_reading_takes_many_times_as_long_as_remembering(printed):
    assert numbers(r"reading takes (\d+) times", printed)[0] > 5


def test_the_range_test_falls_from_level_to_its_lowest_and_gets_worse_again(printed):
    first, lowest, rate, later = numbers(
        r"loss ([\d.]+) at first, lowest \(([\d.]+)\) near the rate ([\d.]+), then up to ([\d.]+) again", printed
    )
    assert lowest < 0.4 * first
    assert later > 1.2 * lowest
    assert 0.02 < rate < 5


def test_masks_that_move_apart_destroy_learning_while_the_losses_fall(printed):
    assert_that_apart_the_losses_fall_and_nothing_is_learned(printed)


def test_the_best_epoch_by_heart_is_not_the_last(printed):
    assert_that_validation_turns_while_the_training_loss_falls(printed)


def test_the_watched_training_cuts_the_rate_stops_and_its_best_epoch_is_not_its_last(printed):
    last, best, cuts = numbers(
        r"stopped after epoch (\d+) of 40; best: epoch (\d+); the rate was cut (\d+) times", printed
    )
    assert best < last < 40
    assert last - best == 8
    assert cuts >= 1


def test_what_memory_and_disk_hold_scores_as_the_best_epoch_and_not_as_the_last():
    (cell,) = [cell for cell in lessons.cells_of(6) if "on_disk = " in cell.source]
    rows = re.findall(
        r"(best epoch|last epoch|in memory|on disk) +([\d.]+) +([\d.]+)", cell.outputs[-1].data["text/plain"]
    )
    values = {name: (float(loss), float(dice)) for name, loss, dice in rows}
    assert values["in memory"] == pytest.approx(values["best epoch"], abs=0.002)
    assert values["on disk"] == pytest.approx(values["best epoch"], abs=0.002)
    assert values["last epoch"][0] > values["best epoch"][0]


def test_the_twelve_losses_stop_after_epoch_11_with_the_weight_of_epoch_7(printed):
    assert "stopped after epoch 11; the weight in the end: 7" in printed


def test_the_resumed_history_is_that_of_an_uninterrupted_run(printed):
    assert "epochs: 4 in the whole run, 2 in what was left" in printed
    epochs, difference = numbers(
        r"epochs: (\d+); largest difference of any number in the two histories: ([\d.]+)", printed
    )
    assert epochs == 4
    assert difference < 1e-3


def test_a_mask_shifted_with_mixing_is_grey_and_with_the_nearest_pixel_is_not(printed):
    rows = {order: set(re.findall(r"\d\.\d?", rest)) for order, rest in re.findall(r"order=(\d): \[(.*)\]", printed)}
    assert rows["0"] == {"0.", "1."}
    assert rows["1"] - rows["0"]


def test_the_four_trainings_stand_in_the_order_that_the_model_answer_tells():
    source = "\n".join(cell.source for cell in lessons.source_of(6).cells)
    names = re.findall(r'"([a-z ]+)":', re.search(r"^four = \{(.*)\}$", source, re.MULTILINE)[1])
    drawn = np.random.default_rng(int(re.search(r"shuffle=(\d+)", source)[1])).permutation(len(names))
    assert [names[k] for k in drawn] == ["apart", "by heart", "slow", "together"]


def test_a_recipe_without_a_plateau_shows_no_patience_for_one():
    (cell,) = [cell for cell in lessons.cells_of(6) if "recipes = " in cell.source]
    rows = re.findall(r"^(schedule|plateau_\w+) +(\S+) +(\S+) +(\S+)", cell.outputs[-1].data["text/plain"], re.M)
    table = {name: values for name, *values in rows}
    assert table["schedule"] == ["plateau", "plateau", "cosine"]
    for name in ("plateau_patience", "plateau_factor"):
        assert [value == "–" for value in table[name]] == [False, False, True]


def test_the_pair_shown_before_the_first_exercise_is_what_a_right_answer_gives(monkeypatch):
    lessons.see_what_lessons_see(monkeypatch)
    shown = lessons.run_cells(6, needed=("import numpy", "after = ["))
    one_slice = [np.array(picture, float)[None, ..., None] for picture in shown["before"]]
    moved = find_exercise("move_pairs").reference(*one_slice, mirror=[True], right=[0.6])
    for expected, picture in zip(shown["after"], moved, strict=True):
        np.testing.assert_allclose(picture[0, ..., 0], expected, atol=1e-6)


# --- what the exercises ask is what Keras does ---


@given(LOSSES, st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_the_rates_asked_for_are_those_of_keras(losses, patience):
    expected = find_exercise("plateau_rates").reference(losses, 0.1, patience, 0.5)
    plateau = keras.callbacks.ReduceLROnPlateau("val_loss", patience=patience, factor=0.5, min_delta=0)
    table, _ = training.replay(losses, [plateau], learning_rate=0.1)
    np.testing.assert_allclose(table["learning_rate"], expected, rtol=1e-5)


@given(LOSSES, st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_the_stop_and_the_epoch_kept_are_those_of_keras(losses, patience):
    stop = keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True)
    table, kept = training.replay(losses, [stop])
    assert find_exercise("early_stop").reference(losses, patience) == (len(table), kept)


# --- the surprises do not hang on the seed ---


@pytest.mark.slow
def test_the_surprises_do_not_hang_on_the_seed(monkeypatch, capsys):
    lessons.see_what_lessons_see(monkeypatch)
    needed = ("import", "root =", "model =", "moves =", "def train_on_moved", "together, apart =", "by_heart =")
    lessons.run_cells(6, {"set_random_seed(0)": "set_random_seed(41)"}, needed)
    text = capsys.readouterr().out
    assert_that_apart_the_losses_fall_and_nothing_is_learned(text)
    assert_that_validation_turns_while_the_training_loss_falls(text)
