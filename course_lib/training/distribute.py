"""One training run on several GPUs, or on several machines, that stays the run that one device would make.

The recipe's batch is the batch of all devices together. Every device takes an equal share of its slices; then

* the loss is that of the whole batch: shares are gathered from all devices before it is computed, because a Tversky
  index of a batch is not the mean of those of its parts;
* batch normalisation takes the mean and variance of the whole batch (Keras' ``synchronized=True``);
* gradients are added up, and every device makes the same step.

So the weights after a step are those of one device, up to rounding in another order. Validation is done by the first
worker, on one device, and its scores reach the others, so that all of them slow down and stop in the same epoch.
"""

import contextlib
import json
import os
import traceback
from dataclasses import dataclass

import numpy as np

from course_lib.errors import ArgumentError, CourseError, RecipeError
from course_lib.quiet import load_tensorflow
from course_lib.training.meeting import Worker, meet

LOGICAL_LIMIT = 16  # shares of one processor, for trying a run on several devices without having them


@dataclass(frozen=True)
class Devices:
    """Which devices a run is to use.

    Attributes:
        count: how many of this machine's GPUs, "all" of them, or "one". Without a GPU, "all" is the processor; a number
            above 1 shares it out, which is no faster, but tries out what several devices do.
        worker: this machine among several, None where there is one.
    """

    count: int | str = "one"
    worker: Worker | None = None

    def __post_init__(self):
        if self.count not in ("all", "one") and not (isinstance(self.count, int) and self.count >= 1):
            raise ArgumentError(f"--devices is all, one, or a number from 1 on; got {self.count!r}.")

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the run's folder."""
        return self.worker is None or self.worker.index == 0

    def open(self) -> "Team":
        """Start TensorFlow on these devices; with several machines, wait for the others first.

        Raises:
            ArgumentError: there are fewer devices.
            CourseError: TensorFlow has been used with other devices before, another machine does not come, or a port is
                in use.
        """
        other_backend = os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow"
        if self.worker is None and (self.count == "one" or (self.count == "all" and other_backend)):
            return Team()
        if other_backend:
            raise ArgumentError("Several devices need Keras on TensorFlow: unset KERAS_BACKEND, or --devices one.")
        tf = load_tensorflow()
        try:
            names = self._choose(tf)
        except RuntimeError as error:
            raise CourseError(
                "TensorFlow has been used in this process already, and cannot be given other devices any more. "
                "Start training in a new process: course train --devices ..."
            ) from error
        if self.worker is not None:
            meet(self.worker)
            return Team(tf.distribute.MultiWorkerMirroredStrategy(), self.worker)
        return Team(tf.distribute.MirroredStrategy(names) if len(names) > 1 else None)

    def _choose(self, tf) -> list:
        """Names of the devices on this machine."""
        found = tf.config.list_physical_devices("GPU")
        wanted = {"all": len(found) or 1, "one": 1}.get(self.count, self.count)
        if found:
            if wanted > len(found):
                raise ArgumentError(f"--devices is {wanted}, but TensorFlow sees {len(found)} GPU(s) here.")
            if wanted < len(tf.config.get_visible_devices("GPU")):
                tf.config.set_visible_devices(found[:wanted], "GPU")
            return [f"GPU:{number}" for number in range(wanted)]
        if wanted > LOGICAL_LIMIT or (wanted > 1 and self.worker is not None):
            raise ArgumentError(f"--devices is {wanted}, but TensorFlow sees no GPU here. Leave it out.")
        if wanted > 1:
            shares = [tf.config.LogicalDeviceConfiguration()] * wanted
            processor = tf.config.list_physical_devices("CPU")[0]
            if len(tf.config.get_logical_device_configuration(processor) or []) < wanted:
                tf.config.set_logical_device_configuration(processor, shares)
        return [f"CPU:{number}" for number in range(wanted)]


class Team:
    """The devices of a run at work; with one device, Keras' own ways.

    Args:
        strategy: of `tf.distribute`, None for one device.
        worker: this machine among several, None where there is one.
    """

    def __init__(self, strategy=None, worker: Worker | None = None):
        self.strategy, self.worker = strategy, worker
        self.is_chief = worker is None or worker.index == 0
        self.replicas = 1 if strategy is None else strategy.num_replicas_in_sync
        self._steps = {}

    def scope(self):
        """Context in which networks for these devices are built and compiled."""
        return contextlib.nullcontext() if self.strategy is None else self.strategy.scope()

    def check_batch(self, batch: int):
        """Raise unless the batch can be shared out evenly.

        Raises:
            RecipeError: naming batches that could.
        """
        if batch % self.replicas:
            low = batch // self.replicas * self.replicas
            near = f"{low} or {low + self.replicas}" if low else str(self.replicas)
            raise RecipeError(
                f"batch is {batch}, which {self.replicas} devices cannot share evenly. Take {near} (--batch)."
            )

    def fit(self, model, dataset, each_batch=None) -> float:
        """Train through a dataset once.

        Args:
            model: compiled network, built in `scope`.
            dataset: pairs of images and masks, in batches of all devices.
            each_batch: called after every batch with its number and `{"loss": mean so far}`.

        Returns:
            The mean of the loss over the slices.
        """
        from course_lib.backend import keras

        if self.strategy is None:
            callbacks = [] if each_batch is None else [keras.callbacks.LambdaCallback(on_train_batch_end=each_batch)]
            return model.fit(dataset, shuffle=False, verbose=0, callbacks=callbacks).history["loss"][0]
        step, loss = self._step(model), float("nan")
        with self._explained():
            model.reset_metrics()
            for number, batch in enumerate(dataset):
                self._check_share(len(batch[0]))
                loss = float(step(*(self._shared_out(part) for part in batch)))
                if each_batch is not None:
                    each_batch(number, {"loss": loss})
        return loss

    def _step(self, model):
        """A training step of Keras on every device, as a function of a batch that is shared out."""
        tf = load_tensorflow()
        if id(model) not in self._steps:

            def train(*batch):  # a function's argument has no device, which gathering asks for; its copy has
                return model.train_step(tuple(map(tf.identity, batch)))

            @tf.function(autograph=False)
            def step(images, masks):
                logs = self.strategy.run(train, args=(images, masks))
                return self.strategy.experimental_local_results(logs["loss"])[0]  # every device has that of the batch

            self._steps[id(model)] = model, step  # the network too, so that its id stays its own
        return self._steps[id(model)][1]

    def _shared_out(self, part):
        share = len(part) // self.replicas

        def mine(context):
            first = context.replica_id_in_sync_group * share
            return part[first : first + share]

        return self.strategy.experimental_distribute_values_from_function(mine)

    def _check_share(self, slices):
        if slices % self.replicas:
            raise RecipeError(
                f"There are {slices} slices to train on, fewer than a batch, which {self.replicas} devices cannot "
                "share evenly. Choose a smaller batch (--batch)."
            )

    def tell(self, values) -> np.ndarray:
        """The first worker's numbers, on every worker.

        Args:
            values: array, of the same shape and type on every worker; only those of the first one count.
        """
        if self.worker is None:
            return np.asarray(values)
        tf = load_tensorflow()
        mine = tf.constant(values if self.is_chief else np.zeros_like(values))
        return self._sum(mine, only_first=True)

    def tell_text(self, text: str = "") -> str:
        """The first worker's text, on every worker."""
        if self.worker is None:
            return text
        data = np.frombuffer(text.encode(), np.uint8).astype(np.float32)  # what every way of adding up can carry
        length = int(self.tell(np.asarray([len(data)], np.float64))[0])
        return bytes(self.tell(data if self.is_chief else np.zeros(length, np.float32)).astype(np.uint8)).decode()

    def tell_variables(self, variables):
        """Give variables on every worker the values that they have on the first."""
        if self.worker is None:
            return
        for variable in variables:
            value = np.asarray(variable)
            plain = value if value.dtype.kind == "f" and value.dtype.itemsize >= 4 else value.astype(np.float64)
            variable.assign(self.tell(plain).astype(value.dtype))

    def agree(self, facts: dict) -> None:
        """Raise on every worker unless all of them give the same texts.

        Args:
            facts: what is compared, to its value as plain data.

        Raises:
            RecipeError: naming what differs.
        """
        if self.worker is None:
            return
        first = json.loads(self.tell_text(json.dumps(facts)))
        differs = np.asarray([float(first[name] != json.loads(json.dumps(facts[name]))) for name in facts])
        counts = self._sum(load_tensorflow().constant(differs), only_first=False)
        names = [name for name, count in zip(facts, counts, strict=True) if count]
        if names:
            raise RecipeError(
                f"The workers do not agree in {' and '.join(names)}. Start each with the same words, scans and "
                "version of the course; only --worker differs."
            )

    def _sum(self, tensor, only_first):
        """Sum over the workers of what each of them, or only the first, gives."""
        tf = load_tensorflow()

        def add(value):
            context = tf.distribute.get_replica_context()
            leading = context.replica_id_in_sync_group == 0 if only_first else self._is_local_first(context)
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.where(leading, value, tf.zeros_like(value)))

        with self._explained():
            total = tf.function(lambda value: self.strategy.run(add, args=(value,)), autograph=False)(tensor)
            return np.asarray(self.strategy.experimental_local_results(total)[0])

    def _is_local_first(self, context):
        local = self.replicas // len(self.worker.addresses)
        return context.replica_id_in_sync_group % local == 0

    @contextlib.contextmanager
    def _explained(self):
        """Turn the end of another worker into a sentence."""
        tf = load_tensorflow()
        try:
            yield
        except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.InternalError,
                tf.errors.DeadlineExceededError, tf.errors.FailedPreconditionError) as error:  # fmt: skip
            if self.worker is None:
                raise
            traceback.clear_frames(error.__traceback__)  # a pool of threads lives there; Python's end would trip on it
            others = ", ".join(a for n, a in enumerate(self.worker.addresses) if n != self.worker.index)
            raise CourseError(
                f"Worker {self.worker.index} lost touch with another ({others}): it stopped, or the network did. "
                "The last finished epoch is kept. Start every worker again, each with --resume."
            ) from error


def choose_devices(count="all", workers=None, index=None, wait=None, environment=None) -> Devices:
    """Devices from the words of a command line.

    Args:
        count: "all", "one" or a number, as text or int.
        workers: "host:port,host:port", None for what TF_CONFIG says, or one machine.
        index: this machine's place among `workers`, from 0.
        wait: seconds to wait for the others, None for ten minutes.
        environment: where TF_CONFIG is looked up, and written for TensorFlow; that of the process if None.

    Raises:
        ArgumentError: a word is wrong; the message says what is right.

    >>> choose_devices("2", environment={})
    Devices(count=2, worker=None)
    """
    environment = os.environ if environment is None else environment
    if isinstance(count, str) and count.isdecimal():
        count = int(count)
    if workers is None and index is not None:
        raise ArgumentError("--worker says which of --workers this machine is: give both.")
    if workers is None:
        return Devices(count, Worker.from_config(environment.get("TF_CONFIG"), wait))
    worker = Worker.from_words(workers, index, wait)
    environment["TF_CONFIG"] = worker.config()
    return Devices(count, worker)
