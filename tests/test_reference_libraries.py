"""Our losses beside those of MONAI and segmentation_models.pytorch, which other people wrote and tested.

Skipped where the `reference` extra is not installed.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from course_lib import losses

pytestmark = pytest.mark.reference
MISSING = "{} is not installed; pip install -e '.[reference]' gets it"
MISSES_FIRST = {"fn_weight": 0.7, "fp_weight": 0.3}


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason=MISSING.format("PyTorch"))


@pytest.fixture(scope="module")
def monai_losses(torch):
    return pytest.importorskip("monai.losses", reason=MISSING.format("MONAI"))


@pytest.fixture(scope="module")
def smp_losses(torch):
    """The losses of segmentation_models.pytorch alone: the whole package also imports torchvision's encoders."""
    spec = importlib.util.find_spec("segmentation_models_pytorch")
    if spec is None:
        pytest.skip(MISSING.format("segmentation_models.pytorch"))
    folder = Path(spec.origin).parent / "losses"
    spec = importlib.util.spec_from_file_location(
        "smp_losses", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["smp_losses"] = module
    spec.loader.exec_module(module)
    yield module
    for name in [name for name in sys.modules if name.split(".")[0] == "smp_losses"]:
        del sys.modules[name]


def batch(empty_images=0):
    """Masks and probabilities (batch, height, width, 1); misses and false alarms differ in number."""
    rng = np.random.default_rng(4)
    truth = (rng.random((4, 16, 16, 1)) < 0.2).astype("float32")
    truth[:empty_images] = 0
    guess = np.clip(0.6 * truth + 0.5 * rng.random(truth.shape), 0, 1).astype("float32")
    return truth, guess


def channels_first(torch, *images):
    return [torch.tensor(np.moveaxis(image, -1, 1).copy()) for image in images]


@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("empty_images", [0, 1, 4])
def test_tversky_agrees_with_monai_whose_alpha_weighs_false_alarms(torch, monai_losses, per_image, empty_images):
    truth, guess = batch(empty_images)
    theirs = monai_losses.TverskyLoss(alpha=0.3, beta=0.7, batch=not per_image)(*channels_first(torch, guess, truth))
    ours = losses.tversky_loss(truth, guess, **MISSES_FIRST, smooth=1e-5, per_image=per_image)
    assert ours == pytest.approx(float(theirs), abs=1e-6)


def test_dice_agrees_with_monai_whose_smoothing_counts_twice(torch, monai_losses):
    truth, guess = batch()
    theirs = monai_losses.DiceLoss(smooth_nr=2, smooth_dr=2, batch=True)(*channels_first(torch, guess, truth))
    assert losses.dice_loss(truth, guess, smooth=1) == pytest.approx(float(theirs), abs=1e-6)


@pytest.mark.parametrize("gamma", [0.75, 1.0, 4 / 3])
def test_focal_tversky_agrees_with_smp_whose_alpha_weighs_false_alarms(torch, smp_losses, gamma):
    truth, guess = batch(empty_images=1)
    loss = smp_losses.TverskyLoss("binary", from_logits=False, alpha=0.3, beta=0.7, gamma=gamma)
    theirs = loss(*channels_first(torch, guess, truth))
    ours = losses.focal_tversky_loss(truth, guess, **MISSES_FIRST, smooth=0, gamma=gamma)
    assert ours == pytest.approx(float(theirs), abs=1e-6)


def test_dice_agrees_with_smp_without_smoothing(torch, smp_losses):
    truth, guess = batch()
    theirs = smp_losses.DiceLoss("binary", from_logits=False)(*channels_first(torch, guess, truth))
    assert losses.dice_loss(truth, guess, smooth=0) == pytest.approx(float(theirs), abs=1e-6)


def test_gradients_agree_with_those_of_smp(torch, smp_losses):
    tensorflow = pytest.importorskip("tensorflow")
    truth, guess = batch()
    guess = guess.clip(0.01, 0.99)  # theirs goes through |p - g|, which has a kink where p = g
    their_truth, their_guess = channels_first(torch, truth, guess)
    their_guess.requires_grad_()
    loss = smp_losses.TverskyLoss("binary", from_logits=False, smooth=1.0, alpha=0.3, beta=0.7, gamma=0.75)
    loss(their_guess, their_truth).backward()
    tensor = tensorflow.constant(guess)
    with tensorflow.GradientTape() as tape:
        tape.watch(tensor)
        value = losses.FocalTverskyLoss()(truth, tensor)
    ours = np.moveaxis(tape.gradient(value, tensor).numpy(), -1, 1)
    np.testing.assert_allclose(ours, their_guess.grad.numpy(), rtol=1e-4, atol=1e-8)


def test_swapped_weights_would_be_noticed(torch, monai_losses):
    truth, guess = batch()
    swapped = monai_losses.TverskyLoss(alpha=0.7, beta=0.3, batch=True)(*channels_first(torch, guess, truth))
    assert abs(losses.tversky_loss(truth, guess, **MISSES_FIRST, smooth=1e-5) - float(swapped)) > 0.01
