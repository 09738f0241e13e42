"""What lesson 3 says in words holds in its own output."""

import re

import lessons
import pytest


@pytest.fixture(scope="module")
def printed():
    """Everything that the executed lesson prints."""
    return lessons.printed_by(3)


def scores(text):
    """Found tumours, their number, Dice and HD95 of the network "with" and of that "without" skips."""
    pattern = r"(with|without) skips\s+found (\d+) of (\d+) tumours, mean Dice ([\d.]+), median HD95 ([\d.]+) px"
    return {name: tuple(float(value) for value in rest) for name, *rest in re.findall(pattern, text)}


def assert_the_edge_is_lost_and_the_tumour_is_not(text):
    (found, tumors, dice, edge), (found_without, _, dice_without, edge_without) = (
        scores(text)[name] for name in ("with", "without")
    )
    assert min(found, found_without) >= 0.95 * tumors
    assert dice >= dice_without + 0.05
    assert edge_without >= 1.4 * edge


def test_the_loops_and_keras_compute_the_same_convolution(printed):
    assert "largest difference to our loops: 0.0" in printed


def test_ten_convolutions_see_the_twenty_one_pixels_that_the_text_names(printed):
    assert "columns that count at all: 21" in printed


def test_what_lies_in_the_middle_counts_tens_of_times_as_much_as_the_rim(printed):
    assert 20 < float(re.search(r"in the middle counts (\d+) times as much as one at the", printed)[1]) < 200


def test_the_library_s_unet_is_the_one_built_here():
    import numpy as np

    from course_lib import models

    needed = ("course_lib.backend import", "def block", "def contract", "def expand", "def u_net")
    wanted = [cell.source for cell in lessons.source_of(3).cells if any(part in cell.source for part in needed)]
    names = {}
    built = "\n".join(wanted).split("axes =")[0]
    exec(compile(built.replace("import tensorflow as tf", ""), "lesson 3", "exec"), names)
    ours, theirs = names["u_net"](), models.unet((64, 64, 3), filters=names["channels"])
    theirs.set_weights(ours.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype("float32")
    np.testing.assert_allclose(theirs(images), ours(images), atol=1e-5)


def test_an_outline_of_squares_gets_worse_with_every_pooling_and_useless_at_the_bridge(printed):
    dice = [float(value) for value in re.findall(r"squares: mean Dice ([\d.]+)", printed)]
    assert len(dice) == 4
    assert dice == sorted(dice, reverse=True)
    assert dice[0] > 0.85
    assert dice[-1] < 0.5


def test_one_batch_is_learned_by_heart(printed):
    assert float(re.search(r"loss of the last step: ([\d.]+)", printed)[1]) < 0.1


def test_without_skips_the_tumour_is_found_and_its_edge_is_lost(printed):
    assert_the_edge_is_lost_and_the_tumour_is_not(printed)


@pytest.mark.slow
def test_that_the_edge_is_lost_does_not_hang_on_the_seed(monkeypatch, capsys):
    lessons.see_what_lessons_see(monkeypatch)
    needed = ("import", "scans =", "def block", "def contract", "def expand", "def u_net", "def train")
    last = ("networks, losses =", "tumors =")
    changes = {"epochs=80": "epochs=1", "set_random_seed(0)": "set_random_seed(31)"}
    lessons.run_cells(3, changes, needed + last)
    assert_the_edge_is_lost_and_the_tumour_is_not(capsys.readouterr().out)
