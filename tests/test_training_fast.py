"""What makes training faster: fewer bits where the processor multiplies them, one pass where Keras takes several."""

import dataclasses

import numpy as np
import pytest
from toy_runs import TOY

from course_lib.training import train
from course_lib.training.policy import choose_precision, precision

pytest_plugins = ["toy_runs"]


@pytest.mark.parametrize("flags", [{"avx512_bf16"}, {"amx_bf16", "avx2"}])
def test_bfloat16_is_taken_where_the_processor_multiplies_it(flags, monkeypatch):
    monkeypatch.setattr("course_lib.training.policy.has_gpu", lambda: False)
    monkeypatch.setattr("course_lib.training.policy.processor_flags", lambda: frozenset(flags))
    assert choose_precision() == "mixed_bfloat16"


def test_float32_is_taken_where_neither_gpu_nor_processor_does_better(monkeypatch):
    monkeypatch.setattr("course_lib.training.policy.has_gpu", lambda: False)
    monkeypatch.setattr("course_lib.training.policy.processor_flags", lambda: frozenset({"avx2", "avx512f"}))
    assert choose_precision() == "float32"


def test_the_precision_policy_is_what_it_was_afterwards_even_after_an_error():
    import keras

    before = keras.config.dtype_policy().name
    inside = []

    def fail():
        with precision("mixed_bfloat16"):
            inside.append(keras.config.dtype_policy().name)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert inside == ["mixed_bfloat16"]
    assert keras.config.dtype_policy().name == before


@pytest.mark.slow
def test_mixed_precision_trains_leaves_no_trace_and_saves_a_float32_network(scans_folder, tmp_path):
    import keras

    recipe = dataclasses.replace(
        TOY, network="vgg19_unet", width=0.05, precision="mixed_bfloat16", epochs=1, schedule="cosine"
    )
    run = train(recipe, scans_folder, tmp_path / "run", progress=False)
    assert keras.config.dtype_policy().name == "float32"
    model = run.best_model()
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert model.optimizer is not None


def test_one_pass_batch_norm_gives_the_outputs_gradients_and_statistics_of_keras():
    import keras
    import tensorflow as tf

    from course_lib.training.fast import FusedBatchNormalization

    random = np.random.default_rng(0)
    images, upstream = (tf.constant(random.normal(2, 3, (4, 6, 5, 8)), tf.float32) for _ in range(2))
    found = []
    for kind in (keras.layers.BatchNormalization, FusedBatchNormalization):
        layer = kind()
        layer.build(images.shape)
        layer.set_weights([np.arange(1.0, 9) / 4, np.arange(8.0), np.zeros(8), np.ones(8)])
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = layer(images, training=True)
            total = tf.reduce_sum(outputs * upstream)
        gradients = tape.gradient(total, [images, *(weight.value for weight in layer.trainable_variables)])
        found.append([outputs, *gradients, *layer.get_weights(), layer(images, training=False)])
    for theirs, ours in zip(*found, strict=True):
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-4, atol=1e-4)


def test_the_faster_network_has_the_same_layers_weights_and_answers():
    from course_lib.models import vgg19_unet
    from course_lib.training.fast import FusedBatchNormalization, accelerate

    model = vgg19_unet((16, 16, 3), weights=None, width=0.05)
    model.get_layer("block1_conv1").trainable = False
    faster = accelerate(model)
    assert sum(type(layer) is FusedBatchNormalization for layer in faster.layers) == 8
    assert [layer.name for layer in faster.layers] == [layer.name for layer in model.layers]
    assert [layer.trainable for layer in faster.layers] == [layer.trainable for layer in model.layers]
    for ours, theirs in zip(faster.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype("float32")
    np.testing.assert_allclose(faster(images), model(images), atol=1e-5)


def test_one_pass_adam_makes_the_steps_of_keras_adam():
    import keras

    from course_lib.training.fast import FusedAdam

    random = np.random.default_rng(0)
    start, gradients = random.normal(size=(5, 7)), random.normal(size=(6, 5, 7))
    ends = []
    for adam in (keras.optimizers.Adam, FusedAdam):
        optimizer, variable = adam(0.01, epsilon=1e-3), keras.Variable(start.astype("float32"))
        for number, gradient in enumerate(gradients):
            optimizer.learning_rate = 0.01 if number < 3 else 0.002
            optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [variable])
        ends.append([variable.numpy(), *(np.asarray(v) for v in optimizer.variables)])
    for theirs, ours in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-7)
