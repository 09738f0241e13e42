"""Slices that are standardised before they are varied; the network that is kept needs no preparation all the same."""

import numpy as np
import pytest

from course_lib import data, models, phantoms
from course_lib.evaluation import dice_score, predict_slices
from course_lib.training import Recipe, train


@pytest.fixture(scope="module")
def slices():
    """Slices of 4 phantoms, (slice, 32, 32, 3) uint8."""
    patients = [phantoms.phantom_patient(3, 32, number) for number in range(4)]
    return np.concatenate([patient.images for patient in patients])


def test_gain_and_offset_of_a_scanner_are_taken_out(slices):
    dark = (slices * 0.5).astype(np.float32)
    one, other = models.standardised_slices(slices.astype(np.float32)), models.standardised_slices(dark)
    inside = slices[..., 1] > slices[..., 1].mean()
    # one grey value of rounding, and the 1 that is added to the deviation so that a black slice has one
    assert np.abs(one[inside].astype(int) - other[inside]).mean() < 4
    assert np.abs(slices[inside].astype(int) - dark[inside]).mean() > 20


def test_the_network_does_the_same_inside(slices):
    model = models.vgg19_unet((32, 32, 3), weights=None, width=0.05, standardise="grey")
    bare = models.vgg19_unet((32, 32, 3), weights=None, width=0.05)
    bare.set_weights(model.get_weights())
    inside = predict_slices(model, slices)
    outside = predict_slices(bare, models.standardised_slices(slices))
    # A random network makes much of the rounding outside, but in few pixels.
    assert np.abs(inside - outside).mean() < 0.1 * np.abs(inside - predict_slices(bare, slices)).mean()


def test_a_black_slice_is_no_trouble():
    assert (models.standardised_slices(np.zeros((2, 16, 16, 3), np.uint8)) == 70).all()


@pytest.mark.slow
def test_the_network_that_is_kept_scores_plain_scans_as_training_scored_standardised_ones(tmp_path):
    scans = phantoms.make_phantoms(tmp_path, patients=6, size=32, seed=0)
    recipe = Recipe.fast(size=32, width=0.1, epochs=3, standardise_first=True, precision="float32", validation=0.2)
    run = train(recipe, scans, tmp_path / "run", progress=False)
    rows = data.index_scans(scans)
    rows = rows[rows["patient"].isin(run.split.validation)]
    images, masks = data.load_slices(rows, 32, progress=False)
    guess = predict_slices(run.best_model(), images) >= 0.5
    by_patient = rows.reset_index(drop=True).groupby("patient").indices.values()
    dice = np.mean([dice_score(masks[found] > 0, guess[found]) for found in by_patient])
    assert dice == pytest.approx(run.history["val_dice"].max(), abs=0.02)
    assert 0.02 < dice < 1
