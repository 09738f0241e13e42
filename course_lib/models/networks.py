"""The two networks: a U-Net whose encoder is VGG19, and a plain U-Net."""

from course_lib.backend import keras, layers
from course_lib.errors import ArgumentError, WeightsError
from course_lib.models.compact import Stored, set_weights
from course_lib.models.standardising import GREY, SliceStandardisation
from course_lib.models.vgg19 import (
    BRIDGE,
    ENCODER_LAYERS,
    SKIPS,
    TAPS,
    VGG19_BLOCKS,
    CaffePreprocessing,
    channels_at,
    conv3x3,
    pretrained_vgg19,
    vgg19_blocks,
)


def vgg19_unet(
    input_shape=(256, 256, 3),
    weights="imagenet",
    width=1.0,
    freeze_encoder=False,
    decoder_width=None,
    standardise=False,
    encoder_norm=False,
):
    """Builds the U-Net with VGG19's convolutions as encoder; at width 1 it has 31,172,033 parameters.

    Args:
        input_shape: (height, width, 3); height and width are multiples of 16, or None for any.
        weights: of the encoder. "imagenet" takes a VGG19 file from ``data/weights`` if there is one, else from Keras'
            cache, else downloads it (80 MB); None makes random ones; a path names a no-top VGG19 file
            (``.weights.h5``, or Keras' own ``.h5``), or an encoder of the course's own (``.npz``, of this width).
        width: multiplies every layer's channels (rounded to a multiple of 4, at least 4); VGG19's own weights need 1.
        freeze_encoder: leaves the encoder's weights as they are in training.
        decoder_width: multiplies the decoder's channels where they are to be fewer than the encoder's; None is `width`.
        standardise: brings each sequence of a slice to one mean and spread before anything else, so that scanners
            matter less (`SliceStandardisation`); "grey" does so in grey values, as `standardised_slices` makes them of
            the slices that such a network is trained on.
        encoder_norm: batch normalisation after every convolution of the encoder. From random weights the deepest
            blocks would hardly learn without; with trained weights call `fit_norms` before training.

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
    compact = weights is not None and str(weights).endswith(".npz")
    if weights is not None and width != 1 and not compact:
        raise WeightsError(
            f"Weights of VGG19 ({weights}) fit width=1 only, not width={width}, which has other numbers of channels. "
            "Use width=1, or weights=None for random weights."
        )
    source = None if weights is None or compact else pretrained_vgg19(weights)
    inputs = keras.Input(input_shape, name="image")
    x = _standardised(inputs, standardise)
    taps = vgg19_blocks(CaffePreprocessing(name="caffe_preprocessing")(x), width, encoder_norm)
    channels = [channels_at(VGG19_BLOCKS[level][1], decoder_width or width) for level in range(len(SKIPS))]
    x = _decoder(taps[BRIDGE], [taps[name] for name in SKIPS], channels)
    model = keras.Model(inputs, _head(x), name="vgg19_unet")
    if compact:
        set_weights(model, Stored(weights))
    for name in ENCODER_LAYERS:
        if source is not None:
            model.get_layer(name).set_weights(source.get_layer(name).get_weights())
        model.get_layer(name).trainable = not freeze_encoder
    return model


def unet(input_shape, filters=(16, 32, 64, 128), skips=True, standardise=False):
    """Builds a plain U-Net (Ronneberger et al. 2015, arXiv 1505.04597), padded and with batch normalisation.

    Args:
        input_shape: (height, width, channels); height and width are multiples of 2 ** (len(filters) - 1), or None.
        filters: channels of each level from full size down; the last is the bridge.
        skips: hands each level's features over to the decoder; without, only the bridge knows the image.
        standardise: as in `vgg19_unet`; for three channels.

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
    x = layers.Rescaling(1 / 127.5, offset=-1, dtype="float32", name="to_minus_one_and_one")(
        _standardised(inputs, standardise)
    )
    features = []
    for level, count in enumerate(filters[:-1], 1):
        features.append(_doubleconv3x3(x, count, f"down{level}"))
        x = layers.MaxPooling2D(2, name=f"down{level}_pool")(features[-1])
    x = _doubleconv3x3(x, filters[-1], "bridge")
    x = _decoder(x, features if skips else [None] * len(features), filters[:-1])
    return keras.Model(inputs, _head(x), name="unet")


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


def _standardised(inputs, standardise):
    if not standardise:
        return inputs
    return SliceStandardisation(name="slice_standardisation", **(GREY if standardise == "grey" else {}))(inputs)


def _decoder(x, features, channels):
    """From the bridge back to full size: up, concatenate, two convolutions; level 1 is full size, as in the encoder."""
    for level in range(len(channels), 0, -1):
        count, skip = channels[level - 1], features[level - 1]
        x = layers.Conv2DTranspose(count, 2, strides=2, name=f"up{level}_transpose")(x)
        if skip is not None:
            x = layers.Concatenate(name=f"up{level}_concat")([x, skip])
        x = _doubleconv3x3(x, count, f"up{level}")
    return x


def _doubleconv3x3(x, channels, name):
    """Twice 3×3 convolution, batch normalisation, ReLU."""
    for number in (1, 2):
        x = conv3x3(channels, f"{name}_conv{number}")(x)
        x = layers.BatchNormalization(name=f"{name}_norm{number}")(x)
        x = layers.ReLU(name=f"{name}_relu{number}")(x)
    return x


def _head(x):
    """1×1 convolution and sigmoid; in float32, since bfloat16 has few probabilities near 1."""
    x = layers.Conv2D(1, 1, dtype="float32", name="logit")(x)
    return layers.Activation("sigmoid", dtype="float32", name="probability")(x)


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
