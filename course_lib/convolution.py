"""What convolutions cost and how far they see, by arithmetic alone."""

import math

from course_lib.errors import ArgumentError


def conv_parameters(inputs, outputs, kernel=3, bias=True):
    """How many numbers one convolution layer learns.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        kernel: height and width of the window, in pixels.
        bias: whether each output channel adds a number of its own.

    Raises:
        ArgumentError: a count is below 1.

    >>> conv_parameters(3, 64)
    1792
    """
    if min(inputs, outputs, kernel) < 1:
        raise ArgumentError(f"A convolution from {inputs} to {outputs} channels with a window of {kernel}: at least 1.")
    return outputs * (inputs * kernel**2 + (1 if bias else 0))


def receptive_field(layers):
    """How many pixels of the input, in height and in width, one pixel of the output depends on.

    Each layer adds its window less one, in steps as wide as all the strides before it multiplied
    (Araujo, Norris and Sim 2019, doi 10.23915/distill.00021).

    Args:
        layers: (kernel, stride) of each layer from the input on; 2×2 pooling is (2, 2).

    Returns:
        Width of the field in pixels; an image that is smaller is seen as a whole.

    Raises:
        ArgumentError: a kernel or a stride is below 1.

    >>> receptive_field([(3, 1), (3, 1)])
    5
    >>> receptive_field([(3, 1), (2, 2), (3, 1)])
    8
    """
    layers = list(layers)
    if any(kernel < 1 or stride < 1 for kernel, stride in layers):
        raise ArgumentError(f"Layers are pairs (kernel, stride) of whole numbers from 1 on; got {layers}.")
    strides = [stride for _, stride in layers]
    return 1 + sum((kernel - 1) * math.prod(strides[:place]) for place, (kernel, _) in enumerate(layers))
