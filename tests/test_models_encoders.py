"""Which encoder is found, without waiting; and how far a network looks."""

import hashlib
import inspect
import io
import os
import threading
from pathlib import Path

import keras
import numpy as np
import pytest

from course_lib import convolution, models
from course_lib.errors import ArgumentError, WeightsError
from course_lib.models import encoders


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No choice made, no file at hand, no network."""
    monkeypatch.delenv("COURSE_ENCODER", raising=False)
    monkeypatch.setattr(models.vgg19, "WEIGHTS_FOLDER", tmp_path / "weights")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))

    def no_network(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(encoders.urllib.request, "urlopen", no_network)
    return tmp_path


class Answer(io.BytesIO):
    """What a server sends."""

    def __exit__(self, *_):
        self.close()


def test_offline_the_small_encoder_serves_and_says_so(nowhere, capsys):
    encoder = models.best_encoder()
    assert (encoder.weights, encoder.width) == (models.SMALL_ENCODER, 0.25)
    assert "small encoder" in encoder.says
    assert capsys.readouterr() == ("", "")


def test_what_it_finds_builds_a_network(nowhere):
    encoder = models.best_encoder()
    model = models.vgg19_unet((32, 32, 3), weights=encoder.weights, width=encoder.width)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_a_server_that_never_answers_is_given_up(nowhere, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(encoders, "PATIENCE", -0.9)

    def no_answer(*_, **__):
        release.wait(30)
        raise TimeoutError("no answer")

    monkeypatch.setattr(encoders.urllib.request, "urlopen", no_answer)
    assert models.best_encoder().weights == models.SMALL_ENCODER
    assert not release.is_set()
    release.set()


def test_a_download_that_would_take_too_long_is_given_up(nowhere, monkeypatch):
    monkeypatch.setattr(encoders, "LONGEST", -1)
    monkeypatch.setattr(encoders.urllib.request, "urlopen", lambda *_, **__: Answer(b"weights"))
    assert models.best_encoder().weights == models.SMALL_ENCODER
    assert not list(nowhere.rglob("*.h5"))


def test_a_file_that_was_cut_short_is_not_kept(nowhere, monkeypatch):
    monkeypatch.setattr(encoders.urllib.request, "urlopen", lambda *_, **__: Answer(b"weig"))
    assert models.best_encoder().weights == models.SMALL_ENCODER
    assert not list(nowhere.rglob("*.h5"))


def test_a_whole_download_is_kept_and_found_the_next_time(nowhere, monkeypatch):
    monkeypatch.setattr(encoders, "MD5", hashlib.md5(b"weights").hexdigest())
    monkeypatch.setattr(encoders.urllib.request, "urlopen", lambda *_, **__: Answer(b"weights"))
    first = models.best_encoder()
    assert first.weights.read_bytes() == b"weights"
    assert (first.width, "ImageNet" in first.says) == (1, True)
    monkeypatch.setattr(encoders.urllib.request, "urlopen", lambda *_, **__: pytest.fail("asked again"))
    assert models.best_encoder().weights == first.weights


def test_keras_cache_is_used_before_the_network(nowhere, monkeypatch):
    cached = nowhere / "keras" / "models" / encoders.FILE
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"weights")
    assert models.best_encoder().weights == cached


def test_the_environment_chooses(nowhere, monkeypatch, tmp_path):
    named = tmp_path / "own.weights.h5"
    named.write_bytes(b"weights")
    monkeypatch.setenv("COURSE_ENCODER", str(named))
    assert (models.best_encoder().weights, models.best_encoder().width) == (named, 1)
    monkeypatch.setenv("COURSE_ENCODER", "small")
    assert models.best_encoder().weights == models.SMALL_ENCODER


def test_a_choice_that_is_not_there_is_named(nowhere, monkeypatch):
    monkeypatch.setenv("COURSE_ENCODER", "no/such/file.h5")
    with pytest.raises(WeightsError, match=r"no/such/file\.h5"):
        models.best_encoder()


def test_keras_itself_names_the_same_file_with_the_same_sum():
    source = Path(inspect.getsourcefile(keras.applications.VGG19)).read_text(encoding="utf-8")
    assert encoders.FILE in source.replace('"\n        "', "")
    assert encoders.MD5 in source


def test_windows_are_turned_to_red_green_blue():
    keras.utils.set_random_seed(0)
    model = models.vgg19_unet((32, 32, 3), weights=None, width=0.1)
    red = np.zeros((1, 32, 32, 3), "float32") + np.array(models.MEAN_BGR[::-1], "float32")
    red[..., 0] += 1  # after the preprocessing: red 1, green and blue 0
    answers = np.asarray(keras.Model(model.input, model.get_layer("block1_conv1").output)(red))[0, 16, 16]
    expected = np.maximum(models.first_windows(model)[:, :, 0].sum(axis=(0, 1)), 0)
    np.testing.assert_allclose(answers, expected, atol=1e-4)


@pytest.mark.weights
def test_vgg19s_first_windows_find_brightness_and_edges_rather_than_colours():
    path = os.environ.get("COURSE_VGG19_WEIGHTS")
    if not path:
        pytest.skip("set COURSE_VGG19_WEIGHTS to a VGG19 no-top .weights.h5 file")
    windows = models.first_windows(models.vgg19_unet((32, 32, 3), weights=path))
    assert windows.shape == (3, 3, 3, 64)
    strongest = windows[..., np.argsort(-np.abs(windows).max(axis=(0, 1, 2)))[:16]].reshape(9, 3, 16)
    colours = [np.corrcoef(strongest[:, :, number].T)[np.triu_indices(3, 1)] for number in range(16)]
    assert np.median(colours) > 0.8  # red, green and blue ask for the same pattern


# --- how far a network looks ----------------------------------------------------------------------------------------


def test_influence_reaches_as_far_as_arithmetic_says_and_no_farther():
    keras.utils.set_random_seed(1)
    model = models.vgg19_unet((64, 64, 3), weights=None, width=0.05)
    images = np.random.default_rng(0).uniform(0, 255, (6, 64, 64, 3))
    conv, pool = (3, 1), (2, 2)
    for name, layers in (("block1_conv2", [conv] * 2), ("block2_conv2", [conv, conv, pool, conv, conv])):
        seen = models.influence(model, images, name)
        columns = np.flatnonzero(seen.any(axis=0))
        assert seen.shape == (64, 64)
        assert columns[-1] - columns[0] + 1 == convolution.receptive_field(layers)


def test_the_width_that_holds_everything_is_the_width_of_the_square():
    values = np.zeros((31, 41))
    values[10:21, 15:26] = 1
    assert models.effective_width(values, 1) == 11
    assert models.effective_width(values, 0.5) == 9  # 81 of 121 pixels; 49 would be too few
    assert models.effective_width(values, 1e-6) == 1


def test_what_fades_towards_the_rim_is_effectively_narrower():
    x = np.arange(-30, 31)
    even = (np.abs(x)[:, None] <= 20) & (np.abs(x) <= 20)
    bell = even * np.exp(-(x[:, None] ** 2 + x**2) / 50)
    assert models.effective_width(bell) < models.effective_width(even)


@pytest.mark.parametrize(
    "call",
    [
        lambda: models.effective_width(np.zeros((4, 4))),
        lambda: models.effective_width(np.ones(4)),
        lambda: models.effective_width(-np.ones((4, 4))),
        lambda: models.effective_width(np.ones((4, 4)), 0),
        lambda: models.influence(models.vgg19_unet((16, 16, 3), None, 0.05), np.zeros((1, 16, 16, 3)), "block9_conv1"),
    ],
)
def test_what_has_no_field_is_refused(call):
    with pytest.raises(ArgumentError):
        call()
