"""The course's two networks: a plain U-Net, and a U-Net whose encoder is VGG19.

Both take images (batch, height, width, 3) with values 0..255, uint8 or float, and give tumour probabilities
(batch, height, width, 1) in float32. What the network wants its input to look like is done by its own first layer, so
that a saved model needs nothing beside itself.

VGG19-U-Net: the encoder's last convolution before each pooling is kept for the decoder (`SKIPS`), and the last one of
block 5, at 1/16 of the size, is the `BRIDGE`. Layers carry the names that keras.applications gives them.
"""

from course_lib.models.compact import load_compact, save_compact
from course_lib.models.encoders import Encoder, best_encoder, first_windows
from course_lib.models.ensemble import ensemble, members
from course_lib.models.field import effective_width, influence
from course_lib.models.leveling import fit_norms, level_maps
from course_lib.models.networks import encoder_features, unet, vgg19_unet
from course_lib.models.saved import load_model
from course_lib.models.shipped import SHIPPED_FILE, SMALL_ENCODER, shipped_model, shipped_patients, unseen
from course_lib.models.standardising import SliceStandardisation, standardised_slices
from course_lib.models.vgg19 import (
    BRIDGE,
    ENCODER_LAYERS,
    MEAN_BGR,
    SKIPS,
    TAPS,
    VGG19_BLOCKS,
    CaffePreprocessing,
)

__all__ = [
    "BRIDGE",
    "ENCODER_LAYERS",
    "MEAN_BGR",
    "SHIPPED_FILE",
    "SKIPS",
    "SMALL_ENCODER",
    "TAPS",
    "VGG19_BLOCKS",
    "CaffePreprocessing",
    "Encoder",
    "SliceStandardisation",
    "best_encoder",
    "effective_width",
    "encoder_features",
    "ensemble",
    "first_windows",
    "fit_norms",
    "influence",
    "level_maps",
    "load_compact",
    "load_model",
    "members",
    "save_compact",
    "shipped_model",
    "shipped_patients",
    "standardised_slices",
    "unet",
    "unseen",
    "vgg19_unet",
]
