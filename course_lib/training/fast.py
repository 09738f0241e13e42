"""What makes a training step cheaper without changing what it computes: TensorFlow's one-pass operations.

Networks trained so hold the same numbers as Keras' own; what is saved holds Keras' own layers and optimiser.
"""

from course_lib.backend import keras
from course_lib.quiet import load_tensorflow
from course_lib.training.policy import has_gpu


def accelerate(model):
    """The same network with the same weights, batch normalisation in one operation where that pays.

    Args:
        model: network of Keras' layers; left as it is.

    Returns:
        An uncompiled copy; `model` itself on a GPU, on other backends than TensorFlow, and without batch normalisation.
    """
    norms = [layer for layer in model.layers if type(layer) is keras.layers.BatchNormalization]
    if keras.backend.backend() != "tensorflow" or has_gpu() or not norms:
        return model
    copy = keras.models.clone_model(model, clone_function=_one_pass)
    copy.set_weights(model.get_weights())
    return copy


def _one_pass(layer):
    kind = FusedBatchNormalization if type(layer) is keras.layers.BatchNormalization else type(layer)
    return kind.from_config(layer.get_config())


@keras.saving.register_keras_serializable("course")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """`BatchNormalization` over (batch, height, width) in one operation; Keras makes about ten, in float32, of it.

    In training on TensorFlow only; everything else is left to Keras.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalise by the batch and move the running statistics, or normalise by these."""
        if not training or not self.trainable or mask is not None or len(inputs.shape) != 4:
            return super().call(inputs, training=training, mask=mask)
        tf = load_tensorflow()

        empty = tf.zeros([0])  # no statistics but the batch's
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=keras.ops.cast(self.gamma, "float32"),
            offset=keras.ops.cast(self.beta, "float32"),
            mean=empty,
            variance=empty,
            epsilon=self.epsilon,
            is_training=True,
        )
        count = tf.cast(tf.reduce_prod(tf.shape(inputs)[:-1]), tf.float32)
        variance *= (count - 1) / count  # TensorFlow reports it over count - 1, Keras keeps it over count
        for kept, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kept.assign(kept * self.momentum + new * (1 - self.momentum))
        return outputs


@keras.saving.register_keras_serializable("course")
class FusedAdam(keras.optimizers.Adam):
    """Adam with one pass over each variable where Keras spells out a dozen; the same numbers up to rounding.

    For 31 million weights and batches of few small slices, the dozen passes are a tenth of a step. TensorFlow has the
    one pass as an operation; on other backends this is Keras' Adam.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable and its two moments."""
        if keras.backend.backend() != "tensorflow" or self.amsgrad:
            return super().update_step(gradient, variable, learning_rate)
        tf = load_tensorflow()

        position = self._get_variable_index(variable)
        step = keras.ops.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self._momentums[position]),
            v=_handle(self._velocities[position]),
            beta1_power=keras.ops.power(keras.ops.cast(self.beta_1, variable.dtype), step),
            beta2_power=keras.ops.power(keras.ops.cast(self.beta_2, variable.dtype), step),
            lr=keras.ops.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=keras.ops.cast(gradient, variable.dtype),
        )


def _handle(variable):
    """TensorFlow's handle of a variable of Keras or TensorFlow."""
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle
