"""The state after a finished epoch, as one file: either the whole of it is there, or the one before.

Everything that the next epoch depends on is in it (weights, batch-norm statistics, optimiser moments, step count,
learning rate, what the callbacks remember, the history so far), so a kill between two files cannot mix epochs. Order
and augmentation follow from the recipe's seed and the epoch's number and need no saving.
"""

import json
import zipfile

import numpy as np

from course_lib.errors import StorageError
from course_lib.storage import write_atomically

STATE_FILE = "last_state.npz"
_META = "meta"

# What Keras' callbacks remember between epochs; they forget it in `on_train_begin`.
_REMEMBERED = {
    "ReduceLROnPlateau": ("best", "wait", "cooldown_counter"),
    "EarlyStopping": ("best", "wait", "best_epoch", "stopped_epoch"),
    "ModelCheckpoint": ("best",),
}


def callback_memory(callbacks) -> dict:
    """What Keras' own callbacks among `callbacks` remember, as plain numbers: class name to attribute to value."""
    memory = {}
    for callback in callbacks:
        names = _REMEMBERED.get(type(callback).__name__, ())
        values = {name: getattr(callback, name) for name in names}
        if values:
            memory[type(callback).__name__] = {n: v if v is None else np.asarray(v).item() for n, v in values.items()}
    return memory


def remind(callbacks, memory: dict):
    """Give the callbacks back what `callback_memory` noted. Call it after `on_train_begin`."""
    for callback in callbacks:
        for name, value in memory.get(type(callback).__name__, {}).items():
            setattr(callback, name, value)


def save_state(path, model, meta: dict):
    """Write weights, optimiser and `meta` (plain data) to `path` in one piece.

    Raises:
        StorageError: no space or no right to write; the state before stays.
    """
    arrays = {f"v{i:04d}": np.asarray(value) for i, value in enumerate(_variables(model))}
    meta = {**meta, "variables": [variable.path for variable in _variables(model)]}
    with write_atomically(path, "wb") as file:
        np.savez(file, **arrays, **{_META: np.frombuffer(json.dumps(meta).encode(), np.uint8)})


def load_meta(path) -> dict:
    """The plain data of a state file.

    Raises:
        StorageError: the file is damaged, or not a state.
    """
    with _opened(path) as arrays:
        return json.loads(arrays[_META].tobytes().decode())


def restore_state(path, model):
    """Put weights and optimiser of `model` into the state that `path` holds.

    Args:
        path: file of `save_state`.
        model: compiled network of the same build.

    Raises:
        StorageError: the file is damaged, or belongs to another network.
    """
    model.optimizer.build(model.trainable_variables)
    variables = _variables(model)
    with _opened(path) as arrays:
        if len(arrays.files) != len(variables) + 1:
            raise StorageError(f"{path}: is the state of another network. Train into another folder.")
        for i, variable in enumerate(variables):
            value = arrays[f"v{i:04d}"]
            if value.shape != tuple(variable.shape):
                raise StorageError(f"{path}: {variable.path} has another shape. Train into another folder.")
            variable.assign(value)


def _variables(model) -> list:
    return [*model.variables, *model.optimizer.variables]


class _opened:  # noqa: N801 - reads like a function
    """`np.load` whose faults, also those met while reading a member, come out as StorageError."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        try:
            self.arrays = np.load(self.path, allow_pickle=False)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise self._fault(error) from error
        return self.arrays

    def __exit__(self, kind, error, trace):
        self.arrays.close()
        if isinstance(error, (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile)):
            raise self._fault(error) from error

    def _fault(self, error):
        return StorageError(f"{self.path}: the saved state cannot be read ({error}). Train into another folder.")
