"""Several networks that answer together: the mean of their probabilities.

Networks that began from other random weights err in other places, and the mean of their answers errs less than they do
on average (Lakshminarayanan, Pritzel & Blundell 2017, *Deep Ensembles*, arXiv 1612.01474).
"""

from course_lib.backend import keras, layers
from course_lib.errors import ArgumentError

MEAN = "mean_probability"


def ensemble(networks):
    """One network whose answer is the mean of several networks' answers.

    Args:
        networks: `keras.Model`s of one input shape and one output shape. The first one's layers become layers of the
            whole and keep their names; each of the others becomes one layer, ``member2``, ``member3``, … Weights are
            shared with `networks`, not copied.

    Returns:
        An uncompiled `keras.Model` with the name of the first; of a single network, that network.

    Raises:
        ArgumentError: no network, or shapes that differ.
    """
    networks = list(networks)
    if not networks:
        raise ArgumentError("An ensemble needs one network at least.")
    first, *others = networks
    for number, other in enumerate(others, 2):
        if (other.input_shape, other.output_shape) != (first.input_shape, first.output_shape):
            raise ArgumentError(
                f"Network {number} turns {other.input_shape} into {other.output_shape}, the first "
                f"{first.input_shape} into {first.output_shape}: their answers cannot be averaged."
            )
    if not others:
        return first
    named = [keras.Model(each.input, each.output, name=f"member{n}") for n, each in enumerate(others, 2)]
    answers = [first.output, *(member(first.input) for member in named)]
    return keras.Model(first.input, layers.Average(dtype="float32", name=MEAN)(answers), name=first.name)


def members(model):
    """The networks of which an ensemble takes the mean, each to be used by itself; weights are shared.

    Args:
        model: what `ensemble` gave, or any other network.

    Returns:
        A list of `keras.Model`; of a network that is no ensemble, that network alone.
    """
    last = model.layers[-1]
    if last.name != MEAN:
        return [model]
    first = last.input[0]
    return [keras.Model(model.input, first, name=model.name), *(x for x in model.layers if isinstance(x, keras.Model))]
