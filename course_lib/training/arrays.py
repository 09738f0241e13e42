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
    after_epoch = (lambda finished: _draw(rows)) if live else None
    listed = keras.callbacks.CallbackList(list(callbacks), model=model)
    listed.on_train_begin()
    run_epochs(model, batches, score, listed, epochs, rows, progress, after_epoch)
    listed.on_train_end()
    return pd.DataFrame(rows)


def _draw(rows):
    """Put the curves so far in the place of the cell's output."""
    import matplotlib.pyplot as plt
    from IPython.display import clear_output, display

    from course_lib.plots import curves

    axes = curves(pd.DataFrame(rows))
    clear_output(wait=True)
    display(np.ravel(axes)[0].figure)
    plt.close(np.ravel(axes)[0].figure)
