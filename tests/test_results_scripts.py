"""Cross-validating and shipping with a network that learns in seconds: several runs a fold, one file from several."""

import dataclasses
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy_runs import TOY

from course_lib import data, evaluation, models
from course_lib.training import load_run, train

pytest_plugins = ["toy_runs"]
pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
QUICK = dataclasses.replace(TOY, epochs=2, network="vgg19_unet", width=0.05)


def script(path):
    """A script of the repository as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def validated(scans_folder, tmp_path_factory):
    """A cross-validation of two folds with two networks each: (folder of its runs, folder of its tables)."""
    folder = tmp_path_factory.mktemp("validated")
    module = script(ROOT / "results" / "cross_validate.py")
    module.RESULTS, runs = folder, folder / "runs"
    QUICK.to_json(folder / "recipe.json")
    words = [folder / "recipe.json", "--data", scans_folder, "--runs", runs, "--name", "toy"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["cross_validate.py", *map(str, words), "--folds", "2", "--networks", "2"])
        module.main()
    return runs, folder / "toy"


def test_a_fold_has_two_networks_of_other_seeds_on_the_same_patients(validated):
    runs, tables = validated
    for fold in (0, 1):
        first, second = (load_run(runs / name) for name in (f"fold{fold}", f"fold{fold}_seed1"))
        assert first.split == second.split
        assert (first.recipe.seed, second.recipe.seed) == (0, 1)
        assert first.history["loss"][0] != second.history["loss"][0]
    history = pd.read_csv(tables / "history.csv")
    assert history.groupby(["fold", "seed"]).size().tolist() == [2, 2, 2, 2]


def test_every_patient_is_scored_by_the_mean_of_its_folds_networks(validated, scans_folder):
    runs, tables = validated
    plain = pd.read_csv(tables / "scores.csv").query("way == 'plain'").set_index("patient")
    scans = data.index_scans(scans_folder)
    assert sorted(plain.index) == sorted(scans.patient.unique())
    for fold in (0, 1):
        networks = [load_run(runs / name).best_model() for name in (f"fold{fold}", f"fold{fold}_seed1")]
        for patient in load_run(runs / f"fold{fold}").split.test:
            rows = scans[scans.patient == patient].sort_values("slice")
            small, _ = data.load_slices(rows, QUICK.size, progress=False)
            _, masks = data.load_slices(rows, 256, progress=False)
            mean = np.mean([np.asarray(each.predict_on_batch(small.astype("float32"))) for each in networks], axis=0)
            guess = evaluation.resize_probabilities(mean, 256) >= 0.5
            wanted = 2 * (guess & (masks > 0)).sum() / (guess.sum() + (masks > 0).sum())
            assert plain.dice[patient] == pytest.approx(wanted, abs=1e-3)


def test_one_file_is_made_of_two_runs_and_its_papers_are_of_both(validated, tmp_path):
    runs, _ = validated
    script(ROOT / "tools" / "ship_model.py").pack([runs / "fold0", runs / "fold0_seed1"], tmp_path, bits=16)
    shipped = models.load_compact(tmp_path / models.SHIPPED_FILE.name)
    image = np.random.default_rng(0).integers(0, 256, (1, QUICK.size, QUICK.size, 3)).astype("float32")
    wanted = [load_run(runs / name).best_model().predict_on_batch(image) for name in ("fold0", "fold0_seed1")]
    np.testing.assert_allclose(np.asarray(shipped.predict_on_batch(image)), np.mean(wanted, axis=0), atol=2e-3)
    assert np.abs(np.asarray(wanted[0]) - np.asarray(wanted[1])).max() > 4e-3
    assert sorted(pd.read_csv(tmp_path / "history.csv").seed.unique()) == [0, 1]
    assert json.loads((tmp_path / "split.json").read_text()) == json.loads((runs / "fold0" / "split.json").read_text())


def test_runs_of_other_patients_or_another_recipe_are_not_shipped_together(validated, scans_folder, tmp_path):
    runs, _ = validated
    pack = script(ROOT / "tools" / "ship_model.py").pack
    with pytest.raises(SystemExit, match="another recipe or other patients"):
        pack([runs / "fold0", runs / "fold1"], tmp_path, bits=16)
    wider = dataclasses.replace(load_run(runs / "fold0").recipe, width=0.1, seed=1, split_seed=0, epochs=1)
    train(wider, scans_folder, tmp_path / "wider", progress=False)
    with pytest.raises(SystemExit, match="another recipe or other patients"):
        pack([runs / "fold0", tmp_path / "wider"], tmp_path, bits=16)
    assert not (tmp_path / models.SHIPPED_FILE.name).exists()
