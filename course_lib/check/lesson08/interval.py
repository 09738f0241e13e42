"""Exercise: the bootstrap interval of a mean over patients."""

import numpy as np

from course_lib import evaluation
from course_lib.check.exercise import Exercise, Misconception, Property, case

TIMES = 10_000


def _means(values, seed):
    """Means of patients drawn again with replacement."""
    values = np.asarray(values, float)
    return values[np.random.default_rng(seed).integers(len(values), size=(TIMES, len(values)))].mean(axis=1)


def _pair(values):
    low, high = values
    return float(low), float(high)


def _without_replacement(values, seed):
    return (float(np.mean(values)),) * 2


def _wrong_axis(values, seed):
    drawn = np.asarray(values)[np.random.default_rng(seed).integers(len(values), size=(TIMES, len(values)))]
    return _pair(np.quantile(drawn.mean(axis=0), [0.025, 0.975]))


def _narrow(least, most):
    """A sign: the interval lies at the mean, and its width is from `least` to `most`."""

    def shown(inputs, output):
        low, high = output
        return abs((low + high) / 2 - np.mean(inputs[0])) < 0.02 and least <= high - low < most

    return shown


def _deviations(least, most):
    """A sign: as far to both sides of the mean, by `least` to `most` standard deviations of the patients."""

    def shown(inputs, output):
        low, high = output
        centred = abs((low + high) / 2 - np.mean(inputs[0])) < 1e-6
        return centred and least < (high - low) / 2 / np.std(inputs[0]) < most

    return shown


def _not_averaged(values, seed):
    values = np.asarray(values)
    drawn = values[np.random.default_rng(seed).integers(len(values), size=(TIMES, len(values)))]
    return _pair(np.quantile(drawn, [0.025, 0.975]))


def _one_deviation_of_the_means(values, seed):
    means = _means(values, seed)
    return float(means.mean() - means.std()), float(means.mean() + means.std())


def _as_pair(output):
    """Both ends as a tuple, where an answer returns them as an array."""
    return tuple(output.tolist()) if isinstance(output, np.ndarray) and output.ndim == 1 else output


def _spread_of_patients(values, seed):
    return _pair(np.quantile(values, [0.025, 0.975]))


def _around_the_mean(reach):
    return lambda values, seed: (float(np.mean(values) - reach(values)), float(np.mean(values) + reach(values)))


def _standard_error(values):
    return 1.96 * np.std(values, ddof=1) / np.sqrt(len(values))


def _ninety(values, seed):
    return _pair(np.quantile(_means(values, seed), [0.05, 0.95]))


def _upper_end_only(values, seed):
    return _pair(np.quantile(_means(values, seed), [0.05, 0.975]))


def _shares_for_per_cent(values, seed):
    return _pair(np.percentile(_means(values, seed), [0.025, 0.975]))


def _extremes(values, seed):
    means = _means(values, seed)
    return float(means.min()), float(means.max())


def _medians(values, seed):
    return evaluation.bootstrap_interval(values, seed=seed, statistic=np.median)


def _high_first(values, seed):
    return evaluation.bootstrap_interval(values, seed=seed)[::-1]


EVEN = [0.02, 0.15, 0.28, 0.39, 0.5, 0.58, 0.67, 0.75, 0.82, 0.88, 0.93, 0.97]
ONE_LOST = [0.0, 0.55, 0.74, 0.78, 0.8, 0.83, 0.85, 0.88, 0.9, 0.93]
AGREED = [0.7] * 6

INTERVAL = Exercise(
    name="mean_interval",
    lesson=8,
    task="The interval that holds the middle 95 % of the means of patients drawn again.",
    reference=lambda values, seed: evaluation.bootstrap_interval(values, seed=seed),
    view=_as_pair,
    tolerance=0.015,  # other draws than the reference's are as good
    properties=[
        Property(
            "Between the two ends lie 95 % of the means.",
            [
                case(EVEN, 0, note="twelve patients, from bad to good"),
                case(ONE_LOST, 1, note="ten patients, one of them not found at all"),
            ],
            points=2,
        ),
        Property("Many patients tell more than few.", [case(EVEN * 4, 2, note="four times as many patients")]),
        Property("Where all patients agree, nothing is left open.", [case(AGREED, 3, note="six times the same score")]),
    ],
    misconceptions=[
        Misconception(
            "drawn without putting back",
            "Whoever draws all patients without putting any back has the same patients again, and the same mean.",
            _without_replacement,
            sign=_narrow(0, 1e-9),
        ),
        Misconception(
            "the mean along the wrong axis",
            "Each group of patients has a mean of its own: 10,000 means. Yours run through all the groups, so that "
            "there are as many as patients, and each is close to the mean of all. Look at `axis`.",
            _wrong_axis,
            sign=_narrow(1e-9, 0.04),
        ),
        Misconception(
            "no means taken",
            "These are patients, drawn again and again. Asked is where the mean of a group lies.",
            _not_averaged,
        ),
        Misconception(
            "one standard deviation of the means",
            "To either side that holds two thirds of the means, not 95 %. Cut off 2.5 % of them at either end.",
            _one_deviation_of_the_means,
        ),
        Misconception(
            "the spread of the patients",
            "That says where a single patient may lie. Asked is where the mean of all of them may lie: much narrower.",
            _spread_of_patients,
        ),
        Misconception(
            "the standard deviation of the patients",
            "It tells how patients differ, and does not shrink when there are more of them.",
            _around_the_mean(np.std),
            sign=_deviations(0.9, 1.15),
        ),
        Misconception(
            "twice the standard deviation of the patients",
            "It tells how patients differ, and does not shrink when there are more of them; it even leaves 0 to 1.",
            _around_the_mean(lambda values: 1.96 * np.std(values)),
            sign=_deviations(1.8, 2.3),
        ),
        Misconception(
            "a formula instead of drawing",
            "Mean and 1.96 standard errors: equally far to both sides. With one patient lost the means are not so "
            "even; draw them.",
            _around_the_mean(_standard_error),
        ),
        Misconception(
            "the middle 90 %",
            "5 % were cut off at either end; that makes 10 % in all.",
            _ninety,
        ),
        Misconception(
            "ends that do not match",
            "Half of the 5 % belongs below, half above: look at the lower end again.",
            _upper_end_only,
        ),
        Misconception(
            "shares taken for per cent",
            "`np.percentile` wants numbers up to 100, `np.quantile` up to 1. Both ends came out at the lowest means.",
            _shares_for_per_cent,
        ),
        Misconception(
            "the lowest and the highest mean",
            "The extremes go on growing, the more often one draws. Keep the middle 95 %.",
            _extremes,
        ),
        Misconception("medians instead of means", "Of each group that was drawn, the mean is asked.", _medians),
        Misconception("the higher end first", "The right numbers, in the wrong order.", _high_first),
    ],
    hints=[
        "How would another group of patients have looked? You have no others, so draw from those you have, as if each "
        "stood for many of its kind.",
        "Draw as many as there are, each time from all of them, so that one may come twice; note the mean; again and "
        "again, 10,000 times.",
        "`rng.integers` gives the places of the patients drawn, with `size=(10_000, n)` all at once. Then the two "
        "quantiles of the means that leave 2.5 % outside on either side.",
    ],
)
