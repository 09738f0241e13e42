"""A run's folder: reading it back, keeping it in step with its state file, and refusing what must not be written."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from course_lib.data import Split
from course_lib.errors import RecipeError, StorageError
from course_lib.storage import write_atomically
from course_lib.training.recipe import Recipe
from course_lib.training.state import STATE_FILE, load_meta

COLUMNS = ("epoch", "loss", "val_loss", "val_dice", "learning_rate")


@dataclass(frozen=True)
class Run:
    """A training run's folder.

    Attributes:
        folder: where it lies.
        recipe: what it was made by.
        history: DataFrame, a row an epoch: epoch, loss, val_loss, val_dice (mean over patients), learning_rate.
        split: names of the patients for train, validation and test.
        finished: whether training came to its end.
        seconds: what each finished epoch took.
    """

    folder: Path
    recipe: Recipe
    history: pd.DataFrame
    split: Split
    finished: bool
    seconds: list = field(default_factory=list)

    @property
    def model_path(self) -> Path:
        """File of the network that is kept: of the epoch with the best validation Dice (or loss), or of the last."""
        pending = self.folder / pending_name(best_epoch(self.history, self.recipe))
        return pending if pending.exists() else self.folder / "best.keras"

    def best_model(self):
        """The network that is kept: of the best epoch, or of the last, as the recipe says.

        Raises:
            WeightsError: no epoch has finished yet, or the file is damaged.
        """
        import warnings

        from course_lib.models import load_model

        with warnings.catch_warnings():
            # The file holds no moments of the optimiser, which would treble its size, and Keras says so.
            warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
            return load_model(self.model_path)


def load_run(folder) -> Run:
    """Read a run's folder.

    Raises:
        StorageError: it is not the folder of a run, or its state is damaged.
    """
    folder = Path(folder)
    if not (folder / "recipe.json").is_file():
        raise StorageError(f"{folder}: holds no run (no recipe.json). Train one: course train --out {folder}")
    state, split = folder / STATE_FILE, folder / "split.json"
    meta = load_meta(state) if state.exists() else {"history": [], "finished": False, "seconds": []}
    try:
        names = (
            json.loads(split.read_text(encoding="utf-8")) if split.exists() else {part: [] for part in Split._fields}
        )
        parts = Split(**names)
    except (OSError, ValueError, TypeError) as error:
        raise StorageError(f"{split}: cannot be read ({error}). Train into another folder.") from error
    history = pd.DataFrame(meta["history"], columns=list(COLUMNS))
    return Run(folder, Recipe.from_json(folder / "recipe.json"), history, parts, meta["finished"], meta["seconds"])


def pending_name(epoch) -> str:
    return f"best-epoch-{epoch if isinstance(epoch, str) else format(epoch, '04d')}.keras"


def best_epoch(history: pd.DataFrame, recipe: Recipe) -> int:
    """The epoch (from 1) whose network is kept: the first that no later one improved on, or the last; 0 if none."""
    if history.empty:
        return 0
    if recipe.keep == "last":
        return int(history["epoch"].iloc[-1])
    values = history[recipe.monitor] * (1 if recipe.monitor == "val_dice" else -1)
    return 0 if values.isna().all() else int(history["epoch"].iloc[int(np.argmax(values.fillna(-np.inf)))])


def settle(out: Path):
    """Bring the folder to the state file's epoch: take over that epoch's best network, drop what was half-written."""
    for leftover in out.glob(".part-*"):
        leftover.unlink(missing_ok=True)
    state = out / STATE_FILE
    if not state.exists():
        for pending in out.glob(pending_name("*")):
            pending.unlink()
        return
    run = load_run(out)
    best = out / pending_name(best_epoch(run.history, run.recipe))
    if best.exists():
        best.replace(out / "best.keras")
    for pending in out.glob(pending_name("*")):
        pending.unlink()
    with write_atomically(out / "history.csv") as file:
        run.history.to_csv(file, index=False)


def check_folder(recipe: Recipe, out: Path, resume: bool):
    """Raise unless `recipe` may be trained into `out`."""
    if out.exists() and not out.is_dir():
        raise StorageError(f"{out}: is a file. Choose another folder.")
    if not resume:
        if out.is_dir() and any(out.iterdir()):
            raise StorageError(f"{out}: is there already. Go on with it (--resume), or choose another folder.")
        return
    if not (out / "recipe.json").exists():
        strange = [path.name for path in out.iterdir() if not path.name.startswith(".part-")] if out.is_dir() else []
        if strange:
            raise StorageError(f"{out}: holds no run to resume, but other files ({strange[0]}). Choose another folder.")
        return
    differing = recipe.differences(Recipe.from_json(out / "recipe.json"))
    if differing:
        words = "; ".join(f"{name} is {new!r}, was {old!r}" for name, (new, old) in differing.items())
        raise RecipeError(f"{out}: was begun with another recipe: {words}. Use that one, or another folder.")


def finished_run(out: Path) -> Run | None:
    if not (out / "recipe.json").exists():
        return None
    run = load_run(out)
    if not run.finished:
        return None
    settle(out)
    return run


def check_space(model, out: Path):
    """Raise unless the disk has room for two states and two networks, which is what a commit needs for a moment."""
    import shutil

    weights = sum(int(np.prod(variable.shape)) for variable in model.variables) * 4
    moments = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables) * 8
    needed = 2 * (weights + moments) + 2 * weights + 2**20
    free = shutil.disk_usage(out).free
    if free < needed:
        raise StorageError(
            f"{out}: this network's run needs {needed / 2**20:,.0f} MB, but the disk has {free / 2**20:,.0f} MB left. "
            "Free some space, choose another folder, or a smaller width."
        )
