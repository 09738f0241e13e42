"""Convolutions whose kernels stay in 8 bits in memory too: a large network for prediction in little room."""

from contextlib import nullcontext

from course_lib.backend import keras, layers, ops
from course_lib.quiet import load_tensorflow


@keras.saving.register_keras_serializable("course")
class QuantisedConv2D(layers.Conv2D):
    """`Conv2D` for prediction: a kernel of whole numbers from -127 to 127, and what each output channel's are worth.

    A quarter of the memory of 32-bit kernels; the layer is no slower, since scaling the output is cheap. It does not
    learn: its weights are read from a file (`compact`, which also says how they were rounded).
    """

    def build(self, input_shape):
        """Make the kernel, its scale and the bias."""
        super().build(input_shape)
        self.scale = super().add_weight(name="kernel_scale", shape=(self.filters,), initializer="ones", trainable=False)

    def add_weight(self, *args, name=None, **words):
        """As Keras does, but the kernel in 8 bits."""
        if name == "kernel":
            words |= {"dtype": "int8", "initializer": "zeros", "trainable": False}
        return super().add_weight(*args, name=name, **words)

    def convolution_op(self, inputs, kernel):
        """Convolve with the whole numbers, then scale each channel."""
        with _once_there(inputs):
            numbers = ops.cast(kernel, inputs.dtype)
        return super().convolution_op(inputs, numbers) * ops.cast(self.scale, inputs.dtype)


def _once_there(inputs):
    """On TensorFlow, what is computed inside waits for `inputs`; else it would widen every layer's kernel at once."""
    if keras.backend.backend() != "tensorflow":
        return nullcontext()
    return load_tensorflow().control_dependencies([inputs])
