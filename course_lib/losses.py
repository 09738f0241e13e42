"""Dice, Tversky and focal Tversky: as functions of arrays, as Keras losses, and as a metric.

All of them start from three soft counts of pixels, where g is the true mask and p the predicted probability:

    TP = sum(p g)          pixels found
    FP = sum(p (1 - g))    false alarms
    FN = sum((1 - p) g)    misses

    Tversky index        TI = (TP + smooth) / (TP + fn_weight FN + fp_weight FP + smooth)
    Tversky loss         1 - TI
    focal Tversky loss   (1 - TI) ** gamma
    Dice                 TI with both weights one half

Arrays have the axes (batch, height, width, channel). ``per_image=False`` pools the counts of the whole batch before it
divides, so that an image without tumour adds nothing but its false alarms; ``per_image=True`` divides in each image.

Greek letters flip between sources, so the arguments say what they weigh: ``fn_weight`` is beta in Salehi et al. 2017
(arXiv 1706.05721) and alpha in Abraham & Khan 2018 (arXiv 1810.07842), whose gamma = 4/3 is 1 / ``gamma`` here.

Decided for every function and class below:

- Empty mask and empty prediction: index 1, loss 0, also with ``smooth=0``. Empty mask and a false alarm, ``smooth=0``:
  index 0, loss 1, however small the alarm (down to a thousandth of a pixel); a larger ``smooth`` grades it.
- Counts and scores are computed in float32, whatever comes in: half precision cannot count beyond 2,048 pixels.
- Gradients are finite everywhere. A power below 1 has an infinite slope at a perfect prediction: there (1 - TI below
  1e-6) the focal loss goes on as a straight line. Denominators are at least a thousandth of a pixel.
- NumPy arrays and nested lists in, NumPy out (a float32 scalar, or a vector); backend tensors in, backend tensors out.
"""

import numpy as np

from course_lib.backend import keras, ops
from course_lib.errors import ArgumentError

FOCAL_FLOOR = 1e-6  # of 1 - TI: below it the focal loss goes on as a line, whose slope is 32 at gamma 0.75
PIXEL_FLOOR = 1e-3  # pixels: keeps 0 / 0 apart, and gradients within float16


def soft_counts(y_true, y_pred, per_image=False, sample_weight=None):
    """Counts found pixels, false alarms and misses, in fractions of a pixel where predictions are probabilities.

    Args:
        y_true: (batch, height, width, channel) in {0, 1}, any dtype; for ``per_image=False`` any shape does.
        y_pred: the same shape, probabilities in [0, 1].
        per_image: one count an image instead of one for the batch.
        sample_weight: weight of each pixel, or of each image with the shape (batch,); None counts every pixel once.

    Returns:
        (tp, fp, fn): float32 scalars, or vectors of shape (batch,) with ``per_image=True``.

    Raises:
        ArgumentError: the shapes differ, or an array (not a tensor, whose values may not be known yet) holds values
            outside [0, 1].

    >>> [float(n) for n in soft_counts([[1, 1, 0]], [[1, 0.25, 0.5]])]
    [1.25, 0.5, 0.75]
    """
    from_arrays = _are_arrays(y_true, y_pred)
    if from_arrays:
        _check_values(y_true, "y_true", "masks: divide 0/255 masks by 255")
        _check_values(y_pred, "y_pred", "predictions: probabilities are needed, after a sigmoid")
    truth, guess = ops.cast(_tensor(y_true), "float32"), ops.cast(_tensor(y_pred), "float32")
    _check_shapes(truth, guess, per_image)
    hit = truth * guess
    # p - pg instead of p(1 - g): the product is computed once, and no rounding makes a count negative
    terms = (hit, guess - hit, truth - hit)
    if sample_weight is not None:
        weight = _broadcastable(ops.cast(_tensor(sample_weight), "float32"), len(truth.shape))
        terms = tuple(term * weight for term in terms)
    axes = tuple(range(1, len(truth.shape))) if per_image else None
    counts = tuple(ops.sum(term, axis=axes) for term in terms)
    return tuple(map(_as_numpy, counts)) if from_arrays else counts


def tversky_index(y_true, y_pred, fn_weight=0.7, fp_weight=0.3, smooth=1.0, per_image=False):
    """Overlap of mask and prediction between 0 and 1, with misses and false alarms weighed apart (Salehi 2017).

    Args:
        y_true: (batch, height, width, channel) in {0, 1}.
        y_pred: the same shape, probabilities in [0, 1].
        fn_weight: weight of misses, at least 0.
        fp_weight: weight of false alarms, at least 0.
        smooth: pixels added to the numerator and denominator, at least 0.
        per_image: an index an image instead of one for the batch.

    Returns:
        float32 scalar, or a vector of shape (batch,) with ``per_image=True``. See the module for the empty mask.

    Raises:
        ArgumentError: shapes differ, weights are negative or both zero, or an array's values lie outside [0, 1].

    >>> round(float(tversky_index([[1, 1, 1, 1]], [[1, 1, 0, 0]], smooth=0)), 6)
    0.588235
    """
    _check_weights(fn_weight, fp_weight, smooth)
    counts = soft_counts(y_true, y_pred, per_image)
    index = 1.0 - _complement(*counts, fn_weight, fp_weight, smooth)
    return _as_numpy(index) if _are_arrays(y_true, y_pred) else index


def tversky_loss(y_true, y_pred, fn_weight=0.7, fp_weight=0.3, smooth=1.0, per_image=False):
    """One minus the Tversky index; with ``per_image=True`` the mean of that over the images.

    Arguments and errors are those of `tversky_index`. Returns a float32 scalar in [0, 1].

    >>> round(float(tversky_loss([[1, 1, 1, 1]], [[1, 1, 0, 0]])), 6)
    0.318182
    """
    return focal_tversky_loss(y_true, y_pred, fn_weight, fp_weight, smooth, per_image, gamma=1.0)


def focal_tversky_loss(y_true, y_pred, fn_weight=0.7, fp_weight=0.3, smooth=1.0, per_image=False, gamma=0.75):
    """(1 - Tversky index) ** gamma; with ``per_image=True`` the mean of that over the images (Abraham & Khan 2018).

    Args:
        y_true, y_pred, fn_weight, fp_weight, smooth, per_image: as in `tversky_index`.
        gamma: the exponent itself, more than 0. Below 1 it steepens the loss near a perfect prediction.

    Returns:
        float32 scalar in [0, 1].

    Raises:
        ArgumentError: as `tversky_index`, and where gamma is not positive.

    >>> round(float(focal_tversky_loss([[1, 1, 1, 1]], [[1, 1, 0, 0]])), 6)
    0.423649
    """
    _check_weights(fn_weight, fp_weight, smooth, gamma)
    counts = soft_counts(y_true, y_pred, per_image)
    loss = ops.mean(_power(_complement(*counts, fn_weight, fp_weight, smooth), gamma))
    return _as_numpy(loss) if _are_arrays(y_true, y_pred) else loss


def dice_loss(y_true, y_pred, smooth=1.0, per_image=False):
    """One minus soft Dice: the Tversky loss with both weights one half, ``1 - (TP + s) / (TP + FP/2 + FN/2 + s)``.

    ``smooth`` is counted in found pixels, as in the Tversky index; libraries that write Dice as
    ``(2 TP + s) / (2 TP + FP + FN + s)`` mean half as much by the same number.

    >>> round(float(dice_loss([[1, 1, 1, 1]], [[1, 1, 0, 0]], smooth=0)), 6)
    0.333333
    """
    return tversky_loss(y_true, y_pred, 0.5, 0.5, smooth, per_image)


@keras.saving.register_keras_serializable("course")
class TverskyLoss(keras.losses.Loss):
    """`tversky_loss` for `model.compile`; saved and reloaded with the model.

    Pooled (``per_image=False``), the batch has one loss, and Keras' ``reduction`` has nothing left to reduce.
    ``sample_weight`` (of images or pixels) then weighs the counts: a pixel of weight 0 does not exist, one of weight 2
    counts twice. With ``per_image=True`` the loss is a vector that Keras weighs and reduces as it does for its own.

    Args:
        fn_weight, fp_weight, smooth, per_image: as in `tversky_index`.
        name, reduction, dtype: as in `keras.losses.Loss`.
    """

    gamma = 1.0

    def __init__(
        self,
        fn_weight=0.7,
        fp_weight=0.3,
        smooth=1.0,
        per_image=False,
        name="tversky_loss",
        reduction="sum_over_batch_size",
        dtype=None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        _check_weights(fn_weight, fp_weight, smooth)
        self.fn_weight, self.fp_weight, self.smooth, self.per_image = fn_weight, fp_weight, smooth, per_image

    def __call__(self, y_true, y_pred, sample_weight=None):
        """Returns the reduced loss of a batch; see the class for what ``sample_weight`` does."""
        if self.per_image or sample_weight is None:
            return super().__call__(y_true, y_pred, sample_weight)
        return self._loss(_tensor(y_true), _tensor(y_pred), sample_weight)

    def call(self, y_true, y_pred):
        """Returns a scalar, or a vector of shape (batch,) with ``per_image=True``."""
        return self._loss(y_true, y_pred)

    def _loss(self, y_true, y_pred, sample_weight=None):
        counts = soft_counts(y_true, y_pred, self.per_image, sample_weight)
        return _power(_complement(*counts, self.fn_weight, self.fp_weight, self.smooth), self.gamma)

    def get_config(self):
        """Returns what `from_config` needs to build this loss again."""
        own = {name: getattr(self, name) for name in ("fn_weight", "fp_weight", "smooth", "per_image")}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("course")
class FocalTverskyLoss(TverskyLoss):
    """`focal_tversky_loss` for `model.compile`; ``gamma`` is the exponent. See `TverskyLoss` for the rest."""

    def __init__(
        self,
        fn_weight=0.7,
        fp_weight=0.3,
        smooth=1.0,
        per_image=False,
        gamma=0.75,
        name="focal_tversky_loss",
        reduction="sum_over_batch_size",
        dtype=None,
    ):
        super().__init__(fn_weight, fp_weight, smooth, per_image, name, reduction, dtype)
        _check_weights(fn_weight, fp_weight, smooth, gamma)
        self.gamma = gamma

    def get_config(self):
        """Returns what `from_config` needs to build this loss again."""
        return {**super().get_config(), "gamma": self.gamma}


@keras.saving.register_keras_serializable("course")
class DiceLoss(TverskyLoss):
    """`dice_loss` for `model.compile`. See `TverskyLoss` for ``per_image`` and ``sample_weight``."""

    def __init__(self, smooth=1.0, per_image=False, name="dice_loss", reduction="sum_over_batch_size", dtype=None):
        super().__init__(0.5, 0.5, smooth, per_image, name, reduction, dtype)

    def get_config(self):
        """Returns what `from_config` needs to build this loss again."""
        config = super().get_config()
        del config["fn_weight"], config["fp_weight"]
        return config


@keras.saving.register_keras_serializable("course")
class TverskyMetric(keras.metrics.Metric):
    """Tversky index of everything seen since the epoch began: counts are added up, then divided once.

    So it does not depend on how slices were dealt into batches, as a mean over batches would.

    Args:
        fn_weight, fp_weight, smooth: as in `tversky_index`; both weights 0.5 give Dice.
        threshold: predictions above it count as 1 and the others as 0; None counts probabilities as they are.
        name, dtype: as in `keras.metrics.Metric`.
    """

    def __init__(self, fn_weight=0.7, fp_weight=0.3, smooth=1.0, threshold=None, name="tversky", dtype=None):
        super().__init__(name=name, dtype=dtype)
        _check_weights(fn_weight, fp_weight, smooth)
        self.fn_weight, self.fp_weight, self.smooth, self.threshold = fn_weight, fp_weight, smooth, threshold
        self.counts = [
            self.add_weight(name=count, initializer="zeros", dtype="float32") for count in ("tp", "fp", "fn")
        ]

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds the counts of a batch."""
        y_true, y_pred = _tensor(y_true), _tensor(y_pred)
        if self.threshold is not None:
            y_pred = ops.cast(y_pred > self.threshold, "float32")
        for total, count in zip(self.counts, soft_counts(y_true, y_pred, False, sample_weight), strict=True):
            total.assign_add(count)

    def result(self):
        """Returns the index as a float32 scalar; 1 before anything was seen."""
        tp, fp, fn = (ops.convert_to_tensor(total) for total in self.counts)
        return 1.0 - _complement(tp, fp, fn, self.fn_weight, self.fp_weight, self.smooth)

    def get_config(self):
        """Returns what `from_config` needs to build this metric again."""
        own = {name: getattr(self, name) for name in ("fn_weight", "fp_weight", "smooth", "threshold")}
        return {**super().get_config(), **own}


def _complement(tp, fp, fn, fn_weight, fp_weight, smooth):
    """1 - TI, as errors over everything: exact near 0, where 1 - TI itself would cancel; 0 where all counts are 0."""
    errors = fn_weight * fn + fp_weight * fp
    return errors / ops.maximum(tp + errors + smooth, PIXEL_FLOOR)


def _power(value, gamma):
    """Value ** gamma for value in [0, 1], continued below FOCAL_FLOOR by a line through 0."""
    return value if gamma == 1 else value * ops.maximum(value, FOCAL_FLOOR) ** (gamma - 1.0)


def _are_arrays(*values):
    return all(isinstance(value, (np.ndarray, np.generic, list, tuple, int, float)) for value in values)


def _tensor(value):
    """A tensor of the backend in use; Python numbers and doubles become float32."""
    if _are_arrays(value):
        value = np.asarray(value)
        value = value.astype("float32") if value.dtype == np.float64 else value
    return ops.convert_to_tensor(value)


def _as_numpy(tensor):
    """A NumPy array, or a NumPy scalar where the tensor is one."""
    return ops.convert_to_numpy(tensor)[()]


def _broadcastable(weight, rank):
    """Weights of images, (batch,), as (batch, 1, 1, 1); weights of pixels as they are."""
    missing = rank - len(weight.shape)
    return ops.reshape(weight, (*ops.shape(weight), *[1] * missing)) if weight.shape and missing > 0 else weight


def _check_shapes(truth, guess, per_image):
    same = len(truth.shape) == len(guess.shape) and all(
        t is None or g is None or t == g for t, g in zip(truth.shape, guess.shape, strict=True)
    )
    if not same:
        raise ArgumentError(
            f"Mask and prediction differ in shape: {tuple(truth.shape)} and {tuple(guess.shape)}. Both need the axes "
            "(batch, height, width, channel); a mask without its last axis gets it from mask[..., None]."
        )
    if per_image and len(truth.shape) < 2:
        raise ArgumentError(
            f"per_image=True needs an axis of images in front, but the shape is {tuple(truth.shape)}. "
            "Use array[None] for a single image."
        )


def _check_values(values, name, remedy):
    array = np.asarray(values)
    if array.size and not (array.min() >= 0 and array.max() <= 1):  # so written, NaN fails too
        raise ArgumentError(f"{name} reaches from {array.min()} to {array.max()}, not within 0 to 1 ({remedy}).")


def _check_weights(fn_weight, fp_weight, smooth, gamma=1.0):
    if not (0 <= fn_weight < np.inf and 0 <= fp_weight < np.inf and fn_weight + fp_weight > 0):
        raise ArgumentError(
            f"fn_weight={fn_weight} and fp_weight={fp_weight} must be at least 0, and one of them more: "
            "0.7 and 0.3 punish misses, 0.5 and 0.5 give Dice."
        )
    if not 0 <= smooth < np.inf:
        raise ArgumentError(f"smooth={smooth} must be a number of pixels, at least 0; the course uses 1.")
    if not 0 < gamma < np.inf:
        raise ArgumentError(f"gamma={gamma} must be more than 0: it is the exponent of 1 - index, 0.75 in the course.")
