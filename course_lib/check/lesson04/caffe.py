"""Exercise: pictures as VGG19 was trained on them."""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case

MEAN = np.array([103.939, 116.779, 123.68])  # of blue, green and red


def _caffe(images):
    return np.asarray(images, float)[..., ::-1] - MEAN


def _colours_left(images):
    return np.asarray(images, float) - MEAN[::-1]


def _only_the_mean_in_order(images):
    return np.asarray(images, float) - MEAN


def _mean_in_the_order_of_red(images):
    return np.asarray(images, float)[..., ::-1] - MEAN[::-1]


def _scaled_first(images):
    return np.asarray(images, float)[..., ::-1] / 255 - MEAN


def _all_scaled(images):
    return (np.asarray(images, float)[..., ::-1] - MEAN) / 255


def _twice(images):
    return _caffe(_caffe(images))


def _no_mean(images):
    return np.asarray(images, float)[..., ::-1]


def _mirrored(images):
    return np.asarray(images, float)[:, :, ::-1] - MEAN


def _all_axes(images):
    return np.asarray(images, float)[::-1] - MEAN


def _wrapped(images):
    return (np.asarray(images)[..., ::-1].astype(np.uint8) - MEAN.astype(np.uint8)).astype(np.uint8)


def _as_in_pytorch(images):
    return (np.asarray(images, float) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]


def _as_in_pytorch_blue_first(images):
    return (np.asarray(images, float)[..., ::-1] / 255 - [0.406, 0.456, 0.485]) / [0.225, 0.224, 0.229]


def _its_own_mean(images):
    turned = np.asarray(images, float)[..., ::-1]
    return turned - turned.mean(axis=(0, 1, 2))


def _without_mean_of_its_own(inputs, output):
    return bool(abs(np.mean(output)) < 1e-3)


def _whole_means(images):
    return np.asarray(images, float)[..., ::-1] - MEAN.astype(np.uint8)


def _one_pixel(*color):
    return np.array(color, np.uint8).reshape(1, 1, 1, 3)


SLICES = np.arange(0, 240, 10).astype(np.uint8).reshape(2, 2, 2, 3)

CAFFE = Exercise(
    name="caffe",
    lesson=4,
    task="Turn pictures, red green blue from 0 to 255, into what VGG19 was trained on.",
    reference=_caffe,
    properties=[
        Property(
            "Blue comes first, then green, then red, each less its own mean.",
            [
                case(_one_pixel(255, 0, 0), note="a red pixel"),
                case(_one_pixel(10, 20, 200), note="a bluish pixel"),
                case(SLICES, note="two pictures of two by two pixels"),
            ],
            points=2,
        ),
        Property("Black becomes minus the mean.", [case(_one_pixel(0, 0, 0), note="a black pixel")]),
        Property(
            "Fractions stay fractions.",
            [case(np.full((1, 2, 1, 3), 100.25, np.float32), note="a grey picture of floating-point numbers")],
        ),
    ],
    misconceptions=[
        Misconception(
            "the colours left as they were",
            "The mean of each colour is taken away well. But VGG19's first layer listens to blue on its first channel.",
            _colours_left,
        ),
        Misconception(
            "blue's mean taken from red, colours not turned",
            "The means are those of blue, green and red, in this order. In which order are your channels there?",
            _only_the_mean_in_order,
        ),
        Misconception(
            "blue's mean taken from red, colours turned",
            "The channels are turned, and the means do not fit them: 103.939 belongs to blue.",
            _mean_in_the_order_of_red,
        ),
        Misconception(
            "scaled to 0..1, then less the mean",
            "The means are on the scale of 0 to 255. Taken from numbers up to 1 they all but hide the picture.",
            _scaled_first,
        ),
        Misconception(
            "all scaled down by 255",
            "In order and centred, but 255 times too faint: VGG19 was trained on the full scale.",
            _all_scaled,
        ),
        Misconception(
            "done twice",
            "The second time turns the channels back and takes the mean away from what no longer has one.",
            _twice,
        ),
        Misconception(
            "the mean left in",
            "The channels are in order. VGG19 also expects an average photograph to come in as zeros.",
            _no_mean,
        ),
        Misconception(
            "the picture mirrored",
            "Left and right have changed places, not red and blue. The axes are (picture, height, width, channel).",
            _mirrored,
        ),
        Misconception(
            "the order of the pictures turned",
            "The pictures have changed places. The colours lie along the last axis, not the first.",
            _all_axes,
        ),
        Misconception(
            "no room for negative numbers",
            "Black has to become negative. In `uint8` it wraps around to something bright: change the type first.",
            _wrapped,
        ),
        Misconception(
            "as PyTorch's networks want it",
            "PyTorch's own weights were trained so: 0 to 1, less a mean, over a spread. These come from Caffe.",
            _as_in_pytorch,
        ),
        Misconception(
            "as PyTorch's networks want it, blue first",
            "Blue comes first, as it should. But 0 to 1 and a spread are PyTorch's custom; Caffe kept 0 to 255.",
            _as_in_pytorch_blue_first,
        ),
        Misconception(
            "the picture's own mean",
            "You took away the mean of what you were given. VGG19 expects ImageNet's: a dark picture has to stay dark.",
            _its_own_mean,
            sign=_without_mean_of_its_own,
        ),
        Misconception(
            "the means without their fractions",
            "In `uint8` 103.939 becomes 103. Let the means be floating-point numbers too.",
            _whole_means,
        ),
    ],
    hints=[
        "Three things: numbers that can be negative, the channels the other way round, then the mean taken away.",
        "Along the last axis, `[..., ::-1]` reads backwards. An array of three numbers is subtracted from every pixel.",
        "Convert to float32 first; then turn the last axis; then subtract `MEAN_BGR`, which is already in that order.",
    ],
)
