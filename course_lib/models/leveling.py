"""An encoder whose maps are all about equally loud, or pass through normalisation, and show what they showed before."""

import numpy as np

from course_lib.errors import ArgumentError
from course_lib.models.networks import encoder_features
from course_lib.models.vgg19 import ENCODER_LAYERS, norm_name


def level_maps(model, images):
    """Scales the encoder's weights so that the maps of every layer have a spread of 1 on these images.

    Convolutions, ReLU and poolings keep a factor: a layer's windows and biases times c make its maps times c, and the
    next layer's windows divided by c take it back. So every map shows what it showed before, louder or softer.
    (Gatys, Ecker and Bethge 2015, arXiv 1505.07376, did something like it with VGG19: a mean activation of 1 for every
    map; here it is the spread of a whole layer.)

    Args:
        model: a network of `vgg19_unet`; its encoder is changed in place.
        images: (image, height, width, 3) in 0..255, some dozen, of the kind that it will see.

    Returns:
        The same model.

    Raises:
        ArgumentError: a layer's maps are the same everywhere: there is nothing to scale.
    """
    maps = encoder_features(model, ENCODER_LAYERS)(np.asarray(images, np.float32), training=False)
    before = 1.0
    for name in ENCODER_LAYERS:
        spread = float(np.std(maps[name]))
        if not spread > 0:
            raise ArgumentError(f"The maps of {name} are the same everywhere on these images: give others, or more.")
        windows, biases = model.get_layer(name).get_weights()
        model.get_layer(name).set_weights([windows / spread / before, biases / spread])
        before = 1 / spread
    return model


def fit_norms(model, images):
    """Sets the encoder's batch normalisation so that it changes nothing as yet: trained weights keep their worth.

    Mean and variance become those of the maps on these images, offset and scale the same, so that what is subtracted
    and divided by comes back. Put in fresh, batch normalisation would bring every map to one mean and spread, and the
    next layer's trained windows would no longer fit. The maps are levelled before (`level_maps`), so that scales and
    offsets begin near 1, where a learning rate for weights suits them too.

    Args:
        model: a network of ``vgg19_unet(weights=..., encoder_norm=True)``, not trained yet; changed in place.
        images: (image, height, width, 3) in 0..255, some dozen, of the kind that it will see.

    Returns:
        The same model.

    Raises:
        ArgumentError: the encoder has no batch normalisation, or a layer's maps are the same everywhere.
    """
    names = [layer.name for layer in model.layers]
    missing = [name for name in ENCODER_LAYERS if norm_name(name) not in names]
    if missing:
        raise ArgumentError(f"{model.name} has no batch normalisation after {missing[0]}: build it with encoder_norm.")
    level_maps(model, images)
    maps = encoder_features(model, ENCODER_LAYERS)(np.asarray(images, np.float32), training=False)
    for name in ENCODER_LAYERS:
        values = np.asarray(maps[name], np.float64)
        mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
        norm = model.get_layer(norm_name(name))
        norm.set_weights([np.sqrt(variance + norm.epsilon), mean, mean, variance])  # scale, offset, mean, variance
    return model
