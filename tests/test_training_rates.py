"""The learning-rate range test leaves the network as it was; a series of values replayed moves Keras' callbacks."""

import keras
import numpy as np
import pytest

from course_lib import training
from course_lib.data import Augmentation
from course_lib.errors import ArgumentError
from course_lib.losses import DiceLoss


@pytest.fixture(scope="module")
def slices():
    """Eight slices with a bright square that is the tumour."""
    random = np.random.default_rng(0)
    images = random.integers(0, 60, (8, 16, 16, 3), dtype=np.uint8)
    masks = np.zeros((8, 16, 16, 1), np.uint8)
    masks[:, 4:10, 5:11] = 1
    images[masks[..., 0] > 0] += 150
    return images, masks


@pytest.fixture(scope="module")
def network():
    """One small compiled network for all tests; each puts it back as it was."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Conv2D(4, 3, padding="same", activation="relu")]
    head = keras.layers.Conv2D(1, 1, activation="sigmoid")
    model = keras.Sequential([keras.Input((16, 16, 3)), *layers, keras.layers.BatchNormalization(), head])
    model.compile(keras.optimizers.Adam(0.02), loss=DiceLoss(), jit_compile=False)
    return model


def weights_equal(model, weights):
    return all(np.array_equal(mine, other) for mine, other in zip(model.get_weights(), weights, strict=True))


def test_the_range_test_rises_by_one_factor_and_sees_every_step(network, slices):
    table = training.rate_range_test(network, *slices, lowest=1e-4, highest=1e-1, steps=7, batch=4)
    assert len(table) == 7
    np.testing.assert_allclose(table["learning_rate"], 10.0 ** np.arange(-4, -0.9, 0.5), rtol=1e-6)
    assert table["loss"].between(0, 1).all()


def test_each_step_has_the_loss_of_its_own_batch(network, slices):
    """At a rate too low to change anything, every step on the same batch has the same loss."""
    table = training.rate_range_test(network, *slices, lowest=1e-12, highest=1e-11, steps=4, batch=8)
    np.testing.assert_allclose(table["loss"], table["loss"][0], atol=1e-4)
    truth = network(slices[0].astype("float32"), training=True)
    assert table["loss"][0] == pytest.approx(float(DiceLoss()(slices[1].astype("float32"), truth)), abs=1e-3)


def test_the_range_test_finds_that_tiny_rates_learn_nothing_and_larger_ones_do(network, slices):
    table = training.rate_range_test(network, *slices, lowest=1e-6, highest=0.3, steps=40, batch=4)
    assert abs(table["loss"][10] - table["loss"][0]) < 0.05
    assert table["loss"].min() < table["loss"][0] - 0.2


def test_the_network_is_what_it_was_after_the_range_test(network, slices):
    before = network.get_weights()
    training.rate_range_test(network, *slices, steps=5, batch=4)
    assert weights_equal(network, before)
    assert float(network.optimizer.learning_rate) == pytest.approx(0.02)
    assert int(network.optimizer.iterations) == 0
    assert not network.stop_training


def test_the_range_test_ends_where_the_loss_is_no_number(network, slices):
    before = network.get_weights()
    table = training.rate_range_test(network, *slices, lowest=1e30, highest=1e38, steps=20, batch=4)
    assert len(table) < 20
    assert not np.isfinite(table["loss"].iloc[-1])
    assert weights_equal(network, before)


def test_from_a_snapshot_the_same_training_comes_out_twice(network, slices):
    start = training.Snapshot(network)
    common = {"epochs": 2, "batch": 4, "augmentation": Augmentation().only("flip"), "progress": False}
    first = training.fit_arrays(start.restore(0.03), *slices, **common)
    second = training.fit_arrays(start.restore(0.03), *slices, **common)
    start.restore(0.02)
    np.testing.assert_allclose(first["loss"], second["loss"], rtol=1e-4)
    assert first["learning_rate"].tolist() == pytest.approx([0.03, 0.03])


@pytest.mark.parametrize("wrong", [{"lowest": 0}, {"lowest": 1, "highest": 0.1}, {"steps": 1}])
def test_rates_that_do_not_rise_are_refused(network, slices, wrong):
    with pytest.raises(ArgumentError, match="rise"):
        training.rate_range_test(network, *slices, **wrong)


def test_a_network_that_is_not_compiled_is_refused(slices):
    model = keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Conv2D(1, 1)])
    with pytest.raises(ArgumentError, match="compile"):
        training.rate_range_test(model, *slices)
    with pytest.raises(ArgumentError, match="compile"):
        training.Snapshot(model)


# --- replay ---


def test_a_replayed_plateau_cuts_the_rate_of_the_epoch_after_it():
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", patience=2, factor=0.1)
    table, _ = training.replay([0.5, 0.6, 0.6, 0.4], [plateau], learning_rate=0.1)
    assert table["epoch"].tolist() == [1, 2, 3, 4]
    assert table["val_loss"].tolist() == [0.5, 0.6, 0.6, 0.4]
    np.testing.assert_allclose(table["learning_rate"], [0.1, 0.1, 0.1, 0.01], rtol=1e-5)


def test_a_replayed_stop_ends_the_table_and_says_whose_weights_came_back():
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True)
    table, holds = training.replay([0.5, 0.4, 0.6, 0.7, 0.1], [stop])
    assert len(table) == 4
    assert holds == 2


def test_without_restoring_the_last_epochs_weights_stay():
    table, holds = training.replay([0.5, 0.4, 0.6, 0.7, 0.1], [keras.callbacks.EarlyStopping("val_loss", patience=2)])
    assert (len(table), holds) == (4, 4)


def test_another_value_can_be_watched():
    stop = keras.callbacks.EarlyStopping("val_dice", mode="max", patience=1, restore_best_weights=True)
    table, holds = training.replay([0.5, 0.6, 0.55], [stop], monitor="val_dice")
    assert table["val_dice"].tolist() == [0.5, 0.6, 0.55]
    assert holds == 2


def test_nothing_to_replay_is_refused():
    with pytest.raises(ArgumentError, match="one epoch or more"):
        training.replay([], [])
