"""What Keras' callbacks make of a given series of values: a training without anything to train."""

import numpy as np
import pandas as pd

from course_lib.errors import ArgumentError


def replay(values, callbacks, *, learning_rate: float = 0.01, monitor: str = "val_loss") -> tuple[pd.DataFrame, int]:
    """Tell callbacks, epoch by epoch, that validation gave these values, and note what they do.

    The "network" is one number, the epoch it has reached. So whatever a callback puts back says what epoch it is from.

    Args:
        values: what validation gives after each epoch, from the first on.
        callbacks: Keras callbacks, such as ReduceLROnPlateau and EarlyStopping.
        learning_rate: at the start.
        monitor: the name of the values.

    Returns:
        A row for every epoch until the end or the stop (epoch, the value, learning_rate in that epoch), and the epoch
        whose weights the network holds in the end.

    Raises:
        ArgumentError: there are no values.
    """
    from course_lib.backend import keras

    values = np.asarray(values, float)
    if values.ndim != 1 or not len(values):
        raise ArgumentError(f"Give the values of one epoch or more, one number each; got shape {values.shape}.")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(learning_rate), loss="mse")
    listed = keras.callbacks.CallbackList(list(callbacks), model=model)
    model.stop_training = False
    listed.on_train_begin()
    rows = []
    for epoch, value in enumerate(values):
        listed.on_epoch_begin(epoch)
        rows.append({"epoch": epoch + 1, monitor: value, "learning_rate": float(model.optimizer.learning_rate)})
        model.set_weights([np.full((1, 1), epoch + 1)])
        listed.on_epoch_end(epoch, {monitor: float(value)})
        if model.stop_training:
            break
    listed.on_train_end()
    return pd.DataFrame(rows), int(model.get_weights()[0].item())
