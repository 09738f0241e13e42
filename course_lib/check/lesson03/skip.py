"""Exercise: what a skip connection hands over."""

import numpy as np

from course_lib.check.exercise import Exercise, Misconception, Property, case


def _middle(decoder, encoder):
    """The middle of the encoder's maps, as large as the decoder's."""
    (height, width), (h, w) = encoder.shape[1:3], decoder.shape[1:3]
    top, left = (height - h) // 2, (width - w) // 2
    return encoder[:, top : top + h, left : left + w]


def _skip(decoder, encoder):
    return np.concatenate([decoder, _middle(decoder, encoder)], axis=-1)


def _added(decoder, encoder):
    return decoder + _middle(decoder, encoder)


def _encoder_first(decoder, encoder):
    return np.concatenate([_middle(decoder, encoder), decoder], axis=-1)


def _along_the_batch(decoder, encoder):
    return np.concatenate([decoder, _middle(decoder, encoder)], axis=0)


def _below_each_other(decoder, encoder):
    return np.concatenate([decoder, _middle(decoder, encoder)], axis=1)


def _corner(decoder, encoder):
    return np.concatenate([decoder, encoder[:, : decoder.shape[1], : decoder.shape[2]]], axis=-1)


def _never_cropped(decoder, encoder):
    return np.concatenate([decoder, encoder], axis=-1)


def _minus_nothing(decoder, encoder):
    (height, width), (h, w) = encoder.shape[1:3], decoder.shape[1:3]
    top, left = (height - h) // 2, (width - w) // 2
    return np.concatenate([decoder, encoder[:, top:-top, left:-left]], axis=-1)


def _minus_nothing_by_rows(decoder, encoder):
    top = (encoder.shape[1] - decoder.shape[1]) // 2
    return np.concatenate([decoder, encoder[:, top:-top, top:-top]], axis=-1)


def _rows_margin_for_columns(decoder, encoder):
    (height, width), top = decoder.shape[1:3], (encoder.shape[1] - decoder.shape[1]) // 2
    return np.concatenate([decoder, encoder[:, top : top + height, top : top + width]], axis=-1)


def _shown_by(wrong):
    """A sign: the output is what the wrong function makes of these inputs, whatever it does on others."""
    return lambda inputs, output: np.array_equal(wrong(*inputs), output)


def _maps(height, width, channels, start):
    """Maps of one picture with a different number everywhere: (1, height, width, channel)."""
    return start + np.arange(height * width * channels, dtype="float32").reshape(1, height, width, channels)


SKIP = Exercise(
    name="skip_connection",
    lesson=3,
    task="Hand the encoder's maps over to the decoder: side by side, cropped in the middle where they are larger.",
    reference=_skip,
    properties=[
        Property(
            "The decoder's maps come first, the encoder's behind them, as further channels.",
            [
                case(_maps(2, 2, 2, 0), _maps(2, 2, 2, 100), note="two maps each"),
                case(_maps(2, 3, 1, 0), _maps(2, 3, 3, 100), note="one map and three; 2 pixels high, 3 wide"),
                case(np.repeat(_maps(2, 2, 1, 0), 2, 0), np.repeat(_maps(2, 2, 1, 50), 2, 0), note="two pictures"),
            ],
            points=2,
        ),
        Property(
            "Of larger encoder maps the middle is taken.",
            [
                case(
                    _maps(2, 2, 1, 0), _maps(4, 4, 1, 100), note="the encoder's map is larger by one pixel on each side"
                ),
                case(_maps(1, 2, 1, 0), _maps(5, 4, 1, 100), note="by two pixels above and below, one left and right"),
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "added instead of put side by side",
            "In a sum nobody can tell any more which part came from where. (Other networks, ResNets, do add; a U-Net "
            "keeps both and lets the next convolution choose.)",
            _added,
            sign=_shown_by(_added),
        ),
        Misconception(
            "the encoder's maps first",
            "All is there, but in the other order, and weights that were trained for one order do not fit the other.",
            _encoder_first,
            sign=_shown_by(_encoder_first),
        ),
        Misconception(
            "put together along the batch",
            "This makes a batch of more pictures, which is what `np.concatenate` does if it is not told an axis. The "
            "maps belong to the same picture.",
            _along_the_batch,
            sign=_shown_by(_along_the_batch),
        ),
        Misconception(
            "one picture below the other",
            "This makes a picture of twice the height. The same place should have more channels.",
            _below_each_other,
            sign=_shown_by(_below_each_other),
        ),
        Misconception(
            "the upper left corner taken",
            "The border that convolutions lose is lost on all four sides: maps cut at a corner lie beside the place "
            "that they belong to.",
            _corner,
            sign=_shown_by(_corner),
        ),
        Misconception(
            "the margin of the rows used for the columns",
            "Rows are cut well. But height and width may differ by different amounts: columns have their own margin.",
            _rows_margin_for_columns,
            sign=_shown_by(_rows_margin_for_columns),
        ),
        Misconception(
            "cut as far as minus the margin",
            "Where nothing is to cut the margin is 0, and `[0:-0]` is empty, because -0 is 0. Cut with "
            "`top : top + height`.",
            _minus_nothing,
        ),
        Misconception(
            "cut as far as minus one margin for rows and columns",
            "Where nothing is to cut the margin is 0, and `[0:-0]` is empty, because -0 is 0; cut with "
            "`top : top + height`. And columns need a margin of their own.",
            _minus_nothing_by_rows,
        ),
        Misconception(
            "sizes not brought together",
            "Maps can only be put side by side if height and width agree: the encoder's may be larger.",
            _never_cropped,
        ),
    ],
    hints=[
        "The axes are (picture, height, width, channel). Along which of them do maps of one place lie side by side?",
        "How many rows has the encoder more than the decoder? Half of those go at the top. Cut first, then join.",
        "Cut rows with `encoder[:, top : top + height]`, columns likewise; then `np.concatenate` with the last axis.",
    ],
)
