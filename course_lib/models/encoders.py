"""Which pretrained encoder can be had here: VGG19 with ImageNet weights, or the small one that ships."""

import hashlib
import os
import threading
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib.errors import StorageError, WeightsError
from course_lib.models import vgg19
from course_lib.models.compact import Stored
from course_lib.models.shipped import SMALL_ENCODER
from course_lib.storage import make_folder, write_atomically

CHOICE = "COURSE_ENCODER"  # environment: "small", or the path of a VGG19 file; unset looks for the best
FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"  # as keras.applications names, stores and checks it
ADDRESS = f"https://storage.googleapis.com/tensorflow/keras-applications/vgg19/{FILE}"
MD5 = "253f8cb515780f3b799900260a226db6"
PATIENCE, LONGEST = 3, 30  # seconds: for an answer, and for the whole 80 MB


class Encoder(NamedTuple):
    """A pretrained encoder, as `vgg19_unet(weights=encoder.weights, width=encoder.width)` takes it.

    Attributes:
        weights: path of its file.
        width: its width; 1 is VGG19 itself.
        says: a sentence that names it.
    """

    weights: Path
    width: float
    says: str


def best_encoder():
    """The best pretrained encoder at hand, without an error and without a long wait where there is no network.

    Looked for, in this order: what the environment variable ``COURSE_ENCODER`` names ("small", or the path of a VGG19
    file); VGG19 with ImageNet weights in ``data/weights``, in Keras' cache, or from the network (80 MB, kept in
    ``data/weights``; given up after half a minute); else the small encoder that ships.

    Returns:
        An `Encoder`.

    Raises:
        WeightsError: ``COURSE_ENCODER`` names a file that is not there, or the encoder that ships is missing.
    """
    named = os.environ.get(CHOICE, "")
    if named and named != "small":
        path = Path(named)
        if not path.is_file():
            raise WeightsError(f'{CHOICE}={named}: no such file. Name a VGG19 file, or "small", or leave it unset.')
        return _imagenet(path, f"the file that {CHOICE} names")
    if not named:
        for path, where in ((_in_data_folder(), "data/weights"), (_in_keras_cache(), "Keras' cache")):
            if path is not None:
                return _imagenet(path, where)
        path = _downloaded()
        if path is not None:
            return _imagenet(path, "just downloaded")
    width = float(Stored(SMALL_ENCODER).architecture["width"])
    return Encoder(SMALL_ENCODER, width, f"the course's own small encoder, of {width:g} times VGG19's width")


def first_windows(model):
    """The windows of a network's first convolution, as they look at a picture.

    Args:
        model: a network of `vgg19_unet`.

    Returns:
        (3, 3, colour, map) float32, colours in the order red, green, blue. (VGG19 itself has blue first.)
    """
    return np.asarray(model.get_layer("block1_conv1").kernel, np.float32)[:, :, ::-1]


def _imagenet(path, where):
    return Encoder(path, 1.0, f"VGG19 itself, with ImageNet weights ({where})")


def _in_data_folder():
    return next(iter(sorted(vgg19.WEIGHTS_FOLDER.glob("*vgg19*.h5"))), None)


def _in_keras_cache():
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    path = Path(home) / "models" / FILE
    return path if path.is_file() else None


def _downloaded():
    """The file, fetched in time and whole, or None. In a thread, since nothing limits how long a name is looked up."""
    fetched, over = [], threading.Event()
    thread = threading.Thread(target=_fetch, args=(fetched, over, time.monotonic() + LONGEST), daemon=True)
    thread.start()
    thread.join(PATIENCE + 1)
    if not fetched and thread.is_alive():
        over.set()  # not even an answer: whatever still comes is not wanted
        return None
    thread.join()
    return fetched[-1] if fetched and fetched[-1] is not None else None


def _fetch(fetched, over, until):
    """Append None once the server answers, then the path of the finished file."""
    try:
        with urllib.request.urlopen(ADDRESS, timeout=PATIENCE) as answer:
            fetched.append(None)
            data = bytearray()
            while part := answer.read(1 << 20):
                data += part
                if over.is_set() or time.monotonic() > until:
                    return
        if hashlib.md5(data).hexdigest() != MD5:
            return
        path = make_folder(vgg19.WEIGHTS_FOLDER) / FILE
        with write_atomically(path, "wb") as file:
            file.write(data)
        fetched.append(path)
    except (OSError, HTTPException, StorageError):  # no network, no room: the small encoder serves
        return
