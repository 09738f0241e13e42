"""Exercise: how far a stack of layers sees."""

import math

from course_lib import convolution
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _steps(layers):
    """Each layer's kernel with the product of the strides before it."""
    strides = [stride for _, stride in layers]
    return [(kernel, math.prod(strides[:place])) for place, (kernel, _) in enumerate(layers)]


def _strides_forgotten(layers):
    return 1 + sum(kernel - 1 for kernel, _ in layers)


def _kernels_added(layers):
    return sum(kernel * step for kernel, step in _steps(layers))


def _kernels_added_without_strides(layers):
    return sum(kernel for kernel, _ in layers)


def _kernels_multiplied(layers):
    return math.prod(kernel for kernel, _ in layers)


def _poolings_add_nothing(layers):
    return 1 + sum((k - 1) * step for (k, step), (_, stride) in zip(_steps(layers), layers, strict=True) if stride == 1)


def _own_stride_too(layers):
    return 1 + sum((k - 1) * step * stride for (k, step), (_, stride) in zip(_steps(layers), layers, strict=True))


def _strides_added(layers):
    strides = [stride for _, stride in layers]
    steps = [1 + sum(stride - 1 for stride in strides[:place]) for place in range(len(layers))]
    return 1 + sum((kernel - 1) * step for (kernel, _), step in zip(layers, steps, strict=True))


def _last_stride_only(layers):
    steps = [1, *(stride for _, stride in layers)]
    return 1 + sum((kernel - 1) * step for (kernel, _), step in zip(layers, steps[:-1], strict=True))


def _width_times_stride(layers):
    width = 1
    for kernel, stride in layers:
        width = (width + kernel - 1) * stride
    return width


def _first_pixel_forgotten(layers):
    return convolution.receptive_field(layers) - 1


CONV, POOL = (3, 1), (2, 2)

FIELD = Exercise(
    name="receptive_field",
    lesson=3,
    task="Say how many pixels of the input, in width, one pixel of the output depends on.",
    reference=convolution.receptive_field,
    properties=[
        Property(
            "Convolutions of stride 1 add their window less one.",
            [
                case([CONV], note="one 3×3 convolution"),
                case([CONV, CONV, CONV], note="three of them"),
                case([(5, 1), (1, 1), CONV], note="windows of 5, 1 and 3"),
            ],
        ),
        Property(
            "What comes after a pooling counts in wider steps.",
            [
                case([POOL, CONV], note="pooling, then a convolution"),
                case([CONV, POOL, CONV], note="a convolution before and after a pooling"),
                case([CONV, CONV, POOL, CONV, CONV, POOL, CONV, CONV], note="two poolings"),
                case([(4, 4), POOL, CONV, CONV], note="a stride of 4 and one of 2"),
            ],
            points=2,
        ),
        Property("Without any layer a pixel sees itself.", [case([], note="no layers")]),
    ],
    misconceptions=[
        Misconception(
            "strides forgotten",
            "After a pooling, neighbours lie two pixels of the input apart; a window laid over them is twice as wide.",
            _strides_forgotten,
        ),
        Misconception(
            "windows added whole",
            "Windows laid around neighbouring pixels cover some of the same pixels. How many are new?",
            _kernels_added,
        ),
        Misconception(
            "windows added whole, strides forgotten",
            "Two things: neighbouring windows cover some of the same pixels, which count once; and what comes after a "
            "pooling counts in wider steps.",
            _kernels_added_without_strides,
        ),
        Misconception(
            "windows multiplied",
            "Three windows of three are not 27 pixels wide: draw them on squared paper, one over the other.",
            _kernels_multiplied,
        ),
        Misconception(
            "pooling adds nothing",
            "Pooling looks through a window too, of 2×2 pixels: it widens the view itself, by a little.",
            _poolings_add_nothing,
        ),
        Misconception(
            "a layer's own stride counted for itself",
            "The stride says how far apart a layer's answers lie. That matters to the layers behind it, not to itself.",
            _own_stride_too,
        ),
        Misconception(
            "strides added up",
            "Two poolings make the picture four times smaller, three make it eight times smaller. Is that a sum?",
            _strides_added,
        ),
        Misconception(
            "only the stride just before counted",
            "The step was set to the last stride. But neighbours stay far apart behind a convolution, and a second "
            "pooling doubles what the first has doubled: multiply.",
            _last_stride_only,
        ),
        Misconception(
            "the width multiplied by the stride",
            "A stride does not stretch what has been seen so far. It moves apart what comes after: only steps grow.",
            _width_times_stride,
        ),
        Misconception(
            "the pixel itself forgotten",
            "Begin with one pixel: what a network without any layers sees.",
            _first_pixel_forgotten,
        ),
    ],
    hints=[
        "Walk through the layers and carry two numbers: how wide the view is, and how far apart neighbours lie.",
        "At the start the view is 1 wide and neighbours lie 1 apart. A window of 3 adds two neighbours, so two steps.",
        "In each layer first widen the view by (kernel − 1) steps, then multiply the step by the layer's stride.",
    ],
)
