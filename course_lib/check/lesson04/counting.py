"""Exercise: how many numbers training may change."""

from course_lib import convolution
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _count(layers, conv=lambda k, a, b: b * (a * k * k + 1), norm=lambda channels: 2 * channels):
    return sum({"conv": conv, "norm": norm}[kind](*numbers) for kind, *numbers in layers)


def _statistics_too(layers, frozen=0):
    return _count(layers[frozen:], norm=lambda channels: 4 * channels)


def _without_biases(layers, frozen=0):
    return _count(layers[frozen:], conv=lambda k, a, b: a * b * k * k)


def _frozen_too(layers, frozen=0):
    return _count(layers)


def _without_norms(layers, frozen=0):
    return _count(layers[frozen:], norm=lambda channels: 0)


def _one_number_a_norm(layers, frozen=0):
    return _count(layers[frozen:], norm=lambda channels: channels)


def _rows(layers, frozen=0):
    return _count(layers[frozen:], conv=lambda k, a, b: b * (a * k + 1))


def _frozen_at_the_end(layers, frozen=0):
    return _count(layers[: len(layers) - frozen])


def _only_the_frozen(layers, frozen=0):
    return _count(layers[:frozen])


def _norms_with_two_numbers_in_all(layers, frozen=0):
    return _count(layers[frozen:], norm=lambda channels: 2)


def _frozen_and_statistics(layers, frozen=0):
    return _count(layers, norm=lambda channels: 4 * channels)


def _channels_forgotten(layers, frozen=0):
    return _count(layers[frozen:], conv=lambda k, a, b: b * (k * k + 1))


def _a_bias_for_each_input(layers, frozen=0):
    return _count(layers[frozen:], conv=lambda k, a, b: a * b * k * k + a)


def _one_bias_a_layer(layers, frozen=0):
    return _count(layers[frozen:], conv=lambda k, a, b: a * b * k * k + 1)


def _only_convolutions_frozen(layers, frozen=0):
    convolutions = [layer for layer in layers if layer[0] == "conv"]
    return _count(convolutions[frozen:]) + _count([layer for layer in layers if layer[0] == "norm"])


FIRST, SECOND = ("conv", 3, 2, 8), ("conv", 3, 8, 8)
UP, NORM, LAST = ("conv", 2, 8, 4), ("norm", 4), ("conv", 1, 4, 1)

COUNTING = Exercise(
    name="trainable_parameters",
    lesson=4,
    task="Count the numbers that training may change, given the layers and how many of them are frozen.",
    reference=convolution.trainable_parameters,
    properties=[
        Property(
            "Convolutions count with windows and biases.",
            [case([FIRST], note="3×3, two channels to eight maps"), case([FIRST, SECOND], note="two convolutions")],
        ),
        Property(
            "Batch normalisation learns a gain and a shift for each channel, and measures the rest.",
            [case([UP, NORM], note="a convolution and its normalisation"), case([NORM], note="a normalisation alone")],
            points=2,
        ),
        Property(
            "Frozen layers do not count.",
            [
                case([FIRST, SECOND, UP, NORM, LAST], frozen=2, note="five layers, the first two frozen"),
                case([FIRST, SECOND, LAST], frozen=1, note="three layers, the first one frozen"),
                case([FIRST, NORM], frozen=2, note="all frozen"),
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "batch-norm statistics counted",
            "Mean and variance are stored, and counted in a network's size; but they are measured, not trained.",
            _statistics_too,
        ),
        Misconception(
            "biases forgotten",
            "Every map that a convolution makes also gets one number added. Who learns it?",
            _without_biases,
        ),
        Misconception(
            "frozen layers counted",
            "That is what the network holds. How much of it may change, once the first layers are frozen?",
            _frozen_too,
        ),
        Misconception(
            "normalisation counted as nothing",
            "Once brought to mean 0 and spread 1, each channel is given a gain and a shift, and these are learned.",
            _without_norms,
        ),
        Misconception(
            "one number for each normalised channel",
            "A channel is multiplied by one number and another one is added: gain and shift.",
            _one_number_a_norm,
        ),
        Misconception(
            "windows counted as rows",
            "A window of 3 has three rows of three numbers.",
            _rows,
        ),
        Misconception(
            "one window for all channels",
            "Each map has a window of its own for *every* channel that comes in; you counted one for all of them.",
            _channels_forgotten,
        ),
        Misconception(
            "a bias for each input",
            "The bias is added to what comes out: one for each map that the convolution makes.",
            _a_bias_for_each_input,
        ),
        Misconception(
            "one bias for the layer",
            "Every map has a bias of its own, not the layer as a whole.",
            _one_bias_a_layer,
        ),
        Misconception(
            "only convolutions counted as frozen",
            "`frozen` counts all layers from the input on, the normalisations among them.",
            _only_convolutions_frozen,
        ),
        Misconception(
            "frozen at the wrong end",
            "The encoder is frozen, and it comes first in the list; the layers behind it learn.",
            _frozen_at_the_end,
        ),
        Misconception(
            "the frozen layers only",
            "That is what stays as it is. Asked for is the rest.",
            _only_the_frozen,
        ),
        Misconception(
            "two numbers for the whole normalisation",
            "Every channel has a gain and a shift of its own.",
            _norms_with_two_numbers_in_all,
        ),
        Misconception(
            "all that is stored",
            "Two things: the frozen layers are in it, and the means and variances, which nobody trains.",
            _frozen_and_statistics,
        ),
    ],
    hints=[
        "Leave the frozen layers out first: `layers[frozen:]`. Then go through the rest and add up.",
        "A convolution: for each map a window for every channel that comes in, and one bias. A normalisation: 2 each.",
        "`for kind, *numbers in …` gives the kind and the rest; for a convolution unpack kernel, inputs, outputs.",
    ],
)
