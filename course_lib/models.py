"""The course's two networks: a plain U-Net, and a U-Net whose encoder is VGG19.

Both take images (batch, height, width, 3) with values 0..255, uint8 or float, and give tumour probabilities
(batch, height, width, 1) in float32. What the network wants its input to look like is done by its own first layer, so
that a saved model needs nothing beside itself.

VGG19-U-Net: the encoder's last convolution before each pooling is kept for the decoder (`SKIPS`), and the last one of
block 5, at 1/16 of the size, is the `BRIDGE`. Layers carry the names that keras.applications gives them.
"""

import os
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

from course_lib import losses  # noqa: F401  (registers the losses, which saved models name)
from course_lib.backend import keras, layers, ops
from course_lib.errors import ArgumentError, WeightsError

VGG19_BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))  # convolutions, channels (Simonyan & Zisserman 2014)
ENCODER_LAYERS = tuple(
    f"block{block}_conv{conv}" for block, (convs, _) in enumerate(VGG19_BLOCKS, 1) for conv in range(1, convs + 1)
)
SKIPS = ("block1_conv2", "block2_conv2", "block3_conv4", "block4_conv4")  # at 1, 1/2, 1/4, 1/8 of the size
BRIDGE = "block5_conv4"  # at 1/16
TAPS = (*SKIPS, BRIDGE)
MEAN_BGR = (103.939, 116.779, 123.68)  # of ImageNet, as VGG19 was trained with in Caffe

WEIGHTS_FOLDER = Path(__file__).resolve().parents[1] / "data" / "weights"
UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


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


def vgg19_unet(input_shape=(256, 256, 3), weights="imagenet", width=1.0, freeze_encoder=False):
    """Builds the U-Net with VGG19's convolutions as encoder; at width 1 it has 31,172,033 parameters.

    Args:
        input_shape: (height, width, 3); height and width are multiples of 16, or None for any.
        weights: of the encoder. "imagenet" takes a VGG19 file from ``data/weights`` if there is one, else from Keras'
            cache, else downloads it (80 MB); None makes random ones; a path names a no-top VGG19 file
            (``.weights.h5``, or Keras' own ``.h5``).
        width: multiplies every layer's channels (rounded to a multiple of 4, at least 4); ready-made weights need 1.
        freeze_encoder: leaves the encoder's weights as they are in training.

    Returns:
        An uncompiled `keras.Model`; images 0..255 in, probabilities (batch, height, width, 1) float32 out.

    Raises:
        ArgumentError: the shape does not fit; the message says which padding would.
        WeightsError: the weights cannot be had, read, or do not fit.

    >>> model = vgg19_unet((32, 32, 3), weights=None, width=0.05)
    >>> model.output_shape
    (None, 32, 32, 1)
    """
    _check_shape(input_shape, poolings=len(SKIPS), channels=3)
    if not width > 0:
        raise ArgumentError(f"width={width} must be more than 0; 1 is VGG19 itself, 0.25 a small one.")
    if weights is not None and width != 1:
        raise WeightsError(
            f"Weights of VGG19 ({weights}) fit width=1 only, not width={width}, which has other numbers of channels. "
            "Use width=1, or weights=None for random weights."
        )
    source = None if weights is None else _pretrained_vgg19(weights)
    inputs = keras.Input(input_shape, name="image")
    taps = _vgg19(CaffePreprocessing(name="caffe_preprocessing")(inputs), width)
    channels = [_channels(VGG19_BLOCKS[level][1], width) for level in range(len(SKIPS))]
    x = _decoder(taps[BRIDGE], [taps[name] for name in SKIPS], channels)
    model = keras.Model(inputs, _head(x), name="vgg19_unet")
    for name in ENCODER_LAYERS:
        if source is not None:
            model.get_layer(name).set_weights(source.get_layer(name).get_weights())
        model.get_layer(name).trainable = not freeze_encoder
    return model


def unet(input_shape, filters=(16, 32, 64, 128), skips=True):
    """Builds a plain U-Net (Ronneberger et al. 2015, arXiv 1505.04597), padded and with batch normalisation.

    Args:
        input_shape: (height, width, channels); height and width are multiples of 2 ** (len(filters) - 1), or None.
        filters: channels of each level from full size down; the last is the bridge.
        skips: hands each level's features over to the decoder; without, only the bridge knows the image.

    Returns:
        An uncompiled `keras.Model`; images 0..255 in, probabilities (batch, height, width, 1) float32 out.

    Raises:
        ArgumentError: the shape or the filters do not fit.

    >>> unet((64, 64, 3), filters=(4, 8, 16)).output_shape
    (None, 64, 64, 1)
    """
    if len(filters) < 2 or any(count != int(count) or count < 1 for count in filters):
        raise ArgumentError(f"filters={filters} must be two or more whole numbers, for instance (16, 32, 64, 128).")
    _check_shape(input_shape, poolings=len(filters) - 1)
    inputs = keras.Input(input_shape, name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1, dtype="float32", name="to_minus_one_and_one")(inputs)
    features = []
    for level, count in enumerate(filters[:-1], 1):
        features.append(_double_conv(x, count, f"down{level}"))
        x = layers.MaxPooling2D(2, name=f"down{level}_pool")(features[-1])
    x = _double_conv(x, filters[-1], "bridge")
    x = _decoder(x, features if skips else [None] * len(features), filters[:-1])
    return keras.Model(inputs, _head(x), name="unet")


def load_model(path, compile=True):
    """Loads a saved ``.keras`` model, with the course's layers, losses and metrics.

    Args:
        path: the file.
        compile: also restores loss, metrics and optimiser.

    Raises:
        WeightsError: no such file, or it is damaged or holds no Keras model.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"No model at {path}. Give the path of a .keras file, as training writes it.")
    if path.suffix != ".keras":
        raise WeightsError(f"{path} is no .keras file: give the one that training wrote, for instance best.keras.")
    try:
        return keras.saving.load_model(path, compile=compile)
    except UNREADABLE as error:
        raise WeightsError(
            f"{path} cannot be read as a Keras model; it may be damaged or cut short. "
            f"Copy it again, or train again. ({_first_line(error)})"
        ) from error


def encoder_features(model, names=TAPS):
    """Returns a model that gives the outputs of the named layers, by default those that the decoder receives.

    Args:
        model: a model of `vgg19_unet`, or any other with layers of these names.
        names: names of layers.

    Returns:
        A `keras.Model` sharing the weights; images 0..255 in, ``{name: (batch, height, width, channel)}`` out.

    Raises:
        ArgumentError: the model has no such layer.
    """
    known = [layer.name for layer in model.layers]
    missing = [name for name in names if name not in known]
    if missing:
        raise ArgumentError(f"{model.name} has no layer {', '.join(missing)}; it has {', '.join(known)}.")
    return keras.Model(model.input, {name: model.get_layer(name).output for name in names})


def _vgg19(x, width):
    """Runs the five blocks and returns the taps by name; VGG19's last pooling serves its classifier and is left out."""
    taps = {}
    for block, (convs, channels) in enumerate(VGG19_BLOCKS, 1):
        if block > 1:
            x = layers.MaxPooling2D(2, name=f"block{block - 1}_pool")(x)
        for conv in range(1, convs + 1):
            x = _conv(_channels(channels, width), f"block{block}_conv{conv}", activation="relu")(x)
        taps[f"block{block}_conv{convs}"] = x
    return taps


def _decoder(x, features, channels):
    """From the bridge back to full size: up, concatenate, two convolutions; level 1 is full size, as in the encoder."""
    for level in range(len(channels), 0, -1):
        count, skip = channels[level - 1], features[level - 1]
        x = layers.Conv2DTranspose(count, 2, strides=2, name=f"up{level}_transpose")(x)
        if skip is not None:
            x = layers.Concatenate(name=f"up{level}_concat")([x, skip])
        x = _double_conv(x, count, f"up{level}")
    return x


def _double_conv(x, channels, name):
    """Twice 3×3 convolution, batch normalisation, ReLU."""
    for number in (1, 2):
        x = _conv(channels, f"{name}_conv{number}")(x)
        x = layers.BatchNormalization(name=f"{name}_norm{number}")(x)
        x = layers.ReLU(name=f"{name}_relu{number}")(x)
    return x


def _conv(channels, name, activation=None):
    return layers.Conv2D(channels, 3, padding="same", activation=activation, kernel_initializer="he_normal", name=name)


def _head(x):
    """1×1 convolution and sigmoid; in float32, since bfloat16 has few probabilities near 1."""
    x = layers.Conv2D(1, 1, dtype="float32", name="logit")(x)
    return layers.Activation("sigmoid", dtype="float32", name="probability")(x)


def _channels(full, width):
    """Channels at a width: a multiple of 4, at least 4.

    >>> [_channels(full, 0.25) for _, full in VGG19_BLOCKS], _channels(64, 0.05)
    ([16, 32, 64, 128, 128], 4)
    """
    return max(4, 4 * round(full * width / 4))


def _check_shape(input_shape, poolings, channels=None):
    """Raises ArgumentError unless height and width can be halved ``poolings`` times."""
    if len(input_shape) != 3:
        raise ArgumentError(f"input_shape={input_shape} must be (height, width, channels), for instance (64, 64, 3).")
    if channels is not None and input_shape[2] != channels:
        raise ArgumentError(
            f"input_shape={input_shape}: VGG19 takes {channels} channels, not {input_shape[2]}. "
            "Repeat a single channel three times, or build models.unet, which takes any number."
        )
    step, sizes = 2**poolings, input_shape[:2]
    if any(size is not None and (size < 1 or size % step) for size in sizes):
        fitting = tuple(None if size is None else max(step, -(-size // step) * step) for size in sizes)
        raise ArgumentError(
            f"Images of {sizes[0]} × {sizes[1]} pixels cannot be halved {poolings} times: height and width must be "
            f"multiples of {step}. Pad them with zeros to {fitting[0]} × {fitting[1]}, or resize them."
        )


def _pretrained_vgg19(weights):
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
            f"(weights=None), which learn more slowly. ({_first_line(error)})"
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
            f"Fetch it again, or use weights=None for random weights. ({_first_line(error)})"
        ) from error
    return source


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
