"""Curves drawn while a network trains: one output that changes, described; and callbacks of one's own in a run."""

import keras
import numpy as np
import pandas as pd
import pytest

from course_lib.errors import DataError
from course_lib.losses import DiceLoss
from course_lib.training import Recipe, fit_arrays, load_run, score, train


@pytest.fixture(scope="module")
def slices():
    """Eight slices of two patients with a bright square that is the tumour."""
    random = np.random.default_rng(0)
    images = random.integers(0, 60, (8, 16, 16, 3), dtype=np.uint8)
    masks = np.zeros((8, 16, 16, 1), np.uint8)
    masks[:, 4:10, 5:11] = 1
    images[masks[..., 0] > 0] += 150
    return images, masks, np.repeat(["a", "b"], 4)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((16, 16, 3)), keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")]
    )
    model.compile(keras.optimizers.Adam(0.02), loss=DiceLoss(), jit_compile=False)
    return model


class Output:
    """Stands for an output of a cell: what was put in first, and what it was changed to."""

    def __init__(self):
        self.shown, self.changes = [], []

    def display(self, bundle, raw, display_id):
        assert raw
        assert display_id
        self.shown.append(bundle)
        return self

    def update(self, bundle, raw):
        assert raw
        self.changes.append(bundle)


@pytest.fixture
def output(monkeypatch):
    output = Output()
    monkeypatch.setattr("IPython.display.display", output.display)
    return output


def test_live_curves_are_one_output_that_changes_with_every_epoch(network, slices, output):
    fit_arrays(network, *slices[:2], epochs=3, batch=4, validation=slices, progress=False, live=True)
    assert (len(output.shown), len(output.changes)) == (1, 2)


def test_live_curves_are_described_in_words_that_keep_up(network, slices, output):
    history = fit_arrays(network, *slices[:2], epochs=2, batch=4, validation=slices, progress=False, live=True)
    (last,) = output.changes
    assert "epoch 2 of 2" in last["text/plain"]
    assert f"{history.val_dice[1]:.2f}" in last["text/plain"]
    assert last["text/plain"].removeprefix("Figure: ") in last["text/html"]
    assert "<img" in last["text/html"]


def test_without_live_nothing_is_shown(network, slices, output):
    fit_arrays(network, *slices[:2], epochs=1, batch=4, progress=False)
    assert output.shown == []


def test_live_curves_leave_no_figure_open(network, slices, output):
    import matplotlib.pyplot as plt

    fit_arrays(network, *slices[:2], epochs=2, batch=4, progress=False, live=True)
    assert plt.get_fignums() == []


def test_the_score_is_what_training_noted_after_its_last_epoch(network, slices):
    history = fit_arrays(network, *slices[:2], epochs=1, batch=4, validation=slices, progress=False)
    assert score(network, *slices, batch=4) == pytest.approx(history.iloc[-1][["val_loss", "val_dice"]].to_dict())


def test_a_score_of_slices_that_do_not_fit_is_refused(network, slices):
    with pytest.raises(DataError, match="same number"):
        score(network, slices[0], slices[1][1:], slices[2])


@pytest.mark.slow
def test_a_run_stopped_by_the_keyboard_goes_on_as_if_nothing_had_happened(tmp_path, tiny_folder):
    names = {f"TCGA_CS_{number:04d}_20000101": 4 for number in range(1, 6)}
    root = tiny_folder(patients=names, size=32)
    recipe = Recipe(
        network="unet", weights=None, width=0.05, size=16, batch=4, epochs=3, validation=0.2, test=0.2,
        precision="float32", learning_rate=0.01,
    )  # fmt: skip

    def stop(epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt

    pressed = keras.callbacks.LambdaCallback(on_epoch_begin=stop)
    whole = train(recipe, root, tmp_path / "whole", progress=False)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, root, tmp_path / "stopped", progress=False, callbacks=[pressed])
    assert len(load_run(tmp_path / "stopped").history) == 1
    resumed = train(recipe, root, tmp_path / "stopped", resume=True, progress=False)
    pd.testing.assert_frame_equal(resumed.history, whole.history, rtol=1e-4)
