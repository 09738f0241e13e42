"""``course train``: the recipe that its words ask for, and what it says on the way."""

import pytest

from course_lib import cli
from course_lib.commands.train import choose_recipe
from course_lib.training import Recipe

pytest_plugins = ["toy_runs"]


def recipe_of(*words):
    return choose_recipe(cli.build_parser().parse_args(["train", *map(str, words)]))


@pytest.mark.parametrize("preset", ["fast", "full", "original"])
def test_a_preset_without_changes_is_the_librarys_own(preset, tmp_path):
    assert recipe_of("--preset", preset, "--out", tmp_path) == getattr(Recipe, preset)()


def test_the_full_preset_begins_from_imagenet_weights_unless_told_otherwise(tmp_path):
    assert recipe_of("--preset", "full", "--out", tmp_path).weights == "imagenet"
    assert recipe_of("--preset", "full", "--weights", "none", "--out", tmp_path).weights is None
    assert recipe_of("--preset", "full", "--weights", "my.weights.h5", "--out", tmp_path).weights == "my.weights.h5"


@pytest.mark.parametrize("weights", [None, "imagenet", "my.weights.h5"])
def test_a_recipe_from_a_file_or_a_stopped_run_keeps_its_weights(weights, tmp_path):
    stored = Recipe(size=32, weights=weights, seed=7)
    stored.to_json(tmp_path / "recipe.json")
    assert recipe_of("--recipe", tmp_path / "recipe.json", "--out", tmp_path / "new") == stored
    assert recipe_of("--resume", "--out", tmp_path) == stored
    assert recipe_of("--recipe", tmp_path / "recipe.json", "--epochs", 3, "--out", tmp_path / "new").epochs == 3


def test_all_empty_slices_are_asked_for_by_a_word_and_a_share_by_a_number(tmp_path):
    assert recipe_of("--empty-per-tumor", "all", "--out", tmp_path).empty_per_tumor is None
    assert recipe_of("--empty-per-tumor", "0.5", "--out", tmp_path).empty_per_tumor == 0.5


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
