"""What a learner may count on when training: checks come first, and what is needed to repeat a run is kept."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from toy_runs import TOY

from course_lib.data import index_scans, load_slices, split_by_patient
from course_lib.errors import DataError, RecipeError, StorageError, WeightsError
from course_lib.training import Recipe, load_run, train

pytest_plugins = ["toy_runs"]


def test_a_run_leaves_what_is_needed_to_repeat_it(straight, scans_folder):
    run, _ = straight
    names = {path.name for path in run.folder.iterdir()}
    assert names == {
        "recipe.json", "split.json", "environment.json", "history.csv", "best.keras", "last_state.npz",
    }  # fmt: skip
    assert Recipe.from_json(run.folder / "recipe.json") == TOY
    environment = json.loads((run.folder / "environment.json").read_text())
    assert {"tensorflow", "keras", "python", "commit", "precision", "data_fingerprint"} <= environment.keys()
    assert environment["precision"] == "float32"


def test_no_patient_is_in_two_parts_and_none_is_lost(straight, scans_folder):
    parts = [set(names) for names in straight[0].split]
    assert set.union(*parts) == set(index_scans(scans_folder)["patient"])
    assert sum(map(len, parts)) == len(set.union(*parts))


@pytest.mark.slow
def test_another_seed_on_the_split_of_the_first_gives_another_network_on_the_same_patients(
    straight, scans_folder, tmp_path
):
    run, _ = straight
    again = train(
        dataclasses.replace(TOY, seed=1, split_seed=TOY.seed, epochs=1), scans_folder, tmp_path / "run", progress=False
    )
    other = train(dataclasses.replace(TOY, seed=1, epochs=1), scans_folder, tmp_path / "other", progress=False)
    assert again.split == run.split
    assert other.split != run.split
    assert again.history["loss"][0] != run.history["loss"][0]


def test_validation_dice_is_the_mean_over_patients_of_the_volume_dice(straight, scans_folder):
    """Against the definition, written out for the saved network of the best epoch."""
    run, _ = straight
    held_out = split_by_patient(index_scans(scans_folder), TOY.validation, TOY.test, TOY.seed).validation
    images, masks = load_slices(held_out, TOY.size)
    guess = run.best_model().predict(images.astype("float32"), verbose=0) >= 0.5
    dice = []
    for name in held_out["patient"].unique():
        mine = (held_out["patient"] == name).to_numpy()
        truth, found = masks[mine] > 0, guess[mine]
        dice.append(2 * (truth & found).sum() / (truth.sum() + found.sum()))
    assert run.history["val_dice"].max() == pytest.approx(np.mean(dice), abs=1e-6)


def test_the_loss_falls(straight):
    assert straight[0].history["loss"].is_monotonic_decreasing


def test_history_file_and_run_tell_the_same(straight):
    run, _ = straight
    pd.testing.assert_frame_equal(pd.read_csv(run.folder / "history.csv"), run.history, check_dtype=False)
    assert run.finished
    assert run.history["epoch"].tolist() == [1, 2, 3, 4]


def test_damaged_scans_stop_a_run_before_it_writes_anything(scans_folder, tmp_path):
    damaged = shutil.copytree(scans_folder, tmp_path / "kaggle_3m")
    path = sorted(damaged.glob("*/*_3.tif"))[-1]
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match=path.name):
        train(TOY, damaged, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_missing_weights_are_reported_before_any_epoch(scans_folder, tmp_path):
    recipe = Recipe(size=16, weights=str(tmp_path / "nowhere.weights.h5"), validation=0.2, test=0.2)
    with pytest.raises(WeightsError, match="nowhere"):
        train(recipe, scans_folder, tmp_path / "run", progress=False)


@pytest.mark.slow
def test_a_learning_rate_that_blows_up_is_named_and_the_folder_stays_resumable(scans_folder, tmp_path):
    recipe = dataclasses.replace(TOY, learning_rate=1e30, loss="binary_crossentropy")
    with pytest.raises(RecipeError, match="learning_rate"):
        train(recipe, scans_folder, tmp_path / "run", progress=False)
    assert load_run(tmp_path / "run").history.empty


def test_too_little_disk_is_noticed_before_training(scans_folder, tmp_path, monkeypatch):
    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(StorageError, match="MB"):
        train(TOY, scans_folder, tmp_path / "run", progress=False)


@pytest.mark.slow
def test_a_run_that_no_longer_improves_slows_down_and_then_stops(scans_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.training.run.validate", lambda *_: {"val_loss": 0.5, "val_dice": 0.5})
    recipe = dataclasses.replace(TOY, plateau_patience=1, stopping_patience=2, epochs=30)
    run = train(recipe, scans_folder, tmp_path / "run", progress=False)
    assert run.finished
    rates = run.history["learning_rate"]
    assert len(rates) == 3  # the best, and two that wait
    assert rates.iloc[2] == pytest.approx(rates.iloc[1] * recipe.plateau_factor)


@pytest.mark.slow
@pytest.mark.parametrize(("keep", "epoch"), [("best", 1), ("last", 3)])
def test_the_network_that_is_kept_is_that_of_the_best_or_of_the_last_epoch(
    keep, epoch, scans_folder, tmp_path, monkeypatch
):
    scores = iter((0.9, 0.5, 0.5))
    monkeypatch.setattr("course_lib.training.run.validate", lambda *_: {"val_loss": 0.5, "val_dice": next(scores)})
    trained = []
    remember = keras_callback(on_epoch_end=lambda *_: trained.append(remember.model.get_weights()))
    recipe = dataclasses.replace(TOY, keep=keep, epochs=3)
    run = train(recipe, scans_folder, tmp_path / "run", progress=False, callbacks=[remember])
    assert run.recipe.keep == keep
    for kept, then in zip(run.best_model().get_weights(), trained[epoch - 1], strict=True):
        np.testing.assert_array_equal(kept, then)
    assert any((one != other).any() for one, other in zip(trained[0], trained[2], strict=True))


def keras_callback(**functions):
    import keras

    return keras.callbacks.LambdaCallback(**functions)


def test_reading_a_folder_that_is_no_run_says_so(tmp_path):
    with pytest.raises(StorageError, match="no run"):
        load_run(tmp_path)
