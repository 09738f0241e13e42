"""Batches and augmentation: what a network is given during training."""

import math
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from course_lib.data import Augmentation, augment_batch, make_dataset
from course_lib.errors import DataError

EVERYTHING = Augmentation(
    flip=0.5, rotate=30.0, scale=0.2, shift=0.1, brightness=0.2, contrast=0.3, gamma=0.3, noise=0.02
)


def ellipses(count: int = 32, size: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """Images that are their own masks: a bright slanted ellipse off the centre of each, in all three sequences."""
    y, x = np.indices((size, size)) / size - 0.5
    masks = np.empty((count, size, size, 1), np.uint8)
    for k, angle in enumerate(np.linspace(0, math.pi, count, endpoint=False)):
        along = (x - 0.1) * math.cos(angle) + y * math.sin(angle)
        across = y * math.cos(angle) - (x - 0.1) * math.sin(angle)
        masks[k, ..., 0] = (along / 0.25) ** 2 + (across / 0.12) ** 2 < 1
    return np.repeat(masks * 255, 3, axis=-1), masks


def random_batch(count: int = 8, size: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    return images, (random.random((count, size, size, 1)) < 0.2).astype(np.uint8)


def augmented(images, masks, augmentation: Augmentation, seed=0) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.asarray(part) for part in augment_batch(images, masks, augmentation, seed))


def batches(*args, **kwargs) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(np.asarray(images), np.asarray(masks)) for images, masks in make_dataset(*args, **kwargs)]


def centre_and_angle(mask: np.ndarray) -> tuple[float, float, float]:
    """Centre of mass (x, y) and the direction of the long axis in degrees, 0 to 180, y downwards."""
    y, x = np.nonzero(mask)
    values, vectors = np.linalg.eigh(np.cov(x, y))
    along = vectors[:, values.argmax()]
    return x.mean(), y.mean(), math.degrees(math.atan2(along[1], along[0])) % 180


# ---- moving image and mask


def test_without_augmentation_nothing_changes():
    images, masks = random_batch()
    same, same_masks = augmented(images, masks, Augmentation.none())
    np.testing.assert_array_equal(same, images)
    np.testing.assert_array_equal(same_masks, masks)


def test_image_and_mask_move_together():
    images, masks = ellipses()
    moved, moved_masks = augmented(images, masks, EVERYTHING.only("flip", "rotate", "scale", "shift"))
    assert np.abs(moved_masks - masks).mean() > 0.02  # they did move
    for image, mask in zip(moved, moved_masks[..., 0] > 0, strict=True):
        differs = (image[..., 1] > 127.5) != mask
        edge = ndimage.binary_dilation(mask) ^ ndimage.binary_erosion(mask)
        assert not (differs & ~edge).any()
        assert differs.sum() <= 0.05 * mask.sum()


def test_a_flip_mirrors_left_and_right_to_the_pixel():
    images, masks = random_batch()
    mirrored, mirrored_masks = augmented(images, masks, Augmentation(1.0, *[0.0] * 7))
    np.testing.assert_array_equal(mirrored, images[:, :, ::-1])
    np.testing.assert_array_equal(mirrored_masks, masks[:, :, ::-1])


def test_a_flip_by_chance_mirrors_about_as_many_images_as_it_should():
    images, masks = random_batch(count=400, size=4)
    for chance in (0.25, 0.5):
        some, some_masks = augmented(images, masks, Augmentation(chance, *[0.0] * 7))
        is_mirrored = (some == images[:, :, ::-1]).all((1, 2, 3))
        assert (is_mirrored | (some == images).all((1, 2, 3))).all()
        assert abs(is_mirrored.mean() - chance) < 0.1  # 4 standard deviations
        np.testing.assert_array_equal(some_masks[is_mirrored], masks[is_mirrored][:, :, ::-1])


def test_turns_keep_within_the_angle_and_use_it_both_ways():
    images, masks = ellipses(64)
    _, turned = augmented(images, masks, Augmentation(0.0, 20.0, *[0.0] * 6))
    angles = []
    for before, after in zip(masks[..., 0], turned[..., 0], strict=True):
        change = centre_and_angle(after)[2] - centre_and_angle(before)[2]
        angles.append((change + 90) % 180 - 90)
    assert max(np.abs(angles)) < 20 + 2  # the outline of so small an ellipse gives its angle to about 2 degrees
    assert min(angles) < -12
    assert max(angles) > 12


def test_a_turn_is_about_the_centre_of_the_image():
    image = np.zeros((8, 33, 33, 3), np.uint8)
    image[:, 16, 16] = 255
    turned, _ = augmented(image, image[..., :1] // 255, Augmentation(0.0, 180.0, *[0.0] * 6))
    np.testing.assert_allclose(turned[:, 16, 16], 255, atol=0.1)


def test_scaling_changes_areas_by_the_square_and_within_its_limits():
    images, masks = ellipses(64)
    _, scaled = augmented(images, masks, Augmentation(0.0, 0.0, 0.2, *[0.0] * 5))
    ratios = np.sqrt(scaled.sum((1, 2, 3)) / masks.sum((1, 2, 3)))
    assert 0.78 < ratios.min() < 0.88
    assert 1.12 < ratios.max() < 1.22


def test_shifts_keep_within_their_share_of_the_side():
    images, masks = ellipses(64)
    _, shifted = augmented(images, masks, Augmentation(0.0, 0.0, 0.0, 0.1, *[0.0] * 4))
    moves = np.array(
        [
            np.subtract(centre_and_angle(after)[:2], centre_and_angle(before)[:2])
            for before, after in zip(masks[..., 0], shifted[..., 0], strict=True)
        ]
    )
    assert (np.abs(moves) < 4.8 + 0.5).all()
    assert (moves.max(0) > 3).all()
    assert (moves.min(0) < -3).all()


def test_what_moves_in_from_outside_is_black_and_healthy():
    white, full = np.full((8, 16, 16, 3), 255, np.uint8), np.ones((8, 16, 16, 1), np.uint8)
    moved, moved_masks = augmented(white, full, Augmentation(0.0, 0.0, 0.0, 0.5, *[0.0] * 4))
    assert moved.min() == 0
    assert (moved[moved_masks[..., 0] == 0] < 255).all()
    assert (moved[moved_masks[..., 0] == 1] > 100).all()


@settings(max_examples=30, deadline=None)
@given(
    flip=st.floats(0, 1),
    rotate=st.floats(0, 180),
    scale=st.floats(0, 0.9),
    shift=st.floats(0, 1),
    brightness=st.floats(0, 0.9),
    contrast=st.floats(0, 0.9),
    gamma=st.floats(0, 2),
    noise=st.floats(0, 0.5),
    seed=st.integers(0, 2**40),
)
def test_masks_stay_of_0_and_1_and_images_within_their_range(seed, **settings_):
    images, masks = random_batch(seed=seed)
    varied, varied_masks = augmented(images, masks, Augmentation(**settings_), seed)
    assert varied.shape == images.shape
    assert varied_masks.shape == masks.shape
    assert varied.dtype == varied_masks.dtype == np.float32
    assert set(np.unique(varied_masks)) <= {0, 1}
    assert np.isfinite(varied).all()
    assert varied.min() >= 0
    assert varied.max() <= 255


# ---- brightness of the image alone


def test_brightness_contrast_gamma_and_noise_leave_the_mask_alone():
    images, masks = random_batch()
    varied, same = augmented(images, masks, EVERYTHING.only("brightness", "contrast", "gamma", "noise"))
    np.testing.assert_array_equal(same, masks)
    assert np.abs(varied - images).mean() > 1


def test_brightness_is_one_factor_for_all_sequences_of_an_image():
    images, masks = random_batch(count=64)
    images //= 2  # room to grow, or the bright ones are cut at 255
    varied, _ = augmented(images, masks, Augmentation(*[0.0] * 4, 0.2, 0.0, 0.0, 0.0))
    factors = np.array([v[i > 0] / i[i > 0] for v, i in zip(varied, images, strict=True)], dtype=object)
    means = np.array([factor.mean() for factor in factors])
    assert all(factor.std() < 1e-3 for factor in factors)
    assert 0.8 <= means.min() < 0.87
    assert 1.13 < means.max() <= 1.2


def test_gamma_is_one_exponent_for_all_sequences_of_an_image():
    images, masks = random_batch(count=64)
    images = np.clip(images, 20, 230)
    varied, _ = augmented(images, masks, Augmentation(*[0.0] * 6, 0.3, 0.0))
    exponents = (np.log(varied / 255) / np.log(images / 255)).reshape(64, -1)
    assert (exponents.std(axis=1) < 1e-3).all()
    assert math.exp(-0.3) <= exponents[:, 0].min() < 0.85
    assert 1.2 < exponents[:, 0].max() <= math.exp(0.3) + 1e-3


def test_contrast_differs_between_sequences_and_fixes_black_and_the_mean():
    grey = np.repeat(np.random.default_rng(0).integers(20, 120, (64, 16, 16, 1), dtype=np.uint8), 3, axis=-1)
    grey[:, :4] = 0  # the background
    varied, _ = augmented(grey, grey[..., :1] * 0, Augmentation(*[0.0] * 5, 0.3, 0.0, 0.0))
    assert (varied[:, :4] == 0).all()
    assert np.abs(varied[..., 0] - varied[..., 2]).max() > 5
    head = grey[:, 4:]
    for k in range(3):
        for image, result in zip(head[..., k], varied[:, 4:, :, k], strict=True):
            mean = image.mean()
            slope = np.polyfit(np.log(image.ravel() / mean), np.log(result.ravel() / mean), 1)
            assert 0.7 - 1e-3 < slope[0] < 1.3 + 1e-3
            assert abs(slope[1]) < 1e-3  # at the mean the value stays


def test_brighter_stays_brighter_within_a_sequence():
    images, masks = random_batch()
    images //= 2
    varied, _ = augmented(images, masks, Augmentation(*[0.0] * 4, 0.2, 0.3, 0.3, 0.0))
    for image, result in zip(images.reshape(8, -1, 3), varied.reshape(8, -1, 3), strict=True):
        for k in range(3):
            assert (np.diff(result[np.argsort(image[:, k], kind="stable"), k]) >= -1e-3).all()


def test_noise_has_the_asked_spread_and_no_bias():
    images = np.full((4, 64, 64, 3), 128, np.uint8)
    noisy, _ = augmented(images, images[..., :1] * 0, Augmentation(*[0.0] * 7, 0.02))
    assert (noisy - 128).std() == pytest.approx(0.02 * 255, rel=0.03)
    assert abs((noisy - 128).mean()) < 0.1
    assert len({image.tobytes() for image in noisy}) == 4


def test_flair_stands_in_for_the_asked_share_of_the_other_sequences_and_for_each_by_itself():
    images, masks = random_batch(count=600, size=4)
    varied, same_masks = augmented(images, masks, Augmentation(*[0.0] * 8, missing=0.3))
    np.testing.assert_array_equal(same_masks, masks)
    np.testing.assert_array_equal(varied[..., 1], images[..., 1])
    lost = np.stack([(varied[..., k] == images[..., 1]).all(axis=(1, 2)) for k in (0, 2)])
    kept = np.stack([(varied[..., k] == images[..., k]).all(axis=(1, 2)) for k in (0, 2)])
    assert (lost ^ kept).all()
    np.testing.assert_allclose(lost.mean(axis=1), 0.3, atol=0.06)
    assert lost.all(axis=0).mean() == pytest.approx(0.09, abs=0.04)


def test_flair_stands_in_as_it_is_after_everything_else_was_varied():
    images, masks = random_batch()
    varied, _ = augmented(images, masks, replace(EVERYTHING, missing=1.0))
    np.testing.assert_array_equal(varied[..., 0], varied[..., 1])
    np.testing.assert_array_equal(varied[..., 2], varied[..., 1])


def test_an_empty_slice_does_no_harm():
    empty = np.zeros((2, 16, 16, 3), np.uint8)
    varied, masks = augmented(empty, empty[..., :1], Augmentation(*[0.3] * 4, *[0.3] * 3, 0.0))
    assert not varied.any()
    assert not masks.any()


@pytest.mark.parametrize(
    "wrong",
    [
        {"flip": 1.5},
        {"rotate": -3},
        {"scale": 1},
        {"noise": math.nan},
        {"gamma": math.inf},
        {"contrast": -0.1},
        {"missing": 1.1},
    ],
)
def test_impossible_augmentation_is_refused_by_name(wrong):
    with pytest.raises(DataError, match=next(iter(wrong))):
        Augmentation(**wrong)


# ---- the data set


def test_batches_hold_the_slices_in_order_as_floating_numbers():
    images, masks = random_batch(count=10)
    parts = batches(images, masks, 4)
    assert [len(part) for part, _ in parts] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate([part for part, _ in parts]), images)
    np.testing.assert_array_equal(np.concatenate([part for _, part in parts]), masks)
    assert all(part.dtype == truth.dtype == np.float32 for part, truth in parts)


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 30), batch=st.integers(1, 12), seed=st.integers(0, 2**40), epoch=st.integers(0, 100))
def test_every_slice_comes_once_an_epoch_with_its_own_mask(count, batch, seed, epoch):
    images = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 2, 2, 3))
    masks = images[..., :1] % 2
    parts = batches(images, masks, batch, shuffle=True, seed=seed, epoch=epoch)
    numbers = np.concatenate([part[:, 0, 0, 0] for part, _ in parts])
    assert sorted(numbers) == list(range(count))
    np.testing.assert_array_equal(np.concatenate([part[:, 0, 0, 0] for _, part in parts]), numbers % 2)
    assert len(make_dataset(images, masks, batch)) == len(parts) == math.ceil(count / batch)


def test_a_remainder_is_dropped_where_asked():
    images, masks = random_batch(count=10)
    dataset = make_dataset(images, masks, 4, drop_remainder=True)
    assert len(dataset) == 2
    assert [part.shape for part, _ in dataset] == [(4, 16, 16, 3)] * 2
    assert dataset.element_spec[0].shape == (4, 16, 16, 3)


def test_the_same_seed_and_epoch_give_the_same_batches_and_others_do_not():
    images, masks = random_batch(count=20)

    def epoch(**settings_):
        parts = batches(images, masks, 4, EVERYTHING, shuffle=True, **settings_)
        return np.concatenate([part.ravel() for pair in parts for part in pair])

    first = epoch(seed=1, epoch=2)
    np.testing.assert_array_equal(epoch(seed=1, epoch=2), first)
    for other in ({"seed": 1, "epoch": 3}, {"seed": 2, "epoch": 2}, {"seed": 2, "epoch": 1}):
        assert (epoch(**other) != first).mean() > 0.5


def test_each_epoch_and_each_seed_has_its_own_order():
    images, masks = random_batch(count=20)
    orders = {
        np.concatenate([part for part, _ in batches(images, masks, 7, shuffle=True, seed=seed, epoch=epoch)]).tobytes()
        for seed in range(3)
        for epoch in range(3)
    }
    assert len(orders) == 9


def test_a_second_pass_over_one_data_set_repeats_it():
    images, masks = random_batch(count=20)
    dataset = make_dataset(images, masks, 8, EVERYTHING, shuffle=True, seed=3)
    for one, two in zip(dataset, dataset, strict=True):
        np.testing.assert_array_equal(one[0], two[0])


def test_equal_slices_are_varied_differently_within_and_between_batches():
    images, masks = random_batch(count=1)
    images, masks = np.repeat(images, 12, axis=0), np.repeat(masks, 12, axis=0)
    parts = batches(images, masks, 4, EVERYTHING)
    assert len({image.tobytes() for part, _ in parts for image in part}) == 12


@pytest.mark.slow
def test_the_number_of_threads_changes_nothing(tmp_path):
    program = (
        "import sys, numpy as np\nsys.path.insert(0, sys.argv[2])\n"
        "from test_data_pipeline import EVERYTHING, batches, random_batch\n"
        "parts = batches(*random_batch(40, 64), 8, EVERYTHING, shuffle=True, seed=1, epoch=2)\n"
        "np.save(sys.argv[1], np.concatenate([part.ravel() for pair in parts for part in pair]))\n"
    )
    results = []
    for threads in ("1", "4"):
        limits = {"TF_NUM_INTRAOP_THREADS": threads, "TF_NUM_INTEROP_THREADS": threads, "CUDA_VISIBLE_DEVICES": ""}
        file = tmp_path / f"{threads}.npy"
        words = [sys.executable, "-c", program, str(file), os.path.dirname(__file__)]
        subprocess.run(words, env=os.environ | limits, check=True, timeout=300)
        results.append(np.load(file))
    np.testing.assert_array_equal(*results)


def test_read_only_and_memory_mapped_arrays_are_taken(tmp_path):
    images, masks = random_batch(count=10)
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    np.testing.assert_array_equal(batches(mapped, masks, 10)[0][0], images)


@pytest.mark.parametrize(
    ("images", "masks", "batch"),
    [
        (np.zeros((4, 8, 8, 3)), np.zeros((3, 8, 8, 1)), 2),
        (np.zeros((4, 8, 8, 3)), np.zeros((4, 8, 8)), 2),
        (np.zeros((4, 8, 8, 3)), np.zeros((4, 4, 4, 1)), 2),
        (np.zeros((8, 8, 3)), np.zeros((8, 8, 1)), 2),
        (np.zeros((4, 8, 8, 3)), np.zeros((4, 8, 8, 1)), 0),
        (np.zeros((4, 8, 8, 3)), np.zeros((4, 8, 8, 1)), 2.5),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(images, masks, batch):
    with pytest.raises(DataError, match=r"expected|batch"):
        make_dataset(images, masks, batch)
