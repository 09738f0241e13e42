"""Exercise: the share of tumour among pixels that were given similar probabilities."""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case
from course_lib.explain import reliability_table


def _shares(truth, probability, head, bins=10):
    return reliability_table(truth, probability, head, bins)["share"].to_numpy()


def _inside(truth, probability, head):
    return np.asarray(truth, bool)[head], np.asarray(probability, float)[head]


def _mean_or_nan(values):
    return float(np.mean(values)) if len(values) else float("nan")


def _bin_of(probability, bins):
    return np.minimum((probability * bins).astype(int), bins - 1)


def _equal_counts(truth, probability, head, bins=10):
    truth, said = _inside(truth, probability, head)
    return np.array([_mean_or_nan(part) for part in np.array_split(truth[np.argsort(said, kind="stable")], bins)])


def _whole_image(truth, probability, head, bins=10):
    return _shares(truth, probability, np.ones_like(head), bins)


def _one_is_lost(truth, probability, head, bins=10):
    truth, said = _inside(truth, probability, head)
    place = (said * bins).astype(int)
    return np.array([_mean_or_nan(truth[place == k]) for k in range(bins)])


def _empty_is_zero(truth, probability, head, bins=10):
    return np.nan_to_num(_shares(truth, probability, head, bins))


def _what_was_said(truth, probability, head, bins=10):
    return reliability_table(truth, probability, head, bins)["probability"].to_numpy()


def _of_all_tumor(truth, probability, head, bins=10):
    truth, said = _inside(truth, probability, head)
    place = _bin_of(said, bins)
    return np.array(
        [truth[place == k].sum() / max(truth.sum(), 1) if (place == k).any() else np.nan for k in range(bins)]
    )


def _nearest(truth, probability, head, bins=10):
    truth, said = _inside(truth, probability, head)
    place = np.round(said * (bins - 1)).astype(int)
    return np.array([_mean_or_nan(truth[place == k]) for k in range(bins)])


def _rounded(truth, probability, head, bins=10):
    truth, said = _inside(truth, probability, head)
    place = np.minimum(np.round(said * bins).astype(int), bins - 1)
    return np.array([_mean_or_nan(truth[place == k]) for k in range(bins)])


def _histogram_of_tumor(truth, probability, head, bins=10):
    truth, said = _inside(truth, probability, head)
    return np.histogram(said[truth], bins, (0, 1))[0] / max(truth.sum(), 1)


def _upper_edge(truth, probability, head, bins=10):
    truth, said = _inside(truth, probability, head)
    place = np.maximum(np.ceil(said * bins).astype(int) - 1, 0)
    return np.array([_mean_or_nan(truth[place == k]) for k in range(bins)])


TRUTH = np.array([[0, 0, 0, 1], [1, 0, 1, 1]], bool)
SAID = np.array([[0.05, 0.1, 0.2, 0.3], [0.45, 0.6, 0.7, 0.9]])
HEAD = np.ones((2, 4), bool)
SMALLER = np.array([[0, 0, 1, 1], [1, 1, 1, 1]], bool)

SHARES = Exercise(
    name="tumor_shares",
    lesson=9,
    task="For bins of equal width, the share of tumour among the pixels of the head whose probability lies in the bin.",
    reference=_shares,
    properties=[
        Property(
            "A bin's number is the share of tumour among its pixels, and all bins are equally wide.",
            [
                case(TRUTH, SAID, HEAD, bins=2, note="below one half, and from one half on"),
                case(TRUTH, SAID, HEAD, bins=4, note="four bins"),
            ],
            points=2,
        ),
        Property(
            "Only pixels inside the head count.",
            [case(TRUTH, SAID, SMALLER, bins=2, note="two pixels of air, given 0.05 and 0.1")],
        ),
        Property(
            "A bin takes its lower edge; the last one takes 1 as well.",
            [
                case(np.array([0, 1, 1], bool), np.array([0.25, 0.5, 0.75]), np.ones(3, bool), bins=2),
                case(np.array([1, 0, 0, 1], bool), np.array([0.0, 0.5, 0.75, 1.0]), np.ones(4, bool), bins=4),
            ],
        ),
        Property(
            "A bin without pixels has no share: NaN.",
            [
                case(
                    np.array([0, 1], bool), np.array([0.1, 0.9]), np.ones(2, bool), bins=3, note="nothing in the middle"
                )
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "bins of equal count",
            "Each of your bins holds as many pixels as the next. Then nearly all of them lie close to 0, where nearly "
            "all pixels are. Cut the scale from 0 to 1 into equal widths instead.",
            _equal_counts,
        ),
        Misconception(
            "the whole image instead of the head",
            "Air is counted too. Nobody needs to be told that there is no tumour in it: `head` says what counts.",
            _whole_image,
        ),
        Misconception(
            "probability 1 lost",
            "A pixel given exactly 1 falls into no bin. The last bin has to take its upper edge too.",
            _one_is_lost,
        ),
        Misconception(
            "empty bins as 0",
            "A share of 0 would say: all pixels given such a probability were healthy. But there were none.",
            _empty_is_zero,
        ),
        Misconception(
            "the mean probability",
            "That is what was said, the one side of the comparison. The other side is what is: look into `truth`.",
            _what_was_said,
        ),
        Misconception(
            "share of all tumour pixels",
            "You divide by all the tumour there is. The question is how many of the bin's own pixels are tumour.",
            _of_all_tumor,
        ),
        Misconception(
            "rounded to the nearest bin",
            "Rounding makes the first and the last bin half as wide as the others.",
            _nearest,
        ),
        Misconception(
            "rounded instead of cut off",
            "Rounding moves the upper half of each bin into the next one. Cut off the decimals: `astype(int)` does.",
            _rounded,
        ),
        Misconception(
            "the tumour pixels' histogram",
            "You share out the tumour pixels among the bins. Divide by the number of all pixels in the bin, not by all "
            "the tumour there is; and a bin without any has no share.",
            _histogram_of_tumor,
        ),
        Misconception(
            "bins take their upper edge",
            "A probability on an edge went into the bin below. Here a bin begins with its lower edge.",
            _upper_edge,
        ),
    ],
    hints=[
        "First keep what is inside the head: `truth[head]` and `probability[head]` are two long rows of equal length.",
        "In which bin lies a probability? Multiply it by the number of bins and cut off the decimals; then mind 1.",
        "Loop over the bins: choose its pixels; where there are none put `np.nan`, else the mean of their truth.",
    ],
)
