"""What the fields of a recipe may hold, and the errors that say so."""

import dataclasses
import difflib
import math
import types
import typing
from pathlib import Path

from course_lib.data import Augmentation
from course_lib.errors import DataError, RecipeError

NETWORKS = ("vgg19_unet", "unet")
LOSSES = ("focal_tversky", "tversky", "dice", "binary_crossentropy")
MONITORS = ("val_dice", "val_loss")
SCHEDULES = ("plateau", "cosine")
KEPT = ("best", "last")
PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")

CHOICES = {
    "network": NETWORKS,
    "loss": LOSSES,
    "monitor": MONITORS,
    "keep": KEPT,
    "schedule": SCHEDULES,
    "precision": PRECISIONS,
}

# field: (lowest, highest, lowest allowed itself, highest allowed itself)
RANGES = {
    "width": (0, 1, False, True),
    "decoder_width": (0, 1, False, True),
    "fn_weight": (0, math.inf, True, False),
    "fp_weight": (0, math.inf, True, False),
    "smooth": (0, math.inf, True, False),
    "gamma": (0, math.inf, False, False),
    "learning_rate": (0, math.inf, False, False),
    "encoder_rate": (0, 1, False, True),
    "epsilon": (0, math.inf, False, False),
    "plateau_factor": (0, 1, False, False),
    "min_learning_rate": (0, math.inf, True, False),
    "empty_per_tumor": (0, math.inf, True, False),
    "validation": (0, 1, False, False),
    "test": (0, 1, False, False),
    "folds": (2, 1000, True, True),
    "fold": (0, 999, True, True),
    "batch": (1, 4096, True, True),
    "epochs": (1, 100_000, True, True),
    "warmup": (0, 100_000, True, True),
    "plateau_patience": (1, 100_000, True, True),
    "stopping_patience": (1, 100_000, True, True),
    "seed": (0, 2**31 - 1, True, True),
    "split_seed": (0, 2**31 - 1, True, True),
}


def typed(name, value, hint):
    """The value as the type that the field wants, or a RecipeError."""
    allowed = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if value is None and type(None) in allowed:
        return None
    if Augmentation in allowed:
        return _augmentation(value)
    if bool in allowed and isinstance(value, bool):
        return value
    if not isinstance(value, bool):
        if int in allowed and hasattr(value, "__index__"):
            return int(value)
        if float in allowed and isinstance(value, (int, float)) and math.isfinite(value):
            return float(value)
        if str in allowed and isinstance(value, (str, Path)):
            return str(value)
    words = {int: "a whole number", float: "a finite number", bool: "true or false", str: "text", type(None): "None"}
    wanted = " or ".join(words[kind] for kind in allowed)
    raise RecipeError(f"{name} is {value!r}, but must be {wanted}.")


def _augmentation(value) -> Augmentation:
    if isinstance(value, Augmentation):
        return value
    if value is None:
        return Augmentation.none()
    if not isinstance(value, dict):
        raise RecipeError(f"augmentation is {value!r}, but must be an Augmentation, or its fields as a dictionary.")
    check_names(value, [item.name for item in dataclasses.fields(Augmentation)], "field of augmentation")
    try:
        return Augmentation(**{key: tuple(v) if isinstance(v, list) else v for key, v in value.items()})
    except (TypeError, DataError) as error:
        raise RecipeError(f"augmentation: {error}") from error


def check_names(values, known, what):
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise RecipeError(f"{name}: there is no such {what}.{hint} Known: {', '.join(known)}.")


def check_choice(name, value, allowed):
    if value not in allowed:
        raise RecipeError(f"{name} is {value!r}, but must be one of: {', '.join(allowed)}.")


def check_range(name, value, bounds):
    low, high, with_low, with_high = bounds
    if value is None:
        return
    above = value >= low if with_low else value > low
    below = value <= high if with_high else value < high
    if not (above and below):
        words = [f"at least {low}" if with_low else f"above {low}"]
        if high != math.inf:
            words.append(f"at most {high}" if with_high else f"below {high}")
        raise RecipeError(f"{name} is {value}, but must be {' and '.join(words)}.")
