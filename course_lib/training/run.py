"""Train by a recipe into a folder, resumably."""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd

import course_lib
from course_lib.data import Split, index_scans, load_slices, split_by_fold, split_by_patient
from course_lib.errors import CourseError, DataError, StorageError
from course_lib.storage import make_folder, write_atomically
from course_lib.training.distribute import Devices, Team
from course_lib.training.environment import data_fingerprint, describe_environment
from course_lib.training.folder import (
    COLUMNS,
    Run,
    check_folder,
    check_space,
    finished_run,
    load_run,
    pending_name,
    settle,
)
from course_lib.training.loop import Slices, epoch_dataset, run_epochs, validate
from course_lib.training.policy import choose_precision
from course_lib.training.recipe import Recipe
from course_lib.training.state import STATE_FILE, callback_memory, load_meta, remind, restore_state, save_state


def train(
    recipe: Recipe, data_root, out, resume: bool = False, progress: bool = True, callbacks=(), *, devices=None
) -> Run:
    """Train a network by `recipe` on the scans under `data_root`, into the folder `out`.

    Every check of recipe, folder and data comes before the first training step. After every epoch the whole state is
    on disk, so that a run killed at any moment goes on with `resume=True` as if nothing had happened.

    The folder gets recipe.json, split.json (patients of each part), environment.json (versions, processor, precision,
    fingerprint of the data), history.csv, best.keras (float32, so that it loads on any machine) and last_state.npz.

    Args:
        recipe: what to do.
        data_root: folder of patient folders, as `find_data` returns it.
        out: folder to write, new or empty unless `resume`.
        resume: go on with the run in `out`, or start it if there is none yet.
        progress: show a progress bar, or a line an epoch where nobody watches.
        callbacks: further Keras callbacks, called before the recipe's own; what they remember is not saved.
        devices: `distribute.Devices` to train on; one if None. Of several machines, each calls this with the same
            arguments but for that; the first one writes `out`, the others nothing.

    Returns:
        The finished run.

    Raises:
        RecipeError: the recipe does not match the run to resume, or its learning rate blows the loss up.
        DataError: the scans are faulty, or are not those that the run began with.
        WeightsError: the encoder's weights cannot be had.
        StorageError: `out` is in use already or cannot be written; the last finished epoch stays.
        CourseError: another machine does not come, or is lost.
    """
    out, devices = Path(out), devices or Devices()
    if devices.is_chief:
        check_folder(recipe, out, resume)
        if resume and (run := finished_run(out)):
            if progress:
                print(f"{out}: this run is finished ({len(run.history)} epochs); nothing to resume.")
            return run
    parts = _divide(index_scans(data_root), recipe)
    training, validation, digest = _load(parts, recipe.size)
    team = devices.open()
    team.check_batch(recipe.batch)
    team.agree({"recipe": recipe.to_json(), "scans": digest, "version": course_lib.__version__})
    policy = ""
    if team.is_chief:
        settle(out)
        policy = _write_papers(recipe, parts, data_root, digest, out, team.replicas)["precision"]
    if recipe.standardise_first:  # TensorFlow runs from here on, which it must not before the team is there
        training, validation = _standardised(training), _standardised(validation)
    job = _Job(recipe, out, team.tell_text(policy), callbacks, team)
    job.train(training, validation, progress and team.is_chief)
    return load_run(out) if team.is_chief else job.report(parts)


FITTED_ON = 64  # slices whose maps the norms of a pretrained encoder are fitted to


class _Job:
    """One process' work on a run: network, callbacks and what has been reached."""

    def __init__(self, recipe: Recipe, out: Path, policy: str, callbacks=(), team: Team | None = None):
        import keras

        from course_lib.training.networks import (
            build_callbacks,
            build_model,
            build_twin,
            fed_standardised,
            without_pretraining,
        )

        self.recipe, self.out, self.team = recipe, out, team or Team()
        keras.utils.set_random_seed(recipe.seed)
        fed = fed_standardised(recipe)
        self.model = self.scored = build_model(fed, policy, team=self.team)
        if self.team.replicas > 1:  # validation takes one device, and none of the others' time
            self.scored = build_model(without_pretraining(fed), policy)
        self.twin = build_twin(recipe)
        kept, checkpoint = build_callbacks(recipe, str(out / pending_name("{epoch:04d}")))
        copy = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: self.twin.set_weights(self.model.get_weights())
        )
        if not self.team.is_chief:
            kept.remove(checkpoint)
        self.callbacks = [*callbacks, copy, *kept]
        self.list = keras.callbacks.CallbackList(self.callbacks, model=self.model)
        checkpoint.set_model(self.twin)
        self.rows, self.seconds = [], []

    def train(self, training: Slices, validation: Slices, progress: bool):
        """Run the epochs that are missing."""
        recipe, state = self.recipe, self.out / STATE_FILE
        self.list.on_train_begin()
        if recipe.weights is not None and recipe.encoder_norm and not state.exists():
            self._fit_norms(training)
        self._restore(state)
        self.started = time.perf_counter()

        def batches(epoch):
            return epoch_dataset(
                training, recipe.batch, recipe.augmentation, recipe.empty_per_tumor, recipe.seed, epoch
            )

        def score():
            return self._score(validation)

        fit = self.team.fit
        try:
            run_epochs(self.model, batches, score, self.list, recipe.epochs, self.rows, progress, self.commit, fit)
        except OSError as error:
            settle(self.out)
            raise StorageError(
                f"{self.out}: cannot be written ({error}). The last finished epoch is kept. "
                "Free some space, then go on with --resume."
            ) from error
        except CourseError:
            if self.team.is_chief:
                settle(self.out)
            raise
        self.list.on_train_end()

    def _fit_norms(self, training: Slices):
        """Have the norms in a pretrained encoder begin as what changes nothing, on slices with tumour."""
        from course_lib.models import fit_norms

        rows = np.flatnonzero(training.masks.any(axis=(1, 2, 3)))
        rows = np.random.default_rng(self.recipe.seed).permutation(rows if len(rows) else len(training.masks))
        fit_norms(self.model, training.images[rows[:FITTED_ON]])

    def _restore(self, state: Path):
        """Go back to the state file, if there is one, and give all workers what the first one then has."""
        meta = {}
        if self.team.is_chief and state.exists():
            meta = load_meta(state)
            restore_state(state, self.model)
        elif self.team.is_chief:
            check_space(self.model, self.out)
        meta = json.loads(self.team.tell_text(json.dumps(meta)))
        self.team.tell_variables([*self.model.variables, *self.model.optimizer.variables])
        if meta:
            remind(self.callbacks, meta["callbacks"])
            self.rows, self.seconds = meta["history"], meta["seconds"]

    def _score(self, validation: Slices) -> dict:
        """What the first worker finds on the validation patients, on every worker."""
        values = {"val_loss": np.nan, "val_dice": np.nan}
        if self.team.is_chief:
            if self.scored is not self.model:
                self.scored.set_weights(self.model.get_weights())
            values = validate(self.scored, validation, self.recipe.batch, self.scored.loss)
        return dict(zip(values, self.team.tell(np.asarray(list(values.values()))).tolist(), strict=True))

    def report(self, parts: Split) -> Run:
        """The finished run as a worker knows it that has written nothing."""
        names = (sorted(scans["patient"].unique().tolist()) for scans in parts)
        history = pd.DataFrame(self.rows, columns=list(COLUMNS))
        return Run(self.out, self.recipe, history, Split(*names), True, self.seconds)

    def commit(self, finished: bool):
        """Make the epoch just ended the one to resume from. The state file's rename is the moment it counts."""
        now = time.perf_counter()
        self.seconds.append(round(now - self.started, 2))
        self.started = now
        if not self.team.is_chief:
            return
        memory = callback_memory(self.callbacks)
        meta = {"history": self.rows, "finished": finished, "callbacks": memory, "seconds": self.seconds}
        save_state(self.out / STATE_FILE, self.model, meta)
        settle(self.out)


def _divide(scans: pd.DataFrame, recipe: Recipe) -> Split:
    if recipe.folds is None:
        return split_by_patient(scans, recipe.validation, recipe.test, recipe.seed_of_split)
    return split_by_fold(scans, recipe.folds, recipe.fold, recipe.validation, recipe.seed_of_split)


def _load(parts: Split, size: int) -> tuple[Slices, Slices, str]:
    """Training and validation slices in memory, and the fingerprint of both."""
    loaded, digests = [], []
    for scans in (parts.train, parts.validation):
        images, masks = load_slices(scans, size)
        digests.append(data_fingerprint(scans, images, masks))
        loaded.append(Slices(images, masks, scans["patient"].to_numpy()))
    return *loaded, "-".join(digests)


def _standardised(slices: Slices) -> Slices:
    from course_lib.models import standardised_slices

    return Slices(standardised_slices(slices.images), slices.masks, slices.patients)


def _write_papers(recipe: Recipe, parts: Split, data_root, digest: str, out: Path, replicas: int) -> dict:
    """Write recipe, split and environment, or compare with those that the run began with; returns its environment."""
    path = out / "environment.json"
    if path.exists():
        environment = json.loads(path.read_text(encoding="utf-8"))
        if environment["data_fingerprint"] != digest:
            raise DataError(
                f"{data_root}: these are not the scans that {out} was begun with ({environment['data']}). "
                "Resume with those, or train into another folder."
            )
        return environment
    make_folder(out)
    recipe.to_json(out / "recipe.json")
    names = {name: sorted(scans["patient"].unique().tolist()) for name, scans in parts._asdict().items()}
    with write_atomically(out / "split.json") as file:
        json.dump(names, file, indent=2)
    environment = describe_environment(choose_precision(recipe.precision), data_root, digest) | {"replicas": replicas}
    with write_atomically(path) as file:
        json.dump(environment, file, indent=2)
    return environment
