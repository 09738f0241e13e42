"""Exercise: how many numbers a convolution layer learns."""

from course_lib import convolution
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _without_bias(inputs, outputs, kernel=3, bias=True):
    return outputs * inputs * kernel**2


def _bias_per_input(inputs, outputs, kernel=3, bias=True):
    return outputs * inputs * kernel**2 + (inputs if bias else 0)


def _bias_per_window(inputs, outputs, kernel=3, bias=True):
    return outputs * inputs * (kernel**2 + (1 if bias else 0))


def _one_bias(inputs, outputs, kernel=3, bias=True):
    return outputs * inputs * kernel**2 + (1 if bias else 0)


def _bias_always(inputs, outputs, kernel=3, bias=True):
    return outputs * (inputs * kernel**2 + 1)


def _not_squared(inputs, outputs, kernel=3, bias=True):
    return outputs * (inputs * kernel + (1 if bias else 0))


def _one_window_for_all_inputs(inputs, outputs, kernel=3, bias=True):
    return outputs * (kernel**2 + (1 if bias else 0))


PARAMETERS = Exercise(
    name="conv_parameters",
    lesson=3,
    task="Count the numbers that a convolution layer learns.",
    reference=convolution.conv_parameters,
    properties=[
        Property(
            "Every map has a window of its own for every channel that comes in; without bias, that is all.",
            [
                case(1, 1, bias=False, note="one channel in, one map out: the nine numbers"),
                case(3, 8, bias=False, note="three sequences in, eight maps out"),
                case(8, 2, bias=False, note="eight maps in, two out"),
            ],
            points=2,
        ),
        Property(
            "A window is as wide as it is high.", [case(2, 3, kernel=5, bias=False), case(4, 1, kernel=1, bias=False)]
        ),
        Property(
            "With a bias, each map learns one number more.",
            [case(3, 8, note="three sequences in, eight maps out"), case(5, 2, kernel=1, note="windows of one pixel")],
        ),
    ],
    misconceptions=[
        Misconception(
            "the bias forgotten",
            "The windows are counted well. But `bias=True` says that something is added after them; how often?",
            _without_bias,
        ),
        Misconception(
            "a bias for every input channel",
            "The bias is added to a finished map. Are there as many of those as channels that come in?",
            _bias_per_input,
        ),
        Misconception(
            "a bias for every window",
            "The answers of all windows of one map are summed first; only then is a bias added, once.",
            _bias_per_window,
        ),
        Misconception(
            "one bias for the whole layer",
            "Every map that comes out has its own brightness, so a single bias for all of them is too few.",
            _one_bias,
        ),
        Misconception(
            "a bias where none was asked for",
            "With `bias=False` nothing is added: then the windows are all there is.",
            _bias_always,
            sign=lambda inputs, output: inputs == (1, 1) and output == 10,  # whatever it adds elsewhere
        ),
        Misconception(
            "the window counted as a row",
            "A window of 3 has three rows of three numbers.",
            _not_squared,
        ),
        Misconception(
            "one window for all input channels",
            "Pre-contrast and FLAIR mean different things, so a layer has a window for each channel that comes in.",
            _one_window_for_all_inputs,
        ),
    ],
    hints=[
        "Begin with one map out of one channel: how many numbers did the window above have?",
        "Now three channels come in: each has its own window, and their answers are added up. Then eight maps go out.",
        "Numbers for one map: a window for each input channel, and perhaps one bias. Then as often as maps go out.",
    ],
)
