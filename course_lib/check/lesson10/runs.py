"""Exercise: a mask as run lengths."""

import numpy as np

from course_lib import handin
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _runs_of(line):
    """The runs of a line of booleans."""
    return handin.encode_runs(np.asarray(line)[None])


def _columns_first(mask):
    return _runs_of((mask > 0).ravel(order="F"))


def _counted_from_one(mask):
    return [(start + 1, length) for start, length in handin.encode_runs(mask)]


def _columns_from_one(mask):
    return [(start + 1, length) for start, length in _columns_first(mask)]


def _last_run_lost(mask):
    return [(start, length) for start, length in handin.encode_runs(mask) if start + length < mask.size]


def _first_run_lost(mask):
    return [(start, length) for start, length in handin.encode_runs(mask) if start > 0]


def _only_ones(mask):
    return handin.encode_runs(mask == 1)


def _start_and_end(mask):
    return [(start, start + length) for start, length in handin.encode_runs(mask)]


def _start_and_last(mask):
    return [(start, start + length - 1) for start, length in handin.encode_runs(mask)]


def _cut_at_rows(mask):
    width = mask.shape[1]
    return [(row * width + start, length) for row, line in enumerate(mask) for start, length in _runs_of(line)]


def _one_too_short(mask):
    return [(start, length - 1) for start, length in handin.encode_runs(mask)]


def _one_row_of_numbers(mask):
    return [number for run in handin.encode_runs(mask) for number in run]


def _falls_of_unsigned_numbers(mask):
    steps = np.diff(np.pad(mask.ravel(), 1))
    return [(int(start), int(end - start)) for start, end in zip(*map(np.flatnonzero, (steps == 1, steps == -1)))]  # noqa: B905 - the mistake


def _no_run_though_one_is_inside(inputs, output):
    line = inputs[0].ravel()
    return len(output) == 0 and line.max() == 1 and not line[0] and not line[-1]


def _no_padding(mask):
    steps = np.diff((mask.ravel() != 0).astype(int))
    starts, ends = np.flatnonzero(steps == 1) + 1, np.flatnonzero(steps == -1) + 1
    return [(int(start), int(end - start)) for start, end in zip(starts, ends)]  # noqa: B905 - the mistake itself


def _mask(*rows) -> np.ndarray:
    return np.array(rows, np.uint8)


def _pairs(output):
    """The output with an array's rows as pairs; anything else as it is, so that the comparison can say what it is."""
    return [tuple(pair) for pair in output] if isinstance(output, np.ndarray) and output.ndim == 2 else output


RUNS = Exercise(
    name="encode_runs",
    lesson=10,
    task="Write a mask as runs: where each begins, and how long it is.",
    reference=handin.encode_runs,
    view=_pairs,
    properties=[
        Property(
            "Each run gives the position of its first pixel, counted from 0 along the rows, and its length.",
            [
                case(_mask([0, 1, 1, 0, 0, 0]), note="one row, one run"),
                case(_mask([0, 1, 1, 0], [0, 0, 1, 0]), note="two rows"),
                case(_mask([0, 1, 0, 1, 1, 1, 0, 1, 0]), note="one row, three runs"),
            ],
            points=2,
        ),
        Property(
            "A run that reaches the end of a row goes on in the next.",
            [case(_mask([0, 0, 1], [1, 1, 0]), note="three pixels in a row, round the corner")],
        ),
        Property(
            "Runs at the mask's first and last pixel are there too.",
            [
                case(_mask([1, 1, 0], [0, 1, 0]), note="tumour in the first pixel"),
                case(_mask([0, 1, 0], [0, 1, 1]), note="tumour in the last pixel"),
                case(_mask([1, 1], [1, 1]), note="tumour everywhere"),
            ],
        ),
        Property("Tumour is what is not 0, be it 1 or 255.", [case(255 * _mask([0, 1, 1], [0, 0, 0]))]),
        Property("An empty mask has no runs.", [case(_mask([0, 0], [0, 0]), note="no tumour at all")]),
    ],
    misconceptions=[
        Misconception(
            "columns read first",
            "The pixels are counted down the columns, as Kaggle's own run lengths are. Here they run along the rows.",
            _columns_first,
        ),
        Misconception(
            "counted from 1",
            "The first pixel has the position 0, as everywhere in Python; here it has 1.",
            _counted_from_one,
        ),
        Misconception(
            "columns first, counted from 1",
            "This is the run length of Kaggle's competitions: down the columns, from 1. Ours goes along the rows, "
            "from 0. Whoever reads a file has to know which.",
            _columns_from_one,
        ),
        Misconception(
            "the last run lost",
            "A run ends where an empty pixel follows. What if the mask ends first?",
            _last_run_lost,
        ),
        Misconception(
            "the first run lost",
            "A run begins where an empty pixel comes before. What comes before the very first pixel?",
            _first_run_lost,
        ),
        Misconception(
            "255 is no tumour here", "Masks in files hold 255. Ask what is not 0, not what is 1.", _only_ones
        ),
        Misconception(
            "the end in place of the length",
            "The second number is where the run is over. Asked for is how many pixels it has.",
            _start_and_end,
        ),
        Misconception(
            "the last pixel in place of the length",
            "The second number is the position of the run's last pixel. Asked for is how many pixels it has.",
            _start_and_last,
        ),
        Misconception(
            "runs cut at the end of a row",
            "Each row is coded by itself. Here the mask is one long line: the next row follows without a gap.",
            _cut_at_rows,
        ),
        Misconception(
            "one pixel too short",
            "A run from pixel 1 to pixel 2 has two pixels, not one.",
            _one_too_short,
        ),
        Misconception(
            "unsigned numbers cannot fall",
            "No run comes out. If you used `np.diff`: the mask is uint8, and there 0 - 1 is 255, never -1. Make it "
            "`(mask != 0).astype(int)` first.",
            _falls_of_unsigned_numbers,
            sign=_no_run_though_one_is_inside,
        ),
        Misconception(
            "steps without an empty pixel at the ends",
            "A run that begins with the first pixel, or ends with the last, has no step there. Put a 0 at either end.",
            _no_padding,
        ),
        Misconception(
            "all numbers in one row",
            "The numbers are right, one after the other. Asked for are pairs: a start and its length belong together.",
            _one_row_of_numbers,
        ),
    ],
    hints=[
        "Make one long line of the mask first; then walk along it and note where tumour begins and where it ends.",
        "`mask.ravel()` lays row behind row. With one empty pixel added at either end, every run has two edges.",
        "Keep the start of the run that you are in, or None. On an empty pixel after a run, append start and length.",
    ],
)
