"""A recipe says what is trained: it survives being written, and what is impossible is refused by name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.data import Augmentation
from course_lib.errors import RecipeError
from course_lib.training import Recipe


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
        {"standardise_first": True},
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


def test_the_recipe_can_be_had_without_tensorflow():
    words = "import sys; from course_lib.training import Recipe; Recipe.fast(); sys.exit('tensorflow' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", words], env=environment).returncode == 0
