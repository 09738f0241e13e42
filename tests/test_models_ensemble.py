"""Several networks answer as one: the mean of their probabilities, stored in one file, each to be taken out again."""

import json

import keras
import numpy as np
import pytest

from course_lib import evaluation, explain, models
from course_lib.errors import ArgumentError, WeightsError

ARCHITECTURE = {"network": "vgg19_unet", "input_shape": [32, 32, 3], "width": 0.1}


def small(seed, size=32):
    keras.utils.set_random_seed(seed)
    return models.vgg19_unet((size, size, 3), weights=None, width=0.1)


@pytest.fixture(scope="module")
def three():
    return [small(seed) for seed in range(3)]


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3)).astype("float32")


def answers(networks, images):
    return [np.asarray(each.predict_on_batch(images)) for each in networks]


def test_an_ensemble_answers_the_mean_of_its_networks(three, images):
    each = answers(three, images)
    assert np.abs(each[0] - each[1]).max() > 0.01  # else the mean would say nothing
    together = evaluation.predict_slices(models.ensemble(three), images)
    np.testing.assert_allclose(together, np.mean(each, axis=0), atol=1e-5)


def test_its_members_answer_as_they_did_alone(three, images):
    taken = models.members(models.ensemble(three))
    assert len(taken) == 3
    for before, after in zip(answers(three, images), answers(taken, images), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-5)


def test_a_network_alone_is_its_own_only_member(three):
    assert models.ensemble(three[:1]) is three[0]
    assert models.members(three[0]) == [three[0]]


def test_it_has_the_name_the_shapes_and_the_layers_of_the_first(three):
    whole, first = models.ensemble(three), three[0]
    assert (whole.name, whole.input_shape, whole.output_shape) == (first.name, first.input_shape, first.output_shape)
    assert whole.get_layer("block5_conv4") is first.get_layer("block5_conv4")
    assert whole.count_params() == 3 * first.count_params()


@pytest.mark.parametrize("bits", [16, 8])
def test_a_file_gives_the_ensemble_back(three, images, tmp_path, bits):
    whole = models.ensemble(three)
    models.save_compact(whole, tmp_path / "three.npz", ARCHITECTURE, bits)
    back = models.load_compact(tmp_path / "three.npz")
    assert len(models.members(back)) == 3
    before, after = answers([*three, whole], images), answers([*models.members(back), back], images)
    for one, other in zip(before, after, strict=True):
        assert np.abs(one - other).mean() < (2e-3 if bits == 16 else 2e-2)


def test_keras_own_file_gives_the_ensemble_back(three, images, tmp_path):
    whole = models.ensemble(three)
    whole.save(tmp_path / "three.keras")
    back = models.load_model(tmp_path / "three.keras")
    assert len(models.members(back)) == 3
    np.testing.assert_allclose(*answers([whole, back], images), atol=1e-5)


def test_a_file_that_lacks_a_members_weights_is_refused(three, tmp_path):
    path = tmp_path / "three.npz"
    models.save_compact(models.ensemble(three), path, ARCHITECTURE)
    with np.load(path) as archive:
        kept = {name: archive[name] for name in archive.files if not name.startswith("member3/block1")}
    np.savez(path, **kept)
    with pytest.raises(WeightsError, match=r"lacks member3/block1.*incomplete"):
        models.load_compact(path)


def test_a_file_of_more_members_than_it_says_is_refused(three, tmp_path):
    path = tmp_path / "three.npz"
    models.save_compact(models.ensemble(three), path, ARCHITECTURE)
    with np.load(path) as archive:
        kept = {name: archive[name] for name in archive.files}
    np.savez(path, **{**kept, "network": np.array(json.dumps({**ARCHITECTURE, "members": 2}))})
    with pytest.raises(WeightsError, match="member3"):
        models.load_compact(path)


@pytest.mark.parametrize("count", [0, -1, "three", 1.5, 1000])
def test_a_file_with_an_impossible_number_of_members_is_named(three, tmp_path, count):
    path = tmp_path / "three.npz"
    models.save_compact(three[0], path, ARCHITECTURE)
    with np.load(path) as archive:
        kept = {name: archive[name] for name in archive.files}
    np.savez(path, **{**kept, "network": np.array(json.dumps({**ARCHITECTURE, "members": count}))})
    with pytest.raises(WeightsError, match=r"three\.npz"):
        models.load_compact(path)


def test_a_member_can_be_explained_and_made_random_like_any_network(three, images):
    member = models.members(models.ensemble(three))[0]
    assert explain.seg_grad_cam(member, images[0], "block3_conv4", np.ones((32, 32))).shape == (32, 32)
    assert explain.random_twin(member).count_params() == member.count_params()


def test_a_heat_map_of_the_mean_is_refused_with_what_to_do(three, images):
    with pytest.raises(ArgumentError, match=r"models\.members"):
        explain.seg_grad_cam(models.ensemble(three), images[0], "block3_conv4", np.ones((32, 32)))


def test_no_network_and_networks_that_do_not_fit_are_refused(three):
    with pytest.raises(ArgumentError, match="one network at least"):
        models.ensemble([])
    with pytest.raises(ArgumentError, match=r"Network 2 turns \(None, 48, 48, 3\)"):
        models.ensemble([three[0], small(0, size=48)])
