"""Exercise: slices and masks that move together."""

import numpy as np
from scipy import ndimage

from course_lib.check.exercise import Exercise, Misconception, Property, case


def _move(picture, mirror, right, order):
    """One slice or mask, (height, width, channel), mirrored left and right, then shifted."""
    return ndimage.shift(picture[:, ::-1] if mirror else picture, (0, right, 0), order=order)


def _all(pictures, mirror, right, order):
    return np.stack([_move(*one, order) for one in zip(pictures, mirror, right, strict=True)])


def _pairs(images, masks, mirror, right):
    return _all(images, mirror, right, 1), _all(masks, mirror, right, 0)


def _mask_stays(images, masks, mirror, right):
    return _all(images, mirror, right, 1), masks.copy()


def _mask_only_mirrored(images, masks, mirror, right):
    return _all(images, mirror, right, 1), _all(masks, mirror, 0 * right, 0)


def _mask_only_shifted(images, masks, mirror, right):
    return _all(images, mirror, right, 1), _all(masks, ~mirror & mirror, right, 0)


def _mask_grey(images, masks, mirror, right):
    return _all(images, mirror, right, 1), _all(masks, mirror, right, 1)


def _mask_grown(images, masks, mirror, right):
    return _all(images, mirror, right, 1), (_all(masks, mirror, right, 1) > 0).astype(masks.dtype)


def _image_without_order(images, masks, mirror, right):
    return _all(images, mirror, right, 3), _all(masks, mirror, right, 0)


def _mask_without_order(images, masks, mirror, right):
    return _all(images, mirror, right, 1), _all(masks, mirror, right, 3)


def _both_without_order(images, masks, mirror, right):
    return _all(images, mirror, right, 3), _all(masks, mirror, right, 3)


def _round_the_edge(images, masks, mirror, right):
    return tuple(
        np.stack(
            [np.roll(one, round(by), axis=1) for one, by in zip(_all(each, mirror, 0 * right, 0), right, strict=True)]
        )
        for each in (images, masks)
    )


def _comes_in_on_the_other_side(inputs, output):
    """A sign: slices shifted by whole pixels hold at the edge what left on the other side, or what wraps to there."""
    images, _, mirror, right = inputs
    turned = [one[:, ::-1] if flip else one for one, flip in zip(images, mirror, strict=True)]
    wrapped = [ndimage.shift(one, (0, by, 0), order=1, mode="wrap") for one, by in zip(turned, right, strict=True)]
    given = np.asarray(output[0])
    whole = right.any() and not (right % 1).any()
    return whole and (np.allclose(given, wrapped) or np.allclose(given, _round_the_edge(*inputs)[0]))


def _list_of_pairs(images, masks, mirror, right):
    return list(zip(*_pairs(images, masks, mirror, right), strict=True))


def _image_in_whole_pixels(images, masks, mirror, right):
    return _all(images, mirror, right, 0), _all(masks, mirror, right, 0)


def _rounded(images, masks, mirror, right):
    return _pairs(images, masks, mirror, np.round(right))


def _upside_down(images, masks, mirror, right):
    turned = [
        np.stack([one[::-1] if flip else one for one, flip in zip(each, mirror, strict=True)])
        for each in (images, masks)
    ]
    return _pairs(*turned, mirror & ~mirror, right)


def _downwards(images, masks, mirror, right):
    moved = []
    for pictures, order in ((images, 1), (masks, 0)):
        mirrored = _all(pictures, mirror, 0 * right, 0)
        moved.append(
            np.stack([ndimage.shift(p, (by, 0, 0), order=order) for p, by in zip(mirrored, right, strict=True)])
        )
    return tuple(moved)


def _to_the_left(images, masks, mirror, right):
    return _pairs(images, masks, mirror, -right)


def _shifted_first(images, masks, mirror, right):
    return _pairs(images, masks, mirror, np.where(mirror, -right, right))


def _all_or_none(images, masks, mirror, right):
    return _pairs(images, masks, np.full(len(mirror), mirror.any()), right)


def _own_numbers(images, masks, mirror, right):
    random = np.random.default_rng(1)
    mirror_too, right_too = random.random(len(masks)) < 0.5, random.uniform(-2, 2, len(masks))
    return _all(images, mirror, right, 1), _all(masks, mirror_too, right_too, 0)


def _mask_moved_by_others(inputs, output):
    """A sign: the images are right, the masks have moved too, stayed masks, and lie somewhere else."""
    images, masks = _pairs(*inputs)
    given, given_masks = (np.asarray(part) for part in output)
    return (
        np.allclose(given, images)
        and given_masks.shape == masks.shape
        and set(np.unique(given_masks)) <= {0, 1}
        and not np.array_equal(given_masks, masks)
    )


def _slices(count, height=2, width=5):
    """Images with a different brightness everywhere, and masks with one corner of tumour."""
    images = np.arange(count * height * width, dtype="float32").reshape(count, height, width, 1) + 10
    masks = np.zeros((count, height, width, 1), "float32")
    masks[:, 0, 1:3] = 1
    return images, masks


def _numbers(mirror, right):
    return np.array(mirror, bool), np.array(right, float)


PAIRS = Exercise(
    name="move_pairs",
    lesson=6,
    task="Mirror and shift slices, each with its mask, by given random numbers.",
    reference=_pairs,
    properties=[
        Property(
            "Where `mirror` is True, slice and mask change left with right; the others stay.",
            [
                case(*_slices(1), *_numbers([True], [0.0]), note="mirrored, not shifted"),
                case(*_slices(2), *_numbers([False, True], [0.0, 0.0]), note="only the second is mirrored"),
            ],
            points=2,
        ),
        Property(
            "A shift to the right moves slice and mask alike, and black and healthy comes in.",
            [
                case(*_slices(1), *_numbers([False], [1.0]), note="one pixel to the right"),
                case(*_slices(2), *_numbers([False, False], [2.0, -1.0]), note="two to the right, one to the left"),
            ],
        ),
        Property(
            "Part of a pixel mixes brightness in the slice; the mask still holds 0 and 1 only.",
            [case(*_slices(1), *_numbers([False], [1.3]), note="1.3 pixels to the right")],
        ),
        Property(
            "Mirror first, then shift.",
            [case(*_slices(2), *_numbers([True, False], [1.0, -0.4]), note="both at once")],
        ),
    ],
    misconceptions=[
        Misconception(
            "the mask stays behind",
            "The slice has moved, its mask has not: the outline now lies over healthy tissue. No error will tell you.",
            _mask_stays,
        ),
        Misconception(
            "the mask mirrored, but not shifted",
            "Mirrored masks are right. And those of slices that are shifted?",
            _mask_only_mirrored,
        ),
        Misconception(
            "the mask shifted, but not mirrored",
            "Shifted masks are right. And those of slices that are mirrored?",
            _mask_only_shifted,
        ),
        Misconception(
            "the mask interpolated to grey",
            "A pixel of a mask is tumour or it is not; 0.7 is neither. Masks take the nearest pixel, slices mix.",
            _mask_grey,
        ),
        Misconception(
            "the mask has grown",
            "Mixed first, then everything above 0 taken for tumour: the mask is 0 and 1 again, and wider than before. "
            "Take the nearest pixel instead.",
            _mask_grown,
        ),
        Misconception(
            "the slice's `order` left out",
            "Masks are right. For slices `ndimage.shift` bends curves through the pixels (order 3) unless you say "
            "order 1; such curves overshoot at edges.",
            _image_without_order,
        ),
        Misconception(
            "the mask's `order` left out",
            "Slices are right. For masks `ndimage.shift` bends curves through 0 and 1 (order 3) unless you say order "
            "0: values between, below and above come out.",
            _mask_without_order,
        ),
        Misconception(
            "`order` left out",
            "Unless you say otherwise, `ndimage.shift` bends curves through the pixels (order 3). Slices want order 1; "
            "and masks, which hold 0 and 1 only?",
            _both_without_order,
        ),
        Misconception(
            "what leaves on one side comes in on the other",
            "The right ear does not belong beside the left. What comes in from outside is 0.",
            _round_the_edge,
            sign=_comes_in_on_the_other_side,
        ),
        Misconception(
            "a list of pairs",
            "Two arrays are asked: all slices in the first, all masks in the second. Stack each by itself.",
            _list_of_pairs,
        ),
        Misconception(
            "the slice in whole pixels too",
            "The mask is right. But the slice jumps from pixel to pixel: brightness may be mixed, and should be.",
            _image_in_whole_pixels,
        ),
        Misconception(
            "the shift rounded to whole pixels",
            "1.3 pixels have become 1. `ndimage.shift` takes fractions; they mix brightness in the slice.",
            _rounded,
        ),
        Misconception(
            "upside down instead of left and right",
            "The axes of one slice are (height, width, channel). Which of them runs from left to right?",
            _upside_down,
        ),
        Misconception(
            "shifted down instead of right",
            "The three numbers of a shift belong to (height, width, channel): to the right is along the width.",
            _downwards,
        ),
        Misconception(
            "shifted to the left",
            "A positive number should move the slice to the right.",
            _to_the_left,
        ),
        Misconception(
            "shifted first, then mirrored",
            "Who mirrors last mirrors the shift as well: to the right becomes to the left.",
            _shifted_first,
        ),
        Misconception(
            "all mirrored as soon as one is",
            "Every slice has its own entry in `mirror`.",
            _all_or_none,
        ),
        Misconception(
            "other numbers for the mask than for its slice",
            "The slices are right, and the masks have moved, but by other numbers: each outline now lies beside its "
            "tumour. A slice and its mask share one draw.",
            _own_numbers,
            sign=_mask_moved_by_others,
        ),
    ],
    hints=[
        "Walk through the slices with an index k: slice k, mask k, `mirror[k]` and `right[k]` belong together.",
        "Within one slice the axes are (height, width, channel). Backwards along the second one is left for right.",
        "Mirror both if `mirror[k]`; then `ndimage.shift` both along the width: order 1 for one, 0 for the other.",
    ],
)
