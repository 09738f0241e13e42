"""Hidden cases of lesson 4: networks of other blocks."""

from course_lib.check.exercise import case


def _names(convolutions, last_pooling):
    names = []
    for block, count in enumerate(convolutions, 1):
        names += [f"block{block}_conv{number}" for number in range(1, count + 1)] + [f"block{block}_pool"]
    return names if last_pooling else names[:-1]


def _numbered_through(convolutions):
    """Names which do not say to what block a layer belongs."""
    names = []
    for count in convolutions:
        names += [f"conv{len(names) + number}" for number in range(1, count + 1)]
        names.append(f"pool{len(names) + 1}")
    return names


def where_to_tap(random):
    """Cases by property."""

    def blocks(count):
        return [int(random.integers(1, 6)) for _ in range(count - 1)] + [int(random.integers(5, 8))]

    return {
        "Of every block the last convolution is handed over, before it is pooled.": [
            case(_names([3, *blocks(4)], True)),
            case(_names([2, *blocks(2)], True)),
        ],
        "The last block may end without a pooling: its last convolution is the bridge.": [
            case(_names([2, *blocks(4)], False)),
            case(_names([3, *blocks(3)], False)),
        ],
        "It works for other numbers of convolutions too.": [
            case(_names([3, *blocks(5)], True)),
            case(_names([1, 3, *blocks(3)], True)),
            case(_numbered_through([2, *blocks(3)])),
        ],
    }


HIDDEN = {"where_to_tap": where_to_tap}
