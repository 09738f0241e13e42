"""What an epoch shows the network and how it is judged afterwards; training on arrays in place of a folder."""

import numpy as np
import pytest

from course_lib.errors import DataError, RecipeError
from course_lib.training import fit_arrays
from course_lib.training.loop import Slices, epoch_dataset, validate


def _toy_arrays(count=12, size=16, seed=0):
    random = np.random.default_rng(seed)
    masks = np.zeros((count, size, size, 1), np.uint8)
    masks[: count // 3, 4:11, 4:11] = 1
    images = (random.integers(0, 60, (count, size, size, 3)) + 150 * masks).astype(np.uint8)
    return images, masks


def test_every_tumour_slice_is_in_every_epoch_and_empty_ones_take_turns():
    images, masks = _toy_arrays(count=12)
    images[:, 0, 0, 0] = np.arange(12)  # a name for each slice
    slices = Slices(images, masks, np.zeros(12))
    seen = []
    for epoch in range(8):
        dataset = epoch_dataset(slices, 4, None, 1.0, seed=0, epoch=epoch)
        seen.append({int(value) for batch, _ in dataset for value in batch[:, 0, 0, 0]})
    assert all({0, 1, 2, 3} <= names and len(names) == 8 for names in seen)
    assert set.union(*seen) == set(range(12))


def test_no_tumour_at_all_is_an_error_that_names_the_field():
    images, masks = _toy_arrays()
    with pytest.raises(RecipeError, match="empty_per_tumor"):
        epoch_dataset(Slices(images, masks * 0, np.zeros(len(images))), 4, None, 1.0, 0, 0)


def test_fitting_arrays_returns_one_row_an_epoch_and_learns(capsys):
    from course_lib.models import unet

    images, masks = _toy_arrays()
    patients = np.repeat(["a", "b"], 6)
    history = fit_arrays(
        unet((16, 16, 3), (4, 8)), images, masks, epochs=6, batch=4, learning_rate=0.02,
        validation=(images, masks, patients), progress=False,
    )  # fmt: skip
    assert history["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert {"loss", "val_loss", "val_dice", "learning_rate"} <= set(history.columns)
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]


def test_masks_that_do_not_match_the_images_are_refused():
    from course_lib.models import unet

    images, masks = _toy_arrays()
    with pytest.raises(DataError, match="12 images, 11 masks"):
        fit_arrays(unet((16, 16, 3), (4, 8)), images, masks[1:], progress=False)


def test_a_patient_without_tumour_and_without_alarm_counts_as_agreement():
    class Nothing:
        def predict_on_batch(self, images):
            return np.zeros((*images.shape[:3], 1), np.float32)

    images, masks = _toy_arrays()
    both = validate(Nothing(), Slices(images, masks, np.repeat(["tumour", "healthy"], [4, 8])), 4)
    assert both["val_dice"] == pytest.approx((0 + 1) / 2)
