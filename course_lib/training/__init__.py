"""A recipe (dataclass), and what runs it, resumably.

>>> from course_lib.training import Recipe, train
>>> run = train(Recipe.fast(), find_data(), "runs/first")  # doctest: +SKIP
>>> run.history.tail()  # doctest: +SKIP
"""

from course_lib.training.arrays import fit_arrays, score
from course_lib.training.folder import Run, load_run
from course_lib.training.policy import choose_precision, precision
from course_lib.training.rates import Snapshot, rate_range_test
from course_lib.training.recipe import Recipe
from course_lib.training.recipe_fields import LOSSES, NETWORKS, PRECISIONS
from course_lib.training.replay import replay
from course_lib.training.run import train

__all__ = [
    "LOSSES",
    "NETWORKS",
    "PRECISIONS",
    "Recipe",
    "Run",
    "Snapshot",
    "choose_precision",
    "fit_arrays",
    "load_run",
    "precision",
    "rate_range_test",
    "replay",
    "score",
    "train",
]
