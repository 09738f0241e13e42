"""Predictions keep their order and their place: in batches, mirrored, with their neighbours, at another size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_lib import evaluation
from course_lib.errors import ArgumentError


class BrightnessNetwork:
    """Stands in for a network: the probability is the FLAIR value over 255. Remembers the batches that it was given."""

    def __init__(self):
        self.batches = []

    def predict_on_batch(self, images):
        self.batches.append(len(images))
        return images[..., 1:2] / 255


def test_predictions_come_back_in_order_whatever_the_batch():
    images = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 3), dtype=np.uint8)
    network = BrightnessNetwork()
    probabilities = evaluation.predict_slices(network, images, batch=3)
    assert network.batches == [3, 3, 1]
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (7, 8, 8, 1)
    np.testing.assert_allclose(probabilities, images[..., 1:2] / 255, rtol=1e-6)


def test_no_images_give_no_predictions_and_odd_ones_an_error():
    assert evaluation.predict_slices(BrightnessNetwork(), np.zeros((0, 8, 8, 3), np.uint8)).shape == (0, 8, 8, 1)
    with pytest.raises(ArgumentError, match=r"\(8, 8, 3\)"):
        evaluation.predict_slices(BrightnessNetwork(), np.zeros((8, 8, 3), np.uint8))


def test_a_network_that_answers_another_size_is_refused():
    class Classifier:
        def predict_on_batch(self, images):
            return np.zeros((len(images), 1))

    with pytest.raises(ArgumentError, match="one probability a pixel"):
        evaluation.predict_slices(Classifier(), np.zeros((2, 8, 8, 3), np.uint8))


class LeftBiased(BrightnessNetwork):
    """Sees FLAIR, but twice as strongly in the left half of its picture."""

    def predict_on_batch(self, images):
        answer = super().predict_on_batch(images) / 2
        answer[:, :, : answer.shape[2] // 2] *= 2
        return answer


def test_with_flip_the_mirror_image_gets_the_mirrored_probabilities():
    images = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    mirrored = evaluation.predict_volume(LeftBiased(), images[:, :, ::-1], flip=True)
    np.testing.assert_allclose(
        mirrored, evaluation.predict_volume(LeftBiased(), images, flip=True)[:, :, ::-1], rtol=1e-6
    )
    np.testing.assert_allclose(mirrored, images[:, :, ::-1, 1:2] / 255 * 0.75, rtol=1e-5)


def test_neighbouring_slices_share_what_they_know_and_keep_the_sum_of_the_inner_ones():
    images = np.zeros((5, 8, 8, 3), np.uint8)
    images[2] = 255
    heights = evaluation.predict_volume(BrightnessNetwork(), images, neighbors=0.25)[:, 0, 0, 0]
    np.testing.assert_allclose(heights, [0, 0.25, 0.5, 0.25, 0])
    same = np.full((4, 8, 8, 3), 51, np.uint8)
    np.testing.assert_allclose(evaluation.predict_volume(BrightnessNetwork(), same, neighbors=1 / 3), 0.2, rtol=1e-6)
    assert evaluation.predict_volume(BrightnessNetwork(), same[:0], neighbors=0.25).shape == (0, 8, 8, 1)


def test_a_volume_without_extras_is_predicted_slice_by_slice():
    images = np.random.default_rng(2).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    plain = evaluation.predict_slices(BrightnessNetwork(), images)
    np.testing.assert_array_equal(evaluation.predict_volume(BrightnessNetwork(), images), plain)
    larger = evaluation.predict_volume(BrightnessNetwork(), images, size=16)
    np.testing.assert_array_equal(larger, evaluation.resize_probabilities(plain, 16))


@pytest.mark.parametrize("weight", [-0.1, 0.4])
def test_a_neighbour_that_counts_more_than_the_slice_is_refused(weight):
    with pytest.raises(ArgumentError, match="neighbors"):
        evaluation.predict_volume(BrightnessNetwork(), np.zeros((2, 8, 8, 3)), neighbors=weight)


def volume_of_a_mass_a_speck_and_a_second_mass():
    """27, 2 and 12 voxels at 0.8, faint 0.4 around the first; and the three as boolean masks."""
    maps = np.zeros((6, 12, 12), np.float32)
    maps[0:4, 0:4, 0:4] = 0.4
    mass, speck, second = (np.zeros(maps.shape, bool) for _ in range(3))
    mass[0:3, 0:3, 0:3] = True
    speck[5, 11, 10:12] = True
    second[3:6, 8:10, 0:2] = True
    maps[mass | speck | second] = 0.8
    return maps, mass, speck, second


def test_small_parts_of_a_volume_are_dropped_and_the_rest_stays_as_it_was():
    maps, mass, speck, second = volume_of_a_mass_a_speck_and_a_second_mass()
    kept = evaluation.keep_large_parts(maps, share=0.2)
    np.testing.assert_array_equal(kept >= 0.5, mass | second)
    np.testing.assert_array_equal(kept[~speck], maps[~speck])
    np.testing.assert_array_equal(evaluation.keep_large_parts(maps, share=1) >= 0.5, mass)
    np.testing.assert_array_equal(evaluation.keep_large_parts(maps, share=0), maps)
    np.testing.assert_array_equal(evaluation.keep_large_parts(maps[..., None], share=0.2), kept[..., None])
    assert maps[speck].min() == np.float32(0.8)  # what was given is left alone


def test_parts_are_those_at_the_threshold():
    maps, mass, _, _ = volume_of_a_mass_a_speck_and_a_second_mass()
    grown = evaluation.keep_large_parts(maps, share=0.2, threshold=0.3)  # the mass has 64 voxels now: 12 are too few
    np.testing.assert_array_equal(grown >= 0.5, mass)
    empty = np.zeros((2, 4, 4), np.float32)
    np.testing.assert_array_equal(evaluation.keep_large_parts(empty, share=0.5), empty)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ArgumentError, match="share"):
        evaluation.keep_large_parts(np.zeros((1, 4, 4)), share)


def test_resizing_keeps_a_map_in_its_place():
    ramp = np.tile((np.arange(8) + 0.5) / 8, (8, 1))[None]
    for size in (4, 16, 32):
        wanted = np.tile((np.arange(size) + 0.5) / size, (size, 1))
        resized = evaluation.resize_probabilities(ramp, size)[0]
        edge = max(size // 8, 1)  # beyond the outermost pixel centres a map is continued flat
        np.testing.assert_allclose(resized[:, edge:-edge], wanted[:, edge:-edge], atol=1e-6)


@given(arrays(np.float32, (2, 6, 6, 1), elements=st.floats(0, 1, width=32)), st.integers(1, 20))
@settings(deadline=None)
def test_resized_probabilities_stay_probabilities_of_the_same_shape(maps, size):
    resized = evaluation.resize_probabilities(maps, size)
    assert resized.shape == (2, size, size, 1)
    assert maps.min() - 1e-6 <= resized.min() <= resized.max() <= maps.max() + 1e-6
