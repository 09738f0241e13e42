"""VGG19 as an encoder (Simonyan & Zisserman 2014, arXiv 1409.1556): its blocks, its input, its weights."""

import os
import warnings
from pathlib import Path

import numpy as np

from course_lib.backend import keras, layers, ops
from course_lib.errors import WeightsError
from course_lib.models.reading import UNREADABLE, first_line

VGG19_BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))  # convolutions, channels (Simonyan & Zisserman 2014)
ENCODER_LAYERS = tuple(
    f"block{block}_conv{conv}" for block, (convs, _) in enumerate(VGG19_BLOCKS, 1) for conv in range(1, convs + 1)
)
SKIPS = ("block1_conv2", "block2_conv2", "block3_conv4", "block4_conv4")  # at 1, 1/2, 1/4, 1/8 of the size
BRIDGE = "block5_conv4"  # at 1/16
TAPS = (*SKIPS, BRIDGE)
MEAN_BGR = (103.939, 116.779, 123.68)  # of ImageNet, as VGG19 was trained with in Caffe

WEIGHTS_FOLDER = Path(__file__).resolve().parents[2] / "data" / "weights"


@keras.saving.register_keras_serializable("course")
class CaffePreprocessing(layers.Layer):
    """What VGG19 expects: RGB 0..255 to BGR minus ImageNet's mean; in float32 also where the rest is in bfloat16."""

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, images):
        """Turns (batch, height, width, 3) in 0..255 into float32 of about -124..151."""
        return ops.flip(ops.cast(images, "float32"), axis=-1) - ops.convert_to_tensor(MEAN_BGR, "float32")

    def compute_output_shape(self, input_shape):
        """Returns the input's shape."""
        return input_shape


def vgg19_blocks(x, width, normalise=False):
    """Runs the five blocks and returns the taps by name; VGG19's last pooling serves its classifier and is left out.

    With `normalise`, batch normalisation follows every convolution (and its ReLU). VGG19 has none: from random weights
    its deepest blocks then grow ever louder in training, and their gradients vanish; trained ones bear only small
    learning rates.
    """
    taps = {}
    for block, (convs, channels) in enumerate(VGG19_BLOCKS, 1):
        if block > 1:
            x = layers.MaxPooling2D(2, name=f"block{block - 1}_pool")(x)
        for conv in range(1, convs + 1):
            name = f"block{block}_conv{conv}"
            x = conv3x3(channels_at(channels, width), name, activation="relu")(x)
            if normalise:
                x = layers.BatchNormalization(name=norm_name(name))(x)
        taps[f"block{block}_conv{convs}"] = x
    return taps


def norm_name(name):
    """The batch normalisation that follows a convolution of the encoder.

    >>> norm_name("block2_conv1")
    'block2_norm1'
    """
    return name.replace("conv", "norm")


def conv3x3(channels, name, activation=None):
    return layers.Conv2D(channels, 3, padding="same", activation=activation, kernel_initializer="he_normal", name=name)


def channels_at(full, width):
    """Channels at a width: a multiple of 4, at least 4.

    >>> [channels_at(full, 0.25) for _, full in VGG19_BLOCKS], channels_at(64, 0.05)
    ([16, 32, 64, 128, 128], 4)
    """
    return max(4, 4 * round(full * width / 4))


def pretrained_vgg19(weights):
    return _imagenet_vgg19() if weights == "imagenet" else _vgg19_from_file(Path(os.fspath(weights)))


def _imagenet_vgg19():
    """VGG19 with ImageNet weights from data/weights, from Keras' cache, or from the network."""
    local = sorted(WEIGHTS_FOLDER.glob("*vgg19*.h5"))
    if local:
        return _vgg19_from_file(local[0])
    try:
        return keras.applications.VGG19(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
    except Exception as error:  # Keras raises Exception itself where a download fails
        raise WeightsError(
            "ImageNet weights of VGG19 cannot be downloaded: is this machine offline? Fetch the file elsewhere and "
            f'give its path (weights="…/vgg19.weights.h5") or put it into {WEIGHTS_FOLDER}; or take random weights '
            f"(weights=None), which learn more slowly. ({first_line(error)})"
        ) from error


def _vgg19_from_file(path):
    if not path.is_file():
        raise WeightsError(
            f'No weights at {path}. Give the path of a VGG19 no-top .weights.h5 file, "imagenet" to download it, or '
            "None for random weights."
        )
    source = keras.applications.VGG19(include_top=False, weights=None, input_shape=(32, 32, 3))
    for layer in source.layers:  # what a file leaves out, Keras leaves as it was, with no more than a warning
        layer.set_weights([np.full_like(weight, np.nan) for weight in layer.get_weights()])
    try:
        with warnings.catch_warnings(action="ignore"):
            source.load_weights(path)
        incomplete = [weight.path for weight in source.weights if not np.isfinite(weight).all()]
        if incomplete:
            raise ValueError(f"no finite values for {incomplete[0]} and {len(incomplete) - 1} others")
    except UNREADABLE as error:
        raise WeightsError(
            f"{path} does not hold the weights of VGG19 without its top: it is damaged, or belongs to another network. "
            f"Fetch it again, or use weights=None for random weights. ({first_line(error)})"
        ) from error
    return source
