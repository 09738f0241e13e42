"""``course train``: the recipe that its words ask for."""

import pytest

from course_lib.cli import build_parser
from course_lib.commands.train import choose_recipe
from course_lib.training import Recipe


def recipe_of(*words):
    return choose_recipe(build_parser().parse_args(["train", *map(str, words)]))


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
