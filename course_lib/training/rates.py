"""Finding a learning rate: the range test, and putting a network back to where it stood."""

import numpy as np
import pandas as pd

from course_lib.errors import ArgumentError
from course_lib.training.loop import Slices, epoch_dataset


class Snapshot:
    """A compiled network's weights at one moment, to begin again from them without building the network anew.

    Args:
        model: compiled network.

    Raises:
        ArgumentError: the network is not compiled.
    """

    def __init__(self, model):
        _check_compiled(model)
        self.model, self.weights = model, model.get_weights()

    def restore(self, learning_rate: float | None = None):
        """Put the weights back, make the optimiser forget what it has gathered, and return the network.

        Args:
            learning_rate: the one to go on with; None leaves the one in force.
        """
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)  # builds only what is not built yet
        rate = float(optimizer.learning_rate) if learning_rate is None else learning_rate
        self.model.set_weights(self.weights)
        for variable in optimizer.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))
        optimizer.learning_rate = rate
        self.model.stop_training = False
        return self.model


def rate_range_test(model, images, masks, *, lowest=1e-5, highest=1.0, steps=80, batch=8, seed=0) -> pd.DataFrame:
    """Train while the learning rate rises by the same factor in every step, from far too low to far too high.

    The network gets its weights back afterwards. Smith 2015, arXiv 1506.01186, has the idea.

    Args:
        model: compiled network.
        images: (slice, size, size, 3) uint8.
        masks: (slice, size, size, 1) in {0, 1}.
        lowest, highest: the first and the last learning rate.
        steps: training steps in all.
        batch: slices a step.
        seed: of the order of the slices.

    Returns:
        A row a step: learning_rate, and loss, that of this step's batch before its update. It ends early where the
        loss is no longer a finite number.

    Raises:
        ArgumentError: the network is not compiled, the rates do not rise from above 0, or there are not two steps.
        DataError: images and masks differ in number.
    """
    _check_compiled(model)
    if not 0 < lowest < highest or steps < 2:
        raise ArgumentError(
            f"The rate should rise, from above 0, over 2 steps or more: {lowest} to {highest}, {steps}."
        )
    from course_lib.backend import keras

    training = Slices(np.asarray(images), np.asarray(masks), np.zeros(len(images)))
    before, rate_before = Snapshot(model), float(model.optimizer.learning_rate)
    rates, losses = np.geomspace(lowest, highest, steps), []

    def begin(number, logs=None):
        model.reset_metrics()  # else Keras reports the mean of all steps so far
        model.optimizer.learning_rate = rates[min(len(losses), steps - 1)]

    def end(number, logs):
        losses.append(float(logs["loss"]))
        model.stop_training = len(losses) >= steps or not np.isfinite(losses[-1])

    step = keras.callbacks.LambdaCallback(on_train_batch_begin=begin, on_train_batch_end=end)
    epoch = 0
    while len(losses) < steps and (not losses or np.isfinite(losses[-1])):
        dataset = epoch_dataset(training, batch, None, None, seed, epoch).take(steps - len(losses))
        model.fit(dataset, shuffle=False, verbose=0, callbacks=[step])
        epoch += 1
    before.restore(rate_before)
    return pd.DataFrame({"learning_rate": rates[: len(losses)], "loss": losses})


def _check_compiled(model):
    if not model.compiled:
        raise ArgumentError("The network is not compiled yet: model.compile(optimizer, loss=…) comes first.")
