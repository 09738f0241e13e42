"""The epochs themselves: batches, Keras' fit, validation by patient, callbacks. Used by `train` and by the lessons."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from course_lib.data import balance_slices, make_dataset
from course_lib.errors import DataError, RecipeError
from course_lib.training.progress import Progress


@dataclass(frozen=True)
class Slices:
    """Slices in memory with their patients.

    Attributes:
        images: (slice, size, size, 3) uint8.
        masks: (slice, size, size, 1) in {0, 1}.
        patients: (slice,) names; a patient's slices are scored as one volume.
    """

    images: np.ndarray
    masks: np.ndarray
    patients: np.ndarray

    def __post_init__(self):
        counts = {len(self.images), len(self.masks), len(self.patients)}
        if len(counts) != 1 or 0 in counts:
            raise DataError(
                f"{len(self.images)} images, {len(self.masks)} masks and {len(self.patients)} patient names: "
                "training and validation need the same number of each, and at least one."
            )


def epoch_dataset(slices: Slices, batch, augmentation, empty_per_tumor, seed, epoch):
    """The shuffled, augmented batches of one epoch, all of one size where there are slices enough for it.

    Raises:
        RecipeError: no slice has tumour, and `empty_per_tumor` therefore asks for no others either.
    """
    images, masks = slices.images, slices.masks
    if empty_per_tumor is not None:
        scans = pd.DataFrame({"tumor_pixels": masks.any(axis=(1, 2, 3))})
        rows = balance_slices(scans, empty_per_tumor, seed, epoch)
        if not len(rows):
            raise RecipeError("empty_per_tumor leaves nothing to train on: no slice has tumour. None takes all slices.")
        images, masks = images[rows], masks[rows]
    whole = len(images) >= batch
    return make_dataset(images, masks, batch, augmentation, shuffle=True, seed=seed, epoch=epoch, drop_remainder=whole)


def validate(model, slices: Slices, batch: int, loss=None) -> dict:
    """Scores of a network on slices that it is not trained on.

    Args:
        model: the network.
        slices: validation patients, whole.
        batch: slices predicted at once, and per value of the loss.
        loss: `keras.losses.Loss`, or None to leave `val_loss` out.

    Returns:
        val_loss: mean over batches of consecutive slices; val_dice: Dice of each patient's volume at threshold 0.5,
        mean over patients.
    """
    from course_lib.evaluation import dice_score

    probabilities = _predict(model, slices.images, batch)
    guess, truth = probabilities >= 0.5, slices.masks > 0
    rows = [np.flatnonzero(slices.patients == name) for name in np.unique(slices.patients)]
    scores = {"val_dice": float(np.mean([dice_score(truth[r], guess[r]) for r in rows]))}
    if loss is None:
        return scores
    starts = range(0, len(truth), batch)
    values = [float(loss(truth[i : i + batch].astype("float32"), probabilities[i : i + batch])) for i in starts]
    return {"val_loss": float(np.mean(values)), **scores}


def _predict(model, images, batch):
    """Probabilities of all slices in batches of one size: another size would have TensorFlow build another graph."""
    from course_lib.evaluation import predict_slices

    whole = len(images) // batch * batch
    parts = [predict_slices(model, images[:whole], batch)] if whole else []
    if whole < len(images):
        filled = np.zeros((batch, *images.shape[1:]), images.dtype)
        filled[: len(images) - whole] = images[whole:]
        parts.append(predict_slices(model, filled, batch)[: len(images) - whole])
    return np.concatenate(parts)


def run_epochs(model, batches, score, callbacks, epochs: int, rows: list, show: bool, after_epoch=None, fit=None):
    """Train from epoch `len(rows)` on.

    Args:
        model: compiled network.
        batches: function of the epoch (from 0) to its dataset.
        score: function without arguments to a dict of validation scores.
        callbacks: `keras.callbacks.CallbackList`, `on_train_begin` already called.
        epochs: last epoch, counted from 1.
        rows: history so far, a dict an epoch; grows in place.
        show: whether to show progress.
        after_epoch: called with whether training is finished, once `rows` and callbacks are up to date.
        fit: `Team.fit` of the devices to train on; one device if None.

    Returns:
        `rows`.

    Raises:
        RecipeError: the loss is no longer a finite number.
    """
    from course_lib.backend import keras
    from course_lib.training.distribute import Team

    fit, progress = fit or Team().fit, None
    try:
        for epoch in range(len(rows), epochs):
            dataset = batches(epoch)
            progress = progress or Progress(show, epochs, int(dataset.cardinality()), len(rows))
            progress.begin_epoch(epoch)
            callbacks.on_epoch_begin(epoch)
            rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
            loss = fit(model, dataset, progress.step)
            if not np.isfinite(loss):
                raise RecipeError(
                    f"The loss became {loss} in epoch {epoch + 1}. Lower learning_rate (now {rate:g}), "
                    "or set precision to float32."
                )
            rows.append({"epoch": epoch + 1, "loss": float(loss), **score(), "learning_rate": rate})
            callbacks.on_epoch_end(epoch, {name: value for name, value in rows[-1].items() if name != "epoch"})
            progress.end_epoch(rows[-1])
            if after_epoch is not None:
                after_epoch(bool(model.stop_training) or epoch + 1 == epochs)
            if model.stop_training:
                break
    finally:
        if progress is not None:
            progress.close()
    return rows
