"""Exercise: ask twice, the second time in the mirror."""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case
from course_lib.explain import FLIPS, augmented_prediction


def _mirrored(predict, images):
    return augmented_prediction(predict, images, FLIPS).probability


def _not_flipped_back(predict, images):
    return (predict(images) + predict(images[:, :, ::-1])) / 2


def _masks(predict, images):
    return ((predict(images) >= 0.5) * 1.0 + (predict(images[:, :, ::-1])[:, :, ::-1] >= 0.5)) / 2


def _up_down(predict, images):
    return (predict(images) + predict(images[:, ::-1])[:, ::-1]) / 2


def _mirror_only(predict, images):
    return predict(images[:, :, ::-1])[:, :, ::-1]


def _last_axis(predict, images):
    return (predict(images) + predict(images[..., ::-1])[..., ::-1]) / 2


def _slices_reversed(predict, images):
    return (predict(images) + predict(images[::-1])[::-1]) / 2


def _images_averaged(predict, images):
    return predict((images + images[:, :, ::-1]) / 2)


def _answer_flipped_alone(predict, images):
    answer = predict(images)
    return (answer + answer[:, :, ::-1]) / 2


def _summed(predict, images):
    return 2 * _mirrored(predict, images)


def _larger(predict, images):
    return np.maximum(predict(images), predict(images[:, :, ::-1])[:, :, ::-1])


def _all_axes(predict, images):
    return (predict(images) + np.flip(predict(np.flip(images)))) / 2


def _last_axis_of_the_images_alone(predict, images):
    return (predict(images) + predict(images[..., ::-1])) / 2


def _turned_back_on_another_axis(predict, images):
    return (predict(images) + predict(images[:, :, ::-1])[:, ::-1]) / 2


def _turned_back_on_the_right_axis_only(predict, images):
    return (predict(images) + predict(images[:, ::-1])[:, :, ::-1]) / 2


def flair_alone(images):
    """A network that calls each pixel as likely tumour as it is bright on FLAIR: it treats both sides alike."""
    return images[..., 1] / 255


def left_half_only(images):
    """A network that finds its tumour in the left half of whatever it is shown."""
    left = np.arange(images.shape[2]) < images.shape[2] // 2
    return np.broadcast_to(np.where(left, 0.8, 0.0), images.shape[:3]).copy()


def brighter_to_the_right(images):
    """A network that looks at all sequences, trusts the right side more than the left, and the bottom than the top."""
    height, width = images.shape[1:3]
    trust = np.linspace(0.2, 1, width)[None, :] * np.linspace(0.6, 1, height)[:, None]
    return (images @ np.array([0.1, 0.6, 0.3]) / 255) ** 2 * trust


def _slices(count, height, width, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3)).astype(float)


MIRRORED = Exercise(
    name="mirrored_mean",
    lesson=9,
    task="Ask the network about the slices and about their mirror images, and average the two answers in place.",
    reference=_mirrored,
    properties=[
        Property(
            "A network that treats both sides alike gives its plain answer.",
            [case(flair_alone, _slices(1, 2, 3, 1), note="a network that looks at FLAIR, pixel by pixel")],
        ),
        Property(
            "What it says in the mirror is brought back to its own side.",
            [case(left_half_only, _slices(1, 2, 4, 2), note="a network that answers in the left half, always")],
        ),
        Property(
            "It is the mean of both answers, for every slice.",
            [
                case(brighter_to_the_right, _slices(1, 3, 4, 3), note="a network that trusts the right side more"),
                case(brighter_to_the_right, _slices(2, 2, 3, 4), note="two slices"),
            ],
            points=2,
        ),
    ],
    misconceptions=[
        Misconception(
            "not flipped back",
            "The answer to the mirror image lies on the wrong side: a tumour on the left meets healthy tissue there.",
            _not_flipped_back,
        ),
        Misconception(
            "masks averaged",
            "You thresholded first: 51 % and 99 % then count the same. Average what the network says, decide later.",
            _masks,
        ),
        Misconception(
            "flipped up and down",
            "A head upside down is something that the network has never seen. Which axis runs from left to right?",
            _up_down,
        ),
        Misconception(
            "the plain answer forgotten",
            "This is the answer to the mirror image alone, well brought back. Two answers were to be averaged.",
            _mirror_only,
        ),
        Misconception(
            "the last axis flipped",
            "In the images the last axis holds the three sequences: pre-contrast and post-contrast changed places.",
            _last_axis,
        ),
        Misconception(
            "the order of the slices reversed",
            "`images[::-1]` puts the last slice first; no slice is mirrored.",
            _slices_reversed,
        ),
        Misconception(
            "images averaged instead of answers",
            "A slice laid over its mirror image is a head with a ghost of its tumour on the other side. Ask twice.",
            _images_averaged,
        ),
        Misconception(
            "the network asked once",
            "You flipped the answer, not the question: nothing new has been learned from the network.",
            _answer_flipped_alone,
        ),
        Misconception(
            "the larger, not the mean",
            "You kept the larger of the two answers at every pixel: one of the two then decides alone. Average them.",
            _larger,
        ),
        Misconception(
            "every axis flipped",
            "`np.flip` without an axis turns everything round: slices, rows, columns and sequences. Mirror one axis.",
            _all_axes,
        ),
        Misconception(
            "the sequences turned instead of the slice",
            "`images[..., ::-1]` flips the last axis, which holds the sequences. Left and right are where they were.",
            _last_axis_of_the_images_alone,
        ),
        Misconception(
            "turned back on another axis",
            "You mirrored left and right, and turned the answer back up and down. Both have to be the same axis.",
            _turned_back_on_another_axis,
        ),
        Misconception(
            "asked on another axis",
            "You asked upside down, and turned the answer back left and right. Both have to be the same axis.",
            _turned_back_on_the_right_axis_only,
        ),
        Misconception("added up, not averaged", "Two probabilities of 0.8 are 0.8 on average, not 1.6.", _summed),
    ],
    hints=[
        "The axes of the images are (slice, height, width, sequence), those of the answer (slice, height, width).",
        "`images[:, :, ::-1]` is every slice mirrored left and right. Which pixel of the answer belongs to which?",
        "Mirror, ask, mirror the answer in the same way; then half the sum of that and the plain answer.",
    ],
)
