"""Networks in few bytes: what is stored comes back, and damage is told."""

import json

import keras
import numpy as np
import pytest

from course_lib import models
from course_lib.data import Split
from course_lib.errors import ArgumentError, WeightsError

ARCHITECTURE = {"network": "vgg19_unet", "input_shape": [32, 32, 3], "width": 0.1}


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    made = models.vgg19_unet((32, 32, 3), weights=None, width=0.1)
    random = np.random.default_rng(0)
    for layer in made.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 2, part.shape) for part in layer.get_weights()])
    return made


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3)).astype("float32")


@pytest.mark.parametrize(("bits", "off"), [(16, 2e-3), (8, 2e-2)])
def test_a_network_read_back_answers_almost_as_before(network, images, tmp_path, bits, off):
    models.save_compact(network, tmp_path / "n.npz", ARCHITECTURE, bits)
    back = models.load_compact(tmp_path / "n.npz")
    assert back.count_params() == network.count_params()
    before, after = (np.asarray(one.predict_on_batch(images)) for one in (network, back))
    assert np.abs(before - after).mean() < off
    assert before.std() > 0.01


def test_each_8_bit_number_is_off_by_at_most_half_a_step_of_its_channel(network, tmp_path):
    models.save_compact(network, tmp_path / "n.npz", ARCHITECTURE, bits=8)
    back = models.load_compact(tmp_path / "n.npz")
    for name in ("block3_conv2", "up1_conv1"):
        before, after = (one.get_layer(name).get_weights()[0] for one in (network, back))
        step = np.abs(before).max(axis=(0, 1, 2)) / 127
        assert (np.abs(before - after) <= step / 2 + 1e-7).all()


def test_fewer_bits_take_fewer_bytes_and_any_random_kernel_fits(network, tmp_path):
    sizes = {}
    for bits in (8, 16):
        models.save_compact(network, tmp_path / f"{bits}.npz", ARCHITECTURE, bits)
        sizes[bits] = (tmp_path / f"{bits}.npz").stat().st_size
    assert sizes[8] < 0.75 * sizes[16] < 0.75 * 2.2 * network.count_params()


def test_an_encoder_alone_is_borrowed_by_path_and_the_decoder_stays_random(network, tmp_path):
    path = tmp_path / "encoder.npz"
    models.save_compact(network, path, ARCHITECTURE, layers=models.ENCODER_LAYERS)
    borrowed = models.vgg19_unet((48, 48, 3), weights=path, width=0.1, freeze_encoder=True)
    for name in models.ENCODER_LAYERS:
        np.testing.assert_allclose(
            borrowed.get_layer(name).get_weights()[0], network.get_layer(name).get_weights()[0], atol=1e-3
        )
        assert not borrowed.get_layer(name).trainable
    assert not np.allclose(borrowed.get_layer("up1_conv1").kernel, network.get_layer("up1_conv1").kernel)
    with pytest.raises(WeightsError, match="incomplete"):
        models.load_compact(path)


def test_an_encoder_of_another_width_is_refused_by_name(network, tmp_path):
    path = tmp_path / "encoder.npz"
    models.save_compact(network, path, ARCHITECTURE, layers=models.ENCODER_LAYERS)
    with pytest.raises(WeightsError, match="holds block1_conv"):
        models.vgg19_unet((32, 32, 3), weights=path, width=0.3)


@pytest.mark.parametrize("damage", ["missing", "cut", "text", "stranger", "flipped"])
def test_a_damaged_file_is_named(network, tmp_path, damage):
    path = tmp_path / "n.npz"
    if damage == "text":
        path.write_text("not found")
    elif damage == "stranger":
        np.savez(path, network=np.array(json.dumps({"network": "segformer", "input_shape": [32, 32, 3]})))
    elif damage == "cut":
        models.save_compact(network, path, ARCHITECTURE)
        path.write_bytes(path.read_bytes()[:2000])
    elif damage == "flipped":
        models.save_compact(network, path, ARCHITECTURE)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF  # within a weight: the list of entries is whole
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"n\.npz"):
        models.load_compact(path)


def test_other_bits_and_weights_that_are_no_numbers_are_refused(network, tmp_path):
    with pytest.raises(ArgumentError, match="bits=4"):
        models.save_compact(network, tmp_path / "n.npz", ARCHITECTURE, bits=4)
    broken = keras.models.clone_model(network)
    broken.get_layer("logit").set_weights([np.full_like(w, np.nan) for w in network.get_layer("logit").get_weights()])
    with pytest.raises(ArgumentError, match="logit"):
        models.save_compact(broken, tmp_path / "n.npz", ARCHITECTURE)
    assert not (tmp_path / "n.npz").exists()


def test_the_network_that_ships_has_papers_and_its_patients_are_apart():
    known = Split(**models.shipped_patients())
    parts = [set(names) for names in known]
    assert all(parts)
    assert sum(map(len, parts)) == len(set().union(*parts))
    recipe = json.loads((models.SHIPPED_FILE.parent / "recipe.json").read_text())
    model = models.shipped_model()
    assert model.input_shape == (None, recipe["size"], recipe["size"], 3)
    assert recipe["network"] == model.name
    assert len(models.members(model)) == 2
    with (models.SHIPPED_FILE.parent / "scores.csv").open() as file:
        scored = {line.split(",")[0] for line in file} - {"patient"}
    assert scored == set(known.test)


@pytest.mark.real
def test_the_network_that_ships_scores_what_its_table_says(real_data):
    import pandas as pd

    from course_lib import data, evaluation

    table = pd.read_csv(models.SHIPPED_FILE.parent / "scores.csv").set_index("patient")
    scans = data.index_scans(real_data)
    scans = scans[scans["patient"].isin(table.index)]
    if scans.empty:
        pytest.skip("none of the patients in its table is in this folder")
    model = models.shipped_model()
    images, _ = data.load_slices(scans, model.input_shape[1])
    maps = evaluation.resize_probabilities(evaluation.predict_slices(model, images), 256)
    scores = evaluation.score_patients(scans, maps).set_index("patient")
    for patient, row in scores.iterrows():
        assert row["dice"] == pytest.approx(table.loc[patient, "dice"], abs=0.01)
