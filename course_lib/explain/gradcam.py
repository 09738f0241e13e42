"""Seg-Grad-CAM (Vinogradova, Dibrov & Myers 2020, arXiv 2002.11434): what of a picture moved the answer."""

import numpy as np
from PIL import Image

from course_lib.errors import ArgumentError

THRESHOLD = 0.5


def seg_grad_cam(model, image, layer, region=None):
    """Which places of a layer's maps raised the network's answer for a region.

    The logits (the answer before the sigmoid) of all pixels of the region are summed. A map's weight is the gradient
    of that sum with respect to the map, averaged over the map's pixels. The maps are added up with these weights,
    what is negative becomes 0, and the result is brought to the size of the picture (bilinear).

    Args:
        model: a Keras network on the TensorFlow backend: (batch, height, width, channel) in, and a sigmoid (or a
            logit) for each pixel, (batch, height, width, 1), out.
        image: (height, width, channel), 0..255.
        layer: name of the layer whose maps are looked at, with axes (batch, height, width, channel).
        region: (height, width) mask of the pixels whose answer is to be explained. None takes those that the network
            calls tumour (a probability of at least 0.5).

    Returns:
        (height, width) float32, from 0 on, in no unit: only compare places of one map.

    Raises:
        ArgumentError: no such layer, one that the answer does not come from, an image or region of another shape, an
            empty region (or None where the network finds no tumour), the mean of several networks, another backend.
    """
    picture = _as_batch(model, image)
    maps_and_logits = _two_outputs(model, layer)
    tf = _tensorflow()
    picture = tf.convert_to_tensor(picture)
    with tf.GradientTape() as tape:
        tape.watch(picture)  # so that everything behind it is recorded, frozen layers too
        maps, logits = maps_and_logits(picture, training=False)
        logits = tf.cast(logits, tf.float32)
        inside = _region(region, logits.numpy()[0, ..., 0])
        score = tf.reduce_sum(logits[0, ..., 0] * inside)
    gradient = tape.gradient(score, maps)
    if gradient is None or len(maps.shape) != 4:
        raise ArgumentError(f"The answer does not come from maps of {layer}: choose a convolution on the way to it.")
    maps, gradient = (np.asarray(tf.cast(tensor, tf.float32))[0] for tensor in (maps, gradient))
    weights = gradient.mean(axis=(0, 1))
    cam = np.maximum(maps @ weights, 0).astype(np.float32)
    height, width = np.shape(image)[:2]
    return np.maximum(np.asarray(Image.fromarray(cam).resize((width, height), Image.Resampling.BILINEAR)), 0)


def random_twin(model, seed=0):
    """The same network with fresh random weights: what a map shows of it too, it does not show of training.

    For the comparison of Adebayo et al. 2018, *Sanity Checks for Saliency Maps*, arXiv 1810.03292.

    Args:
        model: a Keras model; left as it is.
        seed: the same seed gives the same weights. Keras' global random state is set to it.

    Returns:
        An uncompiled model of the same architecture.
    """
    from course_lib.backend import keras

    keras.utils.set_random_seed(seed)
    return keras.models.clone_model(model)


def _as_batch(model, image):
    image = np.asarray(image)
    wanted = model.input_shape[1:]
    fits = image.ndim == 3 and all(w in (None, n) for w, n in zip(wanted, image.shape, strict=True))
    if not fits:
        raise ArgumentError(f"The network takes one image of shape {wanted}; got {image.shape}. Load it at that size.")
    return image[None].astype(np.float32)


def _region(region, logits):
    """The region as (height, width) float32 of 0 and 1."""
    if region is None:
        inside = logits >= np.log(THRESHOLD / (1 - THRESHOLD))
        if not inside.any():
            raise ArgumentError("The network finds no tumour in this image: name the region to explain, as a mask.")
        return inside.astype(np.float32)
    inside = np.asarray(region)
    inside = inside[..., 0] if inside.ndim == 3 and inside.shape[-1] == 1 else inside
    if inside.shape != logits.shape:
        raise ArgumentError(f"The region has shape {inside.shape}; it needs {logits.shape}, as the network's answer.")
    if not (inside > 0).any():
        raise ArgumentError("The region is empty: there is no answer in it to explain. Mark one pixel at least.")
    return (inside > 0).astype(np.float32)


def _two_outputs(model, layer):
    """A network that gives the layer's maps and the logits of `model`, sharing its weights."""
    from course_lib.backend import keras

    known = [each.name for each in model.layers]
    if layer not in known:
        raise ArgumentError(f"{model.name} has no layer {layer}; it has {', '.join(known)}.")
    if len(model.output_shape) != 4 or model.output_shape[-1] != 1:
        raise ArgumentError(f"A network with one answer a pixel is needed; this one gives {model.output_shape}.")
    return keras.Model(model.input, [model.get_layer(layer).output, _logits(model)])


def _logits(model):
    """What goes into the sigmoid at the end: the logit cannot be won back from a probability rounded to 1."""
    from course_lib.backend import keras

    last = model.layers[-1]
    if isinstance(last, keras.layers.Average):
        raise ArgumentError("This is the mean of several networks: explain one of them, models.members(network)[0].")
    activation = keras.activations.serialize(last.activation) if hasattr(last, "activation") else "linear"
    if activation == "linear":
        return model.output
    if activation != "sigmoid":
        raise ArgumentError(f"The network ends in {activation}: Seg-Grad-CAM here needs a sigmoid, or a bare logit.")
    if isinstance(last, keras.layers.Activation):
        return last.input
    bare = type(last).from_config({**last.get_config(), "name": f"{last.name}_logit", "activation": "linear"})
    logits = bare(last.input)
    bare.set_weights(last.get_weights())
    return logits


def _tensorflow():
    from course_lib.backend import keras
    from course_lib.quiet import load_tensorflow

    if keras.backend.backend() != "tensorflow":
        raise ArgumentError(f"Seg-Grad-CAM needs the TensorFlow backend; this is {keras.backend.backend()}.")
    return load_tensorflow()
