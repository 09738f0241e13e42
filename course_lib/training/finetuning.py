"""Training from weights that know something already: smaller steps for the encoder."""

from course_lib.models.vgg19 import ENCODER_LAYERS


def with_encoder_rate(adam, share):
    """A kind of Adam whose steps in the encoder's convolutions are smaller than elsewhere.

    Howard & Ruder 2018 (arXiv 1801.06146) call it discriminative fine-tuning: what is new has far to go, what is
    pretrained should hardly move. Adam divides by the gradient's size, so that smaller gradients would not do.

    Args:
        adam: `keras.optimizers.Adam`, or a class made from it.
        share: of the learning rate, for the encoder's convolutions.

    Returns:
        A class that is made and built as `adam` is.
    """

    class EncoderRateAdam(adam):
        def build(self, variables):
            """Make the moments, and note which variables belong to the encoder's convolutions."""
            super().build(variables)
            self.shares = [share if _layer(variable) in ENCODER_LAYERS else 1.0 for variable in variables]

        def update_step(self, gradient, variable, learning_rate):
            """Update one variable and its two moments."""
            rate = learning_rate * self.shares[self._get_variable_index(variable)]
            return super().update_step(gradient, variable, rate)

    return EncoderRateAdam


def _layer(variable):
    """The name of the layer that a Keras variable belongs to."""
    return variable.path.split("/")[-2]
