"""What the networks must hold: the original's layers and weights, input as it comes, and reload anywhere."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from course_lib import losses, models
from course_lib.errors import ArgumentError, WeightsError

SMALL = {"input_shape": (32, 32, 3), "weights": None, "width": 0.05}


@pytest.fixture(scope="module")
def images():
    """Four images (image, height, width, channel) in 0..255 with a bright square each, and the masks of the squares."""
    rng = np.random.default_rng(3)
    values, masks = rng.integers(0, 120, (4, 32, 32, 3), dtype="uint8"), np.zeros((4, 32, 32, 1), "float32")
    for image, mask in zip(values, masks, strict=True):
        row, column = rng.integers(2, 18, 2)
        image[row : row + 10, column : column + 10] += 120
        mask[row : row + 10, column : column + 10] = 1
    return values, masks


@pytest.fixture(scope="module")
def keras_vgg19():
    """VGG19 as keras.applications builds it, with random weights, for 32-pixel images."""
    keras.utils.set_random_seed(5)
    return keras.applications.VGG19(include_top=False, weights=None, input_shape=(32, 32, 3))


@pytest.fixture(scope="module")
def vgg19_file(keras_vgg19, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "some_vgg19.weights.h5"
    keras_vgg19.save_weights(path)
    return path


@pytest.fixture
def mixed_bfloat16():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


# --- architecture ---------------------------------------------------------------------------------------------------


def test_at_width_1_the_network_has_the_originals_parameters():
    model = models.vgg19_unet((32, 32, 3), weights=None)
    encoder = sum(model.get_layer(name).count_params() for name in models.ENCODER_LAYERS)
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    statistics = sum(int(np.prod(weight.shape)) for norm in norms for weight in norm.non_trainable_weights)
    assert model.count_params() == 31_172_033
    assert encoder == 20_024_384
    assert model.count_params() - encoder == 11_147_649
    assert statistics == 3_840


def test_the_decoder_receives_the_last_convolution_of_every_block():
    features = models.encoder_features(models.vgg19_unet((64, 48, 3), weights=None))
    assert {name: tuple(output.shape[1:]) for name, output in features.output.items()} == {
        "block1_conv2": (64, 48, 64),
        "block2_conv2": (32, 24, 128),
        "block3_conv4": (16, 12, 256),
        "block4_conv4": (8, 6, 512),
        "block5_conv4": (4, 3, 512),
    }


def test_the_encoder_has_the_layers_of_keras_vgg19(keras_vgg19):
    theirs = [layer.name for layer in keras_vgg19.layers if isinstance(layer, keras.layers.Conv2D)]
    assert list(models.ENCODER_LAYERS) == theirs


@pytest.mark.slow
@pytest.mark.parametrize("width", [0.01, 0.05, 0.25, 0.5, 1])
def test_every_width_has_the_same_layers_with_at_least_4_channels(width):
    full, narrow = models.vgg19_unet((16, 16, 3), None), models.vgg19_unet((16, 16, 3), None, width=width)
    assert [layer.name for layer in narrow.layers] == [layer.name for layer in full.layers]
    for name in models.ENCODER_LAYERS:
        channels, wanted = narrow.get_layer(name).filters, full.get_layer(name).filters * width
        assert channels % 4 == 0
        assert channels >= 4
        assert abs(channels - max(wanted, 4)) <= 2


def test_any_size_will_do_where_none_is_fixed():
    model = models.vgg19_unet((None, None, 3), weights=None, width=0.05)
    for height, width in ((16, 48), (64, 32)):
        assert model(np.zeros((1, height, width, 3))).shape == (1, height, width, 1)


@pytest.mark.parametrize("filters", [(4, 8), (4, 8, 16), (3, 5, 7, 9, 11)])
def test_unet_takes_as_many_levels_as_filters(filters, images):
    model = models.unet((32, 32, 3), filters=filters)
    probabilities = model.predict(images[0], verbose=0)
    assert probabilities.shape == (4, 32, 32, 1)
    assert (probabilities > 0).all()
    assert (probabilities < 1).all()
    assert sum(isinstance(layer, keras.layers.MaxPooling2D) for layer in model.layers) == len(filters) - 1


@pytest.mark.parametrize("skips", [True, False])
def test_without_skips_only_the_bridge_tells_images_apart(images, skips):
    model = models.unet((32, 32, 3), filters=(4, 8, 16), skips=skips)
    silent = model.get_layer("bridge_norm2")
    silent.set_weights([np.zeros_like(weight) for weight in silent.get_weights()])
    first, second = model.predict(images[0][:2], verbose=0)
    assert np.array_equal(first, second) == (not skips)


# --- weights --------------------------------------------------------------------------------------------------------


def test_encoder_features_equal_those_of_keras_vgg19_after_its_preprocessing(keras_vgg19, vgg19_file, images):
    ours = models.encoder_features(models.vgg19_unet((32, 32, 3), weights=vgg19_file)).predict(images[0], verbose=0)
    theirs = keras.Model(keras_vgg19.input, {name: keras_vgg19.get_layer(name).output for name in models.TAPS})
    prepared = keras.applications.vgg19.preprocess_input(images[0].astype("float32"))
    for name, expected in theirs.predict(prepared, verbose=0).items():
        np.testing.assert_allclose(ours[name], expected, rtol=1e-4, atol=1e-4, err_msg=name)


@pytest.mark.weights
def test_the_real_weights_give_the_features_of_keras_vgg19(images):
    path = os.environ.get("COURSE_VGG19_WEIGHTS")
    if not path:
        pytest.skip("set COURSE_VGG19_WEIGHTS to a VGG19 no-top .weights.h5 file")
    reference = keras.applications.VGG19(include_top=False, weights=None, input_shape=(32, 32, 3))
    reference.load_weights(path)
    prepared = keras.applications.vgg19.preprocess_input(images[0].astype("float32"))
    bridge = keras.Model(reference.input, reference.get_layer(models.BRIDGE).output).predict(prepared, verbose=0)
    ours = models.encoder_features(models.vgg19_unet((32, 32, 3), weights=path)).predict(images[0], verbose=0)
    assert bridge.max() > 0
    np.testing.assert_allclose(ours[models.BRIDGE], bridge, rtol=1e-4, atol=1e-4)


def test_imagenet_weights_in_the_data_folder_are_taken_first(vgg19_file, keras_vgg19, monkeypatch):
    monkeypatch.setattr(models.vgg19, "WEIGHTS_FOLDER", vgg19_file.parent)
    model = models.vgg19_unet((32, 32, 3), weights="imagenet")
    for name in ("block1_conv1", "block5_conv4"):
        np.testing.assert_array_equal(model.get_layer(name).get_weights()[0], keras_vgg19.get_layer(name).kernel)


@pytest.mark.slow
def test_without_a_network_imagenet_weights_get_an_error_that_names_the_ways_out(tmp_path):
    script = (
        "import sys, pathlib\nfrom course_lib import models\nfrom course_lib.errors import WeightsError\n"
        "models.vgg19.WEIGHTS_FOLDER = pathlib.Path(sys.argv[1])\n"
        "try:\n    models.vgg19_unet((32, 32, 3), weights='imagenet')\n"
        "except WeightsError as error:\n    print('WeightsError:', error)"
    )
    nowhere = "http://127.0.0.1:9"  # the discard port: nothing answers there
    printed = run_python(script, tmp_path, KERAS_HOME=str(tmp_path), https_proxy=nowhere, HTTPS_PROXY=nowhere)
    message = printed[printed.index("WeightsError:") :]
    for way_out in ("offline", ".weights.h5", str(tmp_path), "weights=None"):
        assert way_out in message
    assert list(tmp_path.rglob("*.h5")) == []


def test_weights_that_do_not_fit_get_an_error_that_names_the_file(tmp_path, vgg19_file):
    cut = tmp_path / "cut.weights.h5"
    cut.write_bytes(vgg19_file.read_bytes()[:1_000_000])
    text = tmp_path / "text.weights.h5"
    text.write_text("not found")
    vgg16 = tmp_path / "vgg16.weights.h5"
    keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3)).save_weights(vgg16)
    small = tmp_path / "small.weights.h5"
    models.vgg19_unet(**SMALL).save_weights(small)
    unrelated = tmp_path / "unrelated.weights.h5"
    with h5py.File(unrelated, "w") as file:
        file["something"] = np.zeros(3)
    for path in (cut, text, vgg16, small, unrelated, tmp_path / "absent.weights.h5", tmp_path):
        with pytest.raises(WeightsError, match=path.name):
            models.vgg19_unet((32, 32, 3), weights=path)


@pytest.mark.parametrize("weights", ["imagenet", "some/vgg19.weights.h5"])
def test_ready_made_weights_fit_width_1_only(weights):
    with pytest.raises(WeightsError, match=r"width=1 only, not width=0\.5"):
        models.vgg19_unet((32, 32, 3), weights=weights, width=0.5)


# --- what the networks refuse ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: models.vgg19_unet((100, 90, 3), None), "Pad them with zeros to 112 × 96"),
        (lambda: models.vgg19_unet((64, None, 1), None), "takes 3 channels, not 1"),
        (lambda: models.vgg19_unet((64, 64), None), "height, width, channels"),
        (lambda: models.vgg19_unet((64, 64, 3), None, width=0), "width=0"),
        (lambda: models.unet((30, 64, 3), filters=(4, 8, 16)), "multiples of 4. Pad them with zeros to 32 × 64"),
        (lambda: models.unet((32, 32, 3), filters=(8,)), "two or more"),
        (lambda: models.unet((32, 32, 3), filters=(8, 0)), "whole numbers"),
    ],
)
def test_impossible_networks_get_an_error_that_says_what_would_fit(build, says):
    with pytest.raises(ArgumentError, match=says):
        build()


def test_asking_for_features_of_a_layer_that_is_not_there_names_it():
    with pytest.raises(ArgumentError, match="no layer block1_conv2"):
        models.encoder_features(models.unet((16, 16, 3), filters=(4, 8)))


MEAN_RGB = (123.68, 116.779, 103.939)  # of ImageNet

# --- input and precision --------------------------------------------------------------------------------------------


def test_integers_and_floats_give_the_same_probabilities(images):
    for model in (models.vgg19_unet(**SMALL), models.unet((32, 32, 3), filters=(4, 8))):
        as_floats = model.predict(images[0].astype("float32"), verbose=0)
        np.testing.assert_allclose(model.predict(images[0], verbose=0), as_floats, atol=1e-6)


def test_under_mixed_precision_input_and_output_keep_float32(mixed_bfloat16, images):
    model = models.vgg19_unet(**SMALL)
    values = images[0] + 0.3  # bfloat16 would round 201.3 to 201
    prepared = keras.Model(model.input, model.get_layer("caffe_preprocessing").output)(values)
    np.testing.assert_allclose(prepared, keras.applications.vgg19.preprocess_input(values), atol=1e-4)
    assert model.get_layer("block3_conv2").compute_dtype == "bfloat16"
    assert keras.backend.standardize_dtype(model(values).dtype) == "float32"


def test_unet_scales_0_to_255_to_minus_1_to_1(mixed_bfloat16):
    model = models.unet((16, 16, 3), filters=(4, 8))
    scaled = keras.Model(model.input, model.get_layer("to_minus_one_and_one").output)
    values = np.full((1, 16, 16, 3), 255.0)
    np.testing.assert_allclose(scaled(values), 1, atol=1e-6)
    np.testing.assert_allclose(scaled(values * 0), -1, atol=1e-6)


@pytest.mark.parametrize("scalp", [0, 40])
def test_standardised_slices_have_mean_0_and_deviation_1_inside_the_brain_whatever_the_scalp(scalp):
    random = np.random.default_rng(0)
    images = np.zeros((2, 64, 64, 3), np.float32)
    images[:, 8:56, 8:56] = 60 + random.uniform(-15, 15, (2, 48, 48, 3))
    brain = np.zeros((64, 64), bool)
    brain[10:54, 10:54] = True
    for edge in (slice(8, 10), slice(54, 56)):
        images[:, edge, 8:56] += 3 * scalp
        images[:, 8:56, edge] += 3 * scalp
    images[1] *= 1.7
    inside = np.asarray(models.SliceStandardisation(spread=1.0)(images))[:, brain] - np.array(MEAN_RGB)
    np.testing.assert_allclose(inside.mean(axis=1), 0, atol=0.1)
    np.testing.assert_allclose(inside.std(axis=1), 1, atol=0.15)


def test_with_normalisation_every_convolution_of_the_encoder_is_heard_in_the_deepest_block():
    keras.utils.set_random_seed(0)
    model = models.vgg19_unet(**SMALL, encoder_norm=True)
    names = [layer.name for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert sum(name.startswith("block") for name in names) == 16
    louder = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3)).astype("float32")
    for name in models.ENCODER_LAYERS:  # a network that shouts, as training makes of one without normalisation
        kernel, bias = model.get_layer(name).get_weights()
        model.get_layer(name).set_weights([kernel * 50, bias])
    deepest = keras.Model(model.input, model.get_layer("block5_norm4").output)
    values = np.asarray(deepest(louder, training=True))
    assert np.abs(values).max() < 10
    assert values.std() > 0.1


def test_a_normalised_encoder_is_packed_and_comes_back(tmp_path, images):
    keras.utils.set_random_seed(0)
    model = models.vgg19_unet(**SMALL, encoder_norm=True)
    words = {"network": "vgg19_unet", "input_shape": [32, 32, 3], "width": SMALL["width"], "encoder_norm": True}
    models.save_compact(model, tmp_path / "model.npz", words)
    packed = models.load_compact(tmp_path / "model.npz")
    for kept, own in zip(packed.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(kept, own, rtol=2**-10, atol=1e-6)  # 16 bits keep 11 binary digits
    np.testing.assert_allclose(packed.predict(images[0], verbose=0), model.predict(images[0], verbose=0), atol=0.1)


@pytest.mark.parametrize("network", [partial(models.vgg19_unet, **SMALL), partial(models.unet, (32, 32, 3), (4, 8))])
def test_a_brighter_scanner_makes_hardly_a_difference_to_a_standardising_network(network, images):
    keras.utils.set_random_seed(0)
    model, plain = network(standardise=True), network()
    plain.set_weights(model.get_weights())
    dim = images[0].astype("float32") * 0.4
    bright = dim * 2

    def change(network):
        return np.abs(network.predict(bright, verbose=0) - network.predict(dim, verbose=0)).mean()

    assert change(model) < 0.5 * change(plain)  # the rest: one grey value is added to the deviation


def test_a_black_slice_gives_finite_probabilities():
    model = models.vgg19_unet(**SMALL, standardise=True)
    assert np.isfinite(model.predict(np.zeros((1, 32, 32, 3)), verbose=0)).all()


def test_a_standardising_network_with_a_lean_decoder_is_saved_and_packed(tmp_path, images):
    keras.utils.set_random_seed(0)
    model = models.vgg19_unet(**SMALL, decoder_width=0.1, standardise=True)
    full = models.vgg19_unet(**SMALL)
    assert model.count_params() != full.count_params()
    assert model.get_layer("up1_conv1").filters == 8
    assert model.get_layer("block1_conv1").filters == 4
    model.save(tmp_path / "model.keras")
    np.testing.assert_allclose(
        models.load_model(tmp_path / "model.keras").predict(images[0], verbose=0),
        model.predict(images[0], verbose=0),
        atol=1e-6,
    )
    words = {"network": "vgg19_unet", "input_shape": [32, 32, 3], "decoder_width": 0.1, "standardise": True}
    models.save_compact(model, tmp_path / "model.npz", {**words, "width": SMALL["width"]})
    packed = models.load_compact(tmp_path / "model.npz")
    for kept, own in zip(packed.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(kept, own, rtol=2**-10, atol=1e-6)  # 16 bits keep 11 binary digits
    np.testing.assert_allclose(packed.predict(images[0], verbose=0), model.predict(images[0], verbose=0), atol=0.1)


# --- training -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("network", ["vgg19_unet", "unet"])
def test_a_few_steps_of_training_lower_the_loss(network, images):
    keras.utils.set_random_seed(1)
    model = models.vgg19_unet(**SMALL) if network == "vgg19_unet" else models.unet((32, 32, 3), filters=(4, 8, 16))
    model.compile(keras.optimizers.Adam(3e-3), losses.FocalTverskyLoss(), run_eagerly=True)
    values = [float(model.train_on_batch(*images)) for _ in range(3)]
    assert values[0] > values[1] > values[2]


def test_a_frozen_encoder_keeps_its_weights_in_training_and_after_reload(images, tmp_path):
    model = models.vgg19_unet(**SMALL, freeze_encoder=True)
    model.save(tmp_path / "frozen.keras")
    for frozen in (model, models.load_model(tmp_path / "frozen.keras")):
        frozen.compile(keras.optimizers.Adam(1e-2), losses.FocalTverskyLoss(), run_eagerly=True)
        trainable = {weight.path.split("/")[0] for weight in frozen.trainable_weights}
        assert not trainable & set(models.ENCODER_LAYERS)
        before = {layer.name: layer.get_weights() for layer in frozen.layers}
        frozen.train_on_batch(*images)
        for name in models.ENCODER_LAYERS:
            np.testing.assert_array_equal(frozen.get_layer(name).get_weights()[0], before[name][0])
        assert not np.array_equal(frozen.get_layer("up1_conv1").get_weights()[0], before["up1_conv1"][0])


def test_an_encoder_that_is_not_frozen_learns(images):
    model = models.vgg19_unet(**SMALL)
    before = model.get_layer("block1_conv1").get_weights()[0]
    model.compile(keras.optimizers.Adam(1e-2), losses.FocalTverskyLoss(), run_eagerly=True)
    model.train_on_batch(*images)
    assert not np.array_equal(model.get_layer("block1_conv1").get_weights()[0], before)


# --- saved models ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_saved_models_reload_in_a_fresh_process_with_the_same_output_and_loss(backend, images, tmp_path):
    np.savez(tmp_path / "data.npz", images=images[0], masks=images[1])
    networks = {"vgg19_unet": models.vgg19_unet(**SMALL), "unet": models.unet((32, 32, 3), filters=(4, 8, 16))}
    for name, model in networks.items():
        model.compile(optimizer="adam", loss=losses.FocalTverskyLoss(smooth=2), metrics=[losses.TverskyMetric()])
        model.save(tmp_path / f"{name}.keras")
    script = (
        "import sys, json, keras, numpy\nfrom course_lib import models\n"
        "folder, backend, *names = sys.argv[1:]\nassert keras.config.backend() == backend\n"
        "data, scores = numpy.load(folder + '/data.npz'), {}\n"
        "for name in names:\n"
        "    model = models.load_model(f'{folder}/{name}.keras')\n"
        "    guess = model.predict(data['images'], verbose=0)\n"
        "    numpy.save(f'{folder}/{name}.npy', guess)\n"
        "    scores[name] = float(model.loss(data['masks'], guess))\n"
        "print(json.dumps(scores))"
    )
    printed = run_python(script, tmp_path, backend, *networks, KERAS_BACKEND=backend)
    scores = json.loads(printed.splitlines()[-1])
    for name, model in networks.items():
        guess = model.predict(images[0], verbose=0)
        np.testing.assert_allclose(np.load(tmp_path / f"{name}.npy"), guess, atol=1e-4)
        assert scores[name] == pytest.approx(losses.focal_tversky_loss(images[1], guess, smooth=2), abs=1e-4)


def test_a_model_trained_in_mixed_precision_reloads(mixed_bfloat16, images, tmp_path):
    model = models.vgg19_unet(**SMALL)
    model.save(tmp_path / "mixed.keras")
    keras.config.set_dtype_policy("float32")
    again = models.load_model(tmp_path / "mixed.keras")
    np.testing.assert_array_equal(again.predict(images[0], verbose=0), model.predict(images[0], verbose=0))


def test_damaged_and_missing_models_get_an_error_that_names_the_file(tmp_path):
    whole = tmp_path / "whole.keras"
    models.unet((16, 16, 3), filters=(4, 8)).save(whole)
    content = whole.read_bytes()
    damaged = {
        "cut": content[: len(content) // 2],
        "empty": b"",
        "text": b"<html>not found</html>",
        "scrambled": content[:200] + bytes(len(content) - 400) + content[-200:],
    }
    for name, some in damaged.items():
        path = tmp_path / f"{name}.keras"
        path.write_bytes(some)
        with pytest.raises(WeightsError, match=rf"{name}\.keras.*train again"):
            models.load_model(path)
    with pytest.raises(WeightsError, match=r"No model at .*absent\.keras"):
        models.load_model(tmp_path / "absent.keras")
    (tmp_path / "model.h5").write_bytes(content)
    with pytest.raises(WeightsError, match=r"model\.h5 is no \.keras file"):
        models.load_model(tmp_path / "model.h5")


def run_python(script, *arguments, **environment):
    """Runs a script in a fresh process and returns what it printed; JAX compiles three times as fast unoptimised."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, **quiet, **environment},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
