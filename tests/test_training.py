"""What a learner may count on when training: checks come first, nothing is lost, the same recipe gives the same run."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from course_lib import cli
from course_lib.data import Augmentation, index_scans, load_slices, split_by_patient
from course_lib.errors import DataError, RecipeError, StorageError, WeightsError
from course_lib.training import Recipe, fit_arrays, load_run, train
from course_lib.training.environment import data_fingerprint
from course_lib.training.loop import Slices, epoch_dataset, validate
from course_lib.training.policy import choose_precision, precision
from course_lib.training.state import load_meta, restore_state, save_state

TOY = Recipe(
    network="unet", width=0.05, weights=None, size=16, batch=4, epochs=4, learning_rate=0.01, plateau_patience=1,
    precision="float32", validation=0.2, test=0.2, augmentation=Augmentation().only("flip", "noise"),
)  # fmt: skip


@pytest.fixture(scope="session")
def scans_folder(tmp_path_factory):
    """Ten patients of six slices, a bright square on two of them."""
    root = tmp_path_factory.mktemp("scans") / "kaggle_3m"
    random = np.random.default_rng(0)
    for number in range(10):
        name = f"TCGA_{('CS', 'DU')[number % 2]}_{4000 + number}_20000101"
        (root / name).mkdir(parents=True)
        for n in range(1, 7):
            image = random.integers(0, 60, (256, 256, 3), dtype=np.uint8)
            mask = np.zeros((256, 256), np.uint8)
            if n in (3, 4):
                mask[80:180, 60 + 10 * number : 160] = 255
                image[mask > 0] += 150
            Image.fromarray(image).save(root / name / f"{name}_{n}.tif")
            Image.fromarray(mask).save(root / name / f"{name}_{n}_mask.tif")
    return root


@pytest.fixture(scope="session")
def straight(scans_folder, tmp_path_factory):
    """A toy run from beginning to end, and what its folder held at every moment at which a file was about to change."""
    out = tmp_path_factory.mktemp("straight") / "run"
    shots = tmp_path_factory.mktemp("shots")
    with _Moments(out, shots):
        run = train(TOY, scans_folder, out, progress=False)
    return run, sorted(shots.iterdir())


class _Moments:
    """Copies a folder whenever a file in it is about to be opened for writing, renamed or removed.

    A copy holds what a process killed at that moment would leave behind.
    """

    installed = None

    def __init__(self, folder, shots):
        self.folder, self.shots = folder, shots

    def __enter__(self):
        if _Moments.installed is None:
            sys.addaudithook(lambda event, args: _Moments.active and _Moments.active.see(event, args))
            _Moments.installed = True
        _Moments.active = self
        return self

    def __exit__(self, *_):
        _Moments.active = None

    def see(self, event, args):
        writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
        if (writes or event in ("os.rename", "os.remove")) and str(args[0]).startswith(str(self.folder)):
            _Moments.active = None  # copying opens files itself
            shutil.copytree(self.folder, self.shots / f"{len(list(self.shots.iterdir())):04d}")
            _Moments.active = self


_Moments.active = None


# --- the recipe ---


@pytest.mark.parametrize("preset", [Recipe, Recipe.fast, Recipe.full, Recipe.original])
def test_a_recipe_survives_json(preset, tmp_path):
    recipe = preset(seed=3)
    assert Recipe.from_json(recipe.to_json()) == recipe
    recipe.to_json(tmp_path / "recipe.json")
    assert Recipe.from_json(tmp_path / "recipe.json") == recipe


def test_the_defaults_keep_the_original_callbacks_and_loss():
    recipe = Recipe()
    assert (recipe.plateau_patience, recipe.plateau_factor, recipe.stopping_patience, recipe.epochs) == (
        10,
        0.2,
        30,
        60,
    )
    assert (recipe.loss, recipe.fn_weight, recipe.fp_weight, recipe.gamma, recipe.smooth) == (
        "focal_tversky", 0.7, 0.3, 0.75, 1.0,
    )  # fmt: skip


def test_the_original_recipe_is_the_published_one():
    recipe = Recipe.original()
    assert (recipe.size, recipe.batch, recipe.learning_rate, recipe.epsilon) == (256, 16, 0.05, 0.1)
    assert (recipe.empty_per_tumor, recipe.augmentation, recipe.monitor) == (0, Augmentation.none(), "val_loss")


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("size", 100, "multiple of 16"),
        ("size", "big", "whole number"),
        ("batch", 0, "at least 1"),
        ("batch", 2.5, "whole number"),
        ("batch", True, "whole number"),
        ("width", 0, "above 0"),
        ("width", 1.5, "at most 1"),
        ("loss", "jaccard", "focal_tversky, tversky"),
        ("gamma", 0, "above 0"),
        ("fn_weight", -1, "at least 0"),
        ("learning_rate", float("nan"), "finite"),
        ("plateau_factor", 1, "below 1"),
        ("monitor", "accuracy", "val_dice, val_loss"),
        ("keep", "all", "best, last"),
        ("precision", "float8", "mixed_bfloat16"),
        ("validation", 1.0, "below 1"),
        ("freeze_encoder", "yes", "true or false"),
        ("standardise", 1, "true or false"),
        ("decoder_width", 0, "above 0"),
        ("folds", 1, "at least 2"),
        ("fold", -1, "at least 0"),
        ("augmentation", {"rotation": 10}, "rotate"),
        ("augmentation", {"rotate": -1}, "rotate"),
    ],
)
def test_an_impossible_value_is_named_with_what_is_allowed(field, value, allowed):
    with pytest.raises(RecipeError, match=field) as caught:
        Recipe(**{field: value})
    assert allowed in str(caught.value)


@pytest.mark.parametrize(
    "together",
    [
        {"validation": 0.5, "test": 0.5},
        {"fn_weight": 0, "fp_weight": 0},
        {"width": 0.5, "weights": "imagenet"},
        {"network": "unet", "weights": "imagenet"},
        {"freeze_encoder": True, "weights": None},
        {"warmup": 5, "epochs": 5},
        {"fold": 5, "folds": 5},
        {"fold": 1},
        {"decoder_width": 0.1, "network": "unet", "weights": None},
        {"encoder_norm": True, "network": "unet", "weights": None},
        {"encoder_norm": True, "weights": "imagenet", "freeze_encoder": True},
        {"encoder_rate": 0.1, "network": "unet", "weights": None},
    ],
)
def test_values_that_exclude_each_other_are_refused(together):
    with pytest.raises(RecipeError, match=next(iter(together))):
        Recipe(**together)


def test_an_unknown_field_in_a_file_is_named_with_its_nearest_neighbour():
    with pytest.raises(RecipeError, match="Did you mean epochs"):
        Recipe.from_json('{"epoch": 3}')


@given(st.text(max_size=40))
def test_no_text_makes_reading_a_recipe_fail_in_another_way(text):
    try:
        Recipe.from_json(text)
    except RecipeError:
        pass
    else:
        assert isinstance(json.loads(text), dict)


# --- precision ---


@pytest.mark.parametrize("flags", [{"avx512_bf16"}, {"amx_bf16", "avx2"}])
def test_bfloat16_is_taken_where_the_processor_multiplies_it(flags, monkeypatch):
    monkeypatch.setattr("course_lib.training.policy.has_gpu", lambda: False)
    monkeypatch.setattr("course_lib.training.policy.processor_flags", lambda: frozenset(flags))
    assert choose_precision() == "mixed_bfloat16"


def test_float32_is_taken_where_neither_gpu_nor_processor_does_better(monkeypatch):
    monkeypatch.setattr("course_lib.training.policy.has_gpu", lambda: False)
    monkeypatch.setattr("course_lib.training.policy.processor_flags", lambda: frozenset({"avx2", "avx512f"}))
    assert choose_precision() == "float32"


def test_the_precision_policy_is_what_it_was_afterwards_even_after_an_error():
    import keras

    before = keras.config.dtype_policy().name
    inside = []

    def fail():
        with precision("mixed_bfloat16"):
            inside.append(keras.config.dtype_policy().name)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert inside == ["mixed_bfloat16"]
    assert keras.config.dtype_policy().name == before


# --- a run ---


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


@pytest.mark.slow
def test_from_every_moment_of_a_run_the_rest_follows_as_if_nothing_had_happened(straight, scans_folder, tmp_path):
    """The folder as it stood before each change of a file; of equal ones, one is resumed."""
    run, shots = straight
    different = {_content(shot): shot for shot in shots}
    assert len(different) >= 12  # papers, and state, best network and history of every epoch
    for number, shot in enumerate(list(different.values())[:: max(1, len(different) // 4)]):
        out = tmp_path / f"{number}"
        shutil.copytree(shot, out)
        (out / ".part-0-last_state.npz").write_bytes(b"half a file")
        resumed = train(TOY, scans_folder, out, resume=True, progress=False)
        pd.testing.assert_frame_equal(resumed.history, run.history, check_exact=True)
        assert _weights(resumed) == _weights(run)
        assert {path.name for path in out.iterdir()} == {path.name for path in run.folder.iterdir()}


def _content(folder):
    return tuple(sorted((path.name, path.stat().st_size) for path in folder.iterdir() if path.name[0] != "."))


def _weights(run):
    return [weight.tobytes() for weight in run.best_model().get_weights()]


KILLED = """
import os, random, signal, sys
from course_lib.training import Recipe, train
chance = random.Random(int(sys.argv[4]))
left = chance.randint(1, 60)
def watch(event, args):
    global left
    if event in ("open", "os.rename", "os.remove") and str(args[0]).startswith(sys.argv[3]):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
import keras
class Batch(keras.callbacks.LambdaCallback):
    pass
fit = keras.Model.fit
def watched(self, *args, callbacks=(), **kwargs):
    tick = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: watch("open", [sys.argv[3]]))
    return fit(self, *args, callbacks=[*callbacks, tick], **kwargs)
keras.Model.fit = watched
train(Recipe.from_json(sys.argv[1]), sys.argv[2], sys.argv[3], resume=True, progress=False)
"""


@pytest.mark.slow
def test_a_run_killed_again_and_again_has_the_history_of_one_left_alone(straight, scans_folder, tmp_path):
    recipe, out, killed = tmp_path / "wanted.json", tmp_path / "run", 0
    TOY.to_json(recipe)
    for attempt in range(12):
        words = [sys.executable, "-c", KILLED, str(recipe), str(scans_folder), str(out), str(attempt)]
        status = subprocess.run(words, capture_output=True, timeout=300).returncode
        if status == 0:
            break
        assert status == -signal.SIGKILL
        killed += 1
    assert killed >= 2
    pd.testing.assert_frame_equal(load_run(out).history, straight[0].history, check_exact=True)


def test_a_finished_run_is_returned_and_said_to_be_finished(straight, scans_folder, capsys):
    run = train(TOY, scans_folder, straight[0].folder, resume=True)
    assert "finished" in capsys.readouterr().out
    assert len(run.history) == 4


def test_training_into_a_folder_in_use_is_refused_with_the_way_out(straight, scans_folder):
    with pytest.raises(StorageError, match="--resume"):
        train(TOY, scans_folder, straight[0].folder)


def test_resuming_with_another_recipe_names_every_difference(straight, scans_folder):
    other = dataclasses.replace(TOY, seed=5, batch=2)
    with pytest.raises(RecipeError, match=r"batch is 2, was 4; seed is 5, was 0"):
        train(other, scans_folder, straight[0].folder, resume=True)


def test_a_folder_with_foreign_files_is_not_resumed_into(scans_folder, tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(StorageError, match=r"thesis\.docx"):
        train(TOY, scans_folder, tmp_path, resume=True)


def test_resuming_with_changed_scans_is_refused(straight, scans_folder, tmp_path):
    run, shots = straight
    begun = next(shot for shot in shots if (shot / "last_state.npz").exists())
    shutil.copytree(begun, tmp_path / "run")
    changed = shutil.copytree(scans_folder, tmp_path / "kaggle_3m")
    victim = changed / run.split.train[0]
    path = sorted(victim.glob("*_1.tif"))[0]
    Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    with pytest.raises(DataError, match="not the scans"):
        train(TOY, changed, tmp_path / "run", resume=True)


def test_one_pixel_changes_the_fingerprint():
    scans = pd.DataFrame({"patient": ["a"], "slice": [1]})
    images, masks = np.zeros((1, 4, 4, 3), np.uint8), np.zeros((1, 4, 4, 1), np.uint8)
    before = data_fingerprint(scans, images, masks)
    images[0, 2, 1, 0] = 1
    assert data_fingerprint(scans, images, masks) != before


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
def test_a_disk_that_fills_up_costs_only_the_epoch_under_way(scans_folder, tmp_path, straight):
    """A limit on file size stands in for a full disk: writing fails half-way through the file."""
    resource = pytest.importorskip("resource", reason="Windows has no limit on the size of a file")
    shots = straight[1]
    begun = [shot for shot in shots if (shot / "history.csv").exists() and len(load_run(shot).history) == 2][-1]
    out = shutil.copytree(begun, tmp_path / "run")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(StorageError, match="run"):
            train(TOY, scans_folder, out, resume=True, progress=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    kept = load_run(out)
    assert len(kept.history) == 2
    assert kept.best_model().output_shape == (None, 16, 16, 1)


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


@pytest.mark.slow
def test_mixed_precision_trains_leaves_no_trace_and_saves_a_float32_network(scans_folder, tmp_path):
    import keras

    recipe = dataclasses.replace(
        TOY, network="vgg19_unet", width=0.05, precision="mixed_bfloat16", epochs=1, schedule="cosine"
    )
    run = train(recipe, scans_folder, tmp_path / "run", progress=False)
    assert keras.config.dtype_policy().name == "float32"
    model = run.best_model()
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert model.optimizer is not None


@pytest.mark.slow
def test_a_run_is_resumed_in_the_precision_that_it_began_with(straight, scans_folder, tmp_path, monkeypatch):
    """As on a machine whose processor would now choose another."""
    run, shots = straight
    out = shutil.copytree(next(shot for shot in shots if (shot / "last_state.npz").exists()), tmp_path / "run")
    recipe = dataclasses.replace(TOY, precision="auto")
    recipe.to_json(out / "recipe.json")
    monkeypatch.setattr("course_lib.training.run.choose_precision", lambda wanted: "mixed_bfloat16")
    resumed = train(recipe, scans_folder, out, resume=True, progress=False)
    pd.testing.assert_frame_equal(resumed.history, run.history, check_exact=True)


def test_a_damaged_state_is_an_error_of_the_course(straight, scans_folder, tmp_path):
    _, shots = straight
    begun = next(shot for shot in shots if (shot / "last_state.npz").exists())
    out = shutil.copytree(begun, tmp_path / "run")
    state = out / "last_state.npz"
    state.write_bytes(state.read_bytes()[:300])
    with pytest.raises(StorageError, match=r"last_state\.npz"):
        train(TOY, scans_folder, out, resume=True, progress=False)


def test_reading_a_folder_that_is_no_run_says_so(tmp_path):
    with pytest.raises(StorageError, match="no run"):
        load_run(tmp_path)


def test_the_state_of_another_network_is_refused(tmp_path):
    from course_lib.training.networks import build_model

    save_state(tmp_path / "state.npz", build_model(TOY, "float32"), {"a": 1})
    assert load_meta(tmp_path / "state.npz")["a"] == 1
    with pytest.raises(StorageError, match="another"):
        restore_state(tmp_path / "state.npz", build_model(dataclasses.replace(TOY, width=0.1), "float32"))


# --- epochs and arrays ---


def _toy_arrays(count=12, size=16, seed=0):
    random = np.random.default_rng(seed)
    masks = np.zeros((count, size, size, 1), np.uint8)
    masks[: count // 3, 4:11, 4:11] = 1
    images = (random.integers(0, 60, (count, size, size, 3)) + 150 * masks).astype(np.uint8)
    return images, masks


def test_every_tumour_slice_is_in_every_epoch_and_empty_ones_take_turns():
    images, masks = _toy_arrays(count=12)
    images[:, 0, 0, 0] = np.arange(12)  # a name for each slice
    slices = Slices(images, masks, np.zeros(12))
    seen = []
    for epoch in range(8):
        dataset = epoch_dataset(slices, 4, None, 1.0, seed=0, epoch=epoch)
        seen.append({int(value) for batch, _ in dataset for value in batch[:, 0, 0, 0]})
    assert all({0, 1, 2, 3} <= names and len(names) == 8 for names in seen)
    assert set.union(*seen) == set(range(12))


def test_no_tumour_at_all_is_an_error_that_names_the_field():
    images, masks = _toy_arrays()
    with pytest.raises(RecipeError, match="empty_per_tumor"):
        epoch_dataset(Slices(images, masks * 0, np.zeros(len(images))), 4, None, 1.0, 0, 0)


def test_fitting_arrays_returns_one_row_an_epoch_and_learns(capsys):
    from course_lib.models import unet

    images, masks = _toy_arrays()
    patients = np.repeat(["a", "b"], 6)
    history = fit_arrays(
        unet((16, 16, 3), (4, 8)), images, masks, epochs=6, batch=4, learning_rate=0.02,
        validation=(images, masks, patients), progress=False,
    )  # fmt: skip
    assert history["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert {"loss", "val_loss", "val_dice", "learning_rate"} <= set(history.columns)
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]


def test_masks_that_do_not_match_the_images_are_refused():
    from course_lib.models import unet

    images, masks = _toy_arrays()
    with pytest.raises(DataError, match="12 images, 11 masks"):
        fit_arrays(unet((16, 16, 3), (4, 8)), images, masks[1:], progress=False)


def test_a_patient_without_tumour_and_without_alarm_counts_as_agreement():
    class Nothing:
        def predict_on_batch(self, images):
            return np.zeros((*images.shape[:3], 1), np.float32)

    images, masks = _toy_arrays()
    both = validate(Nothing(), Slices(images, masks, np.repeat(["tumour", "healthy"], [4, 8])), 4)
    assert both["val_dice"] == pytest.approx((0 + 1) / 2)


# --- what makes it faster ---


def test_one_pass_batch_norm_gives_the_outputs_gradients_and_statistics_of_keras():
    import keras
    import tensorflow as tf

    from course_lib.training.fast import FusedBatchNormalization

    random = np.random.default_rng(0)
    images, upstream = (tf.constant(random.normal(2, 3, (4, 6, 5, 8)), tf.float32) for _ in range(2))
    found = []
    for kind in (keras.layers.BatchNormalization, FusedBatchNormalization):
        layer = kind()
        layer.build(images.shape)
        layer.set_weights([np.arange(1.0, 9) / 4, np.arange(8.0), np.zeros(8), np.ones(8)])
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = layer(images, training=True)
            total = tf.reduce_sum(outputs * upstream)
        gradients = tape.gradient(total, [images, *(weight.value for weight in layer.trainable_variables)])
        found.append([outputs, *gradients, *layer.get_weights(), layer(images, training=False)])
    for theirs, ours in zip(*found, strict=True):
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-4, atol=1e-4)


def test_the_faster_network_has_the_same_layers_weights_and_answers():
    from course_lib.models import vgg19_unet
    from course_lib.training.fast import FusedBatchNormalization, accelerate

    model = vgg19_unet((16, 16, 3), weights=None, width=0.05)
    model.get_layer("block1_conv1").trainable = False
    faster = accelerate(model)
    assert sum(type(layer) is FusedBatchNormalization for layer in faster.layers) == 8
    assert [layer.name for layer in faster.layers] == [layer.name for layer in model.layers]
    assert [layer.trainable for layer in faster.layers] == [layer.trainable for layer in model.layers]
    for ours, theirs in zip(faster.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype("float32")
    np.testing.assert_allclose(faster(images), model(images), atol=1e-5)


def test_one_pass_adam_makes_the_steps_of_keras_adam():
    import keras

    from course_lib.training.fast import FusedAdam

    random = np.random.default_rng(0)
    start, gradients = random.normal(size=(5, 7)), random.normal(size=(6, 5, 7))
    ends = []
    for adam in (keras.optimizers.Adam, FusedAdam):
        optimizer, variable = adam(0.01, epsilon=1e-3), keras.Variable(start.astype("float32"))
        for number, gradient in enumerate(gradients):
            optimizer.learning_rate = 0.01 if number < 3 else 0.002
            optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [variable])
        ends.append([variable.numpy(), *(np.asarray(v) for v in optimizer.variables)])
    for theirs, ours in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-7)


# --- the command ---


@pytest.mark.slow
def test_the_command_trains_resumes_and_says_what_comes_next(scans_folder, tmp_path, capsys):
    out = tmp_path / "run"
    words = ["train", "--data", str(scans_folder), "--out", str(out), "--network", "unet", "--width", "0.05"]
    words += ["--size", "16", "--epochs", "2", "--precision", "float32", "--validation", "0.2", "--test", "0.2"]
    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    assert "Epoch 2/2" in shown
    assert f"course evaluate --data {scans_folder} --model {out}" in shown
    assert cli.main(["train", "--resume", "--data", str(scans_folder), "--out", str(out)]) == 0
    assert "finished" in capsys.readouterr().out
    assert cli.main(["train", "--resume", "--data", str(scans_folder), "--out", str(out), "--seed", "9"]) == 1
    assert "seed is 9, was 0" in capsys.readouterr().err


def test_interrupting_the_command_says_how_to_go_on(monkeypatch, tmp_path, capsys):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("course_lib.training.train", interrupt)
    assert cli.main(["train", "--data", str(tmp_path), "--out", str(tmp_path / "run")]) == 130
    assert f"course train --resume --data {tmp_path} --out {tmp_path / 'run'}" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--size", "50"], ["--empty-per-tumor", "some"], ["--loss", "hinge"]])
def test_a_wrong_option_ends_with_status_1_and_names_itself(words, tmp_path, capsys):
    assert cli.main(["train", "--data", str(tmp_path), "--out", str(tmp_path / "run"), *words]) == 1
    assert words[0].strip("-").replace("-", "_") in capsys.readouterr().err


def test_the_recipe_can_be_had_without_tensorflow():
    words = "import sys; from course_lib.training import Recipe; Recipe.fast(); sys.exit('tensorflow' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", words], env=environment).returncode == 0
