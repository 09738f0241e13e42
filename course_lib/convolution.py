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


def trainable_parameters(layers, frozen=0):
    """How many numbers training may change in a stack of layers.

    Convolutions, transposed ones too, learn windows and biases. Batch normalisation learns a gain and a shift for each
    channel; its running mean and variance, two more numbers, are measured and not learned (Ioffe and Szegedy 2015,
    arXiv 1502.03167).

    Args:
        layers: from the input on, ``("conv", kernel, inputs, outputs)`` or ``("norm", channels)``.
        frozen: so many layers, from the input on, keep their weights.

    Raises:
        ArgumentError: a layer of another kind, or `frozen` is negative.

    >>> trainable_parameters([("conv", 3, 3, 64), ("norm", 64)])
    1920
    >>> trainable_parameters([("conv", 3, 3, 64), ("norm", 64)], frozen=1)
    128
    """
    if frozen < 0:
        raise ArgumentError(f"frozen={frozen}: a number of layers, from 0 on.")
    total = 0
    for kind, *numbers in layers[frozen:]:
        if kind not in ("conv", "norm"):
            raise ArgumentError(f'A layer is ("conv", kernel, inputs, outputs) or ("norm", channels), not {kind!r}.')
        if kind == "conv":
            kernel, inputs, outputs = numbers
            total += conv_parameters(inputs, outputs, kernel)
        else:
            total += 2 * numbers[0]
    return total
