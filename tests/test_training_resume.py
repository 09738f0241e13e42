"""A run that is stopped loses nothing: it goes on as if it had not been, and a folder that does not fit is refused."""

import dataclasses
import shutil
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from toy_runs import TOY

from course_lib.errors import DataError, RecipeError, StorageError
from course_lib.training import load_run, train
from course_lib.training.environment import data_fingerprint
from course_lib.training.state import load_meta, restore_state, save_state

pytest_plugins = ["toy_runs"]


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


def test_the_state_of_another_network_is_refused(tmp_path):
    from course_lib.training.networks import build_model

    save_state(tmp_path / "state.npz", build_model(TOY, "float32"), {"a": 1})
    assert load_meta(tmp_path / "state.npz")["a"] == 1
    with pytest.raises(StorageError, match="another"):
        restore_state(tmp_path / "state.npz", build_model(dataclasses.replace(TOY, width=0.1), "float32"))
