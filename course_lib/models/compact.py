"""Networks in few bytes: kernels in 16 or 8 bits, and the words from which the network is built again.

A file is a NumPy archive without pickle: an entry for each variable, named ``layer/variable`` (of an ensemble's other
members ``member2/layer/variable``), and ``network``, a line of JSON. In 16 bits a number keeps 11 binary digits. In 8
bits each output channel of a kernel has a scale of its own (symmetric quantisation; Jacob et al. 2018, arXiv
1712.05877); everything but kernels stays in 16 bits or, where its range asks for it, in 32.
"""

import json
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from course_lib.backend import keras
from course_lib.errors import ArgumentError, WeightsError
from course_lib.models.ensemble import ensemble, members
from course_lib.models.reading import UNREADABLE, first_line
from course_lib.storage import atomic_path

SCALE = "/scale"
MOST_MEMBERS = 100  # a damaged file must not ask for a thousand
LARGEST_HALF = float(np.finfo(np.float16).max)


def save_compact(model, path, architecture, bits=16, layers=None):
    """Writes a network's weights in few bytes.

    Args:
        model: a `keras.Model` of this course, or an `ensemble` of such.
        path: the ``.npz`` file.
        architecture: how to build it, or each member, again, for instance
            ``{"network": "vgg19_unet", "input_shape": [64, 64, 3], "width": 0.25}``; plain values only.
        bits: 16, or 8 for kernels.
        layers: names of the layers to write; None writes all.

    Raises:
        ArgumentError: other bits, or weights that are not finite.
        StorageError: the file cannot be written.
    """
    if bits not in (8, 16):
        raise ArgumentError(f"bits={bits}: kernels are stored in 16 or in 8 bits.")
    count = len(members(model))
    architecture = {**architecture, **({"members": count} if count > 1 else {})}
    entries = {"network": np.array(json.dumps(architecture, sort_keys=True))}
    for name, variable in _named_variables(model, layers).items():
        values = np.asarray(variable, np.float32)
        if not np.isfinite(values).all():
            raise ArgumentError(f"{name} holds weights that are not finite: such a network is of no use.")
        if bits == 8 and values.ndim >= 2:
            entries[name], entries[name + SCALE] = _quantised(values)
        else:
            entries[name] = values.astype(np.float16 if np.abs(values).max() < LARGEST_HALF else np.float32)
    with atomic_path(Path(path)) as beside, open(beside, "wb") as file:
        np.savez_compressed(file, **entries)


def _named_variables(model, layers=None):
    """The variables of a network's layers by ``layer/variable``; a member's, by ``member/layer/variable``."""
    named = {}
    for layer in model.layers:
        if layers is not None and layer.name not in layers:
            continue
        if isinstance(layer, keras.Model):
            named |= {f"{layer.name}/{name}": variable for name, variable in _named_variables(layer).items()}
        else:
            named |= {f"{layer.name}/{variable.name}": variable for variable in layer.weights}
    return named


def _quantised(values):
    """Whole numbers from -127 to 127, and what each output channel's are worth."""
    scale = np.abs(values).max(axis=tuple(range(values.ndim - 1)), keepdims=True) / 127
    scale[scale == 0] = 1
    return np.round(values / scale).astype(np.int8), scale.astype(np.float32)


class Stored(Mapping):
    """The weights in a compact file by ``layer/variable``, each read when it is asked for: memory holds one at a time.

    Attributes:
        path: the file.
        architecture: the words from which the network is built again.

    Raises:
        WeightsError: no such file, or it is damaged; damage within a weight shows when that one is read.
    """

    def __init__(self, path):
        self.path = Path(path)
        if not self.path.is_file():
            raise WeightsError(f"No weights at {self.path}. Give the path of a compact .npz file.")
        with self._reading():
            self._archive = np.load(self.path, allow_pickle=False)
            self.architecture = json.loads(str(self._archive["network"]))
            names = self._archive.files
        self._names = [name for name in names if name != "network" and not name.endswith(SCALE)]

    def __getitem__(self, name):
        if name not in self._names:
            raise KeyError(name)
        with self._reading():
            scale = self._archive[name + SCALE] if name + SCALE in self._archive.files else 1
            return self._archive[name].astype(np.float32) * scale

    def __iter__(self):
        return iter(self._names)

    def __len__(self):
        return len(self._names)

    @contextmanager
    def _reading(self):
        try:
            yield
        except UNREADABLE as error:
            raise WeightsError(
                f"{self.path} cannot be read as a network of this course; it may be damaged or cut short. "
                f"Fetch it again. ({first_line(error)})"
            ) from error


def set_weights(model, stored):
    """Gives a network the weights of a compact file; layers without an entry stay as they are.

    Args:
        model: a network or an `ensemble`.
        stored: `Stored`.

    Raises:
        WeightsError: a layer or a shape does not fit, or a weight is damaged; the file is named. Weights that came
            before it are set by then.
    """
    known = _named_variables(model)
    for name, values in stored.items():
        if name not in known:
            raise WeightsError(
                f"{stored.path} holds {name}, which {model.name} does not have: it belongs to another network."
            )
        if tuple(known[name].shape) != values.shape:
            raise WeightsError(
                f"{stored.path} holds {name} with the shape {values.shape}, {model.name} wants "
                f"{tuple(known[name].shape)}: it belongs to a network of another width."
            )
        known[name].assign(values)


def load_compact(path):
    """Builds the network of a compact file, or the ensemble.

    Args:
        path: the ``.npz`` file, which holds every weight of the network.

    Returns:
        An uncompiled `keras.Model`.

    Raises:
        WeightsError: no such file, or it is damaged, incomplete or of another network.
    """
    from course_lib.models import networks

    stored = Stored(path)
    words = dict(stored.architecture)
    kind = words.pop("network", None)
    if kind not in ("vgg19_unet", "unet"):
        raise WeightsError(f"{path} holds a network named {kind!r}, which this version of the course does not know.")
    if kind == "vgg19_unet":
        words["weights"] = None
    words["input_shape"] = tuple(words["input_shape"])
    count = words.pop("members", 1)
    if type(count) is not int or not 1 <= count <= MOST_MEMBERS:
        raise WeightsError(f"{path} holds {count!r} networks; this version of the course takes 1 to {MOST_MEMBERS}.")
    model = ensemble(getattr(networks, kind)(**words) for _ in range(count))
    missing = _named_variables(model).keys() - stored.keys()
    if missing:
        raise WeightsError(f"{path} lacks {sorted(missing)[0]} and {len(missing) - 1} others: it is incomplete.")
    set_weights(model, stored)
    return model
