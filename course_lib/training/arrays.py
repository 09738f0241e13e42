"""Training on arrays in memory, for lessons: no folder, no files, a history back."""

import numpy as np
import pandas as pd

from course_lib.training.loop import Slices, epoch_dataset, run_epochs, validate


def fit_arrays(
    model,
    images,
    masks,
    *,
    epochs: int = 5,
    batch: int = 8,
    loss=None,
    learning_rate: float = 1e-3,
    augmentation=None,
    validation=None,
    empty_per_tumor: float | None = None,
    callbacks=(),
    seed: int = 0,
    progress: bool = True,
    live: bool = False,
) -> pd.DataFrame:
    """Train a network on slices in memory and return what happened, epoch by epoch.

    A network that is not compiled yet, or is given a new `loss`, is compiled with Adam; else it goes on as it is.

    Args:
        model: the network; trained in place.
        images: (slice, size, size, 3) uint8.
        masks: (slice, size, size, 1) in {0, 1}.
        epochs: passes over the slices.
        batch: slices per step.
        loss: `keras.losses.Loss`; focal Tversky if the network has none.
        learning_rate: of Adam, where this function compiles.
        augmentation: `course_lib.data.Augmentation`, or None for none.
        validation: (images, masks, patients) to score after every epoch, or None.
        empty_per_tumor: slices without tumour per slice with tumour, drawn anew for every epoch; None for all.
        callbacks: Keras callbacks, called after every epoch with the row of the history.
        seed: of order and augmentation.
        progress: show a progress bar.
        live: draw the curves anew after every epoch (in a notebook).

    Returns:
        A row an epoch: epoch, loss, learning_rate, and with `validation` val_loss and val_dice (mean over patients of
        the volume's Dice at threshold 0.5).

    Raises:
        DataError: images, masks and patients differ in number.
        RecipeError: the loss is no longer a finite number.
    """
    from course_lib.backend import keras
    from course_lib.losses import FocalTverskyLoss
    from course_lib.training.networks import compile_model

    if loss is not None or not model.compiled:
        compile_model(model, loss or FocalTverskyLoss(), learning_rate)
    training = Slices(np.asarray(images), np.asarray(masks), np.zeros(len(images)))
    held_out = None if validation is None else Slices(*(np.asarray(part) for part in validation))

    def batches(epoch):
        return epoch_dataset(training, batch, augmentation, empty_per_tumor, seed, epoch)

    def score():
        return {} if held_out is None else validate(model, held_out, batch, model.loss)

    rows = []
    picture = _LiveCurves() if live else None
    after_epoch = (lambda finished: picture.draw(rows, epochs)) if live else None
    listed = keras.callbacks.CallbackList(list(callbacks), model=model)
    listed.on_train_begin()
    run_epochs(model, batches, score, listed, epochs, rows, progress, after_epoch)
    listed.on_train_end()
    return pd.DataFrame(rows)


def score(model, images, masks, patients, batch: int = 8) -> dict:
    """What `fit_arrays` finds after an epoch with `validation=(images, masks, patients)`.

    Args:
        model: compiled network.
        images: (slice, size, size, 3) uint8.
        masks: (slice, size, size, 1) in {0, 1}.
        patients: (slice,) names.
        batch: slices predicted at once, and per value of the loss.

    Returns:
        val_loss, and val_dice: mean over patients of the volume's Dice at threshold 0.5.

    Raises:
        DataError: images, masks and patients differ in number.
    """
    return validate(model, Slices(np.asarray(images), np.asarray(masks), np.asarray(patients)), batch, model.loss)


class _LiveCurves:
    """A picture of the curves so far, in one output of the cell that changes its contents: no flicker, and the progress
    bar above it stays."""

    def __init__(self):
        self.handle = None

    def draw(self, rows, epochs):
        """Show the curves of `rows`, or change the picture that is there already."""
        import matplotlib.pyplot as plt
        from IPython.display import display

        from course_lib.plots import curves, picture_html

        axes = curves(pd.DataFrame(rows), epochs=epochs)
        text = _described(rows, epochs)
        bundle = {"text/html": picture_html(axes, text), "text/plain": f"Figure: {text}"}
        plt.close(axes.figure)
        if self.handle is None:
            self.handle = display(bundle, raw=True, display_id=True)
        else:
            self.handle.update(bundle, raw=True)


def _described(rows, epochs):
    """The curves in words, for those who cannot see them."""
    first, last = rows[0], rows[-1]
    text = f"Curves of training, epoch {last['epoch']} of {epochs}: loss {first['loss']:.2f} to {last['loss']:.2f}"
    if "val_dice" in last:
        best = max(rows, key=lambda row: row["val_dice"])
        text += (
            f", validation Dice by patient {first['val_dice']:.2f} to {last['val_dice']:.2f}, "
            f"best {best['val_dice']:.2f} in epoch {best['epoch']}"
        )
    return text
