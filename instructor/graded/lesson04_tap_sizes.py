"""Graded exercise of lesson 4: how large the maps are that a decoder gets."""

from course_lib.check.exercise import Exercise, Misconception, Property, case

TEXT = """
## Graded: how large are the maps?

A decoder has to know not only which layers to tap, but how large their maps are. Convolutions here leave the size as it
is; every pooling halves it.
"""

STUB = '''
def tap_sizes(names, size):
    """Size, in pixels, of the maps of each layer that a decoder gets: a dictionary from layer to height and width.

    names: the names of all layers in order, as Keras gives them ("block1_conv1", …, "block1_pool", …); the last block
    may end without a pooling. size: height and width of the picture.
    The decoder gets the last convolution of each block. A pooling halves the size, and drops a half pixel.
    """
    raise NotImplementedError("your turn")
'''

SOLUTION = STUB.replace(
    '    raise NotImplementedError("your turn")',
    """    sizes = {}
    for name, following in zip(names, [*names[1:], "pool"]):
        if "pool" in name:
            size //= 2
        elif "pool" in following:
            sizes[name] = size
    return sizes""",
)


def _walked(names, size, halved=lambda size: size // 2, late=True, every=False, first=False, poolings=False):
    """Walk through the layers; each keyword makes one mistake."""
    sizes = {}
    for place, name in enumerate(names):
        before = names[place - 1] if place else "pool"
        after = names[place + 1] if place + 1 < len(names) else "pool"
        size = halved(size) if "pool" in name else size
        if poolings:
            sizes |= {name: size} if "pool" in name else {}
        elif "conv" in name and (every or "pool" in (before if first else after)):
            sizes[name] = size if late else halved(size)
    return sizes


def _sizes(names, size):
    return _walked(names, size)


def _halved_by_convolutions(names, size):
    sizes, wanted = {}, _walked(names, size)
    for name in names:
        if name in wanted:
            sizes[name] = size
        size = size // 2 if "conv" in name else size
    return sizes


def _names(convolutions, last_pooling=True):
    names = []
    for block, count in enumerate(convolutions, 1):
        names += [f"block{block}_conv{number}" for number in range(1, count + 1)] + [f"block{block}_pool"]
    return names if last_pooling else names[:-1]


EXERCISE = Exercise(
    name="tap_sizes",
    lesson=4,
    task="Name the layers that a decoder gets, each with the size of its maps.",
    reference=_sizes,
    properties=[
        Property(
            "The last convolution of each block is handed over at the size that the poolings before it have left.",
            [
                case(_names([2, 2]), 16, note="two blocks of two convolutions"),
                case(_names([2, 3, 2]), 64, note="three blocks"),
            ],
            points=2,
        ),
        Property(
            "The last block may end without a pooling.", [case(_names([2, 2], False), 16, note="no pooling at the end")]
        ),
        Property("A half pixel is dropped.", [case(_names([2, 2, 2]), 30, note="30, 15, 7")]),
    ],
    misconceptions=[
        Misconception(
            "one pooling too early",
            "A block's own pooling comes after its last convolution, so it has not made that one's maps smaller.",
            lambda names, size: _walked(names, size, late=False),
        ),
        Misconception(
            "the poolings tapped",
            "What a pooling leaves is what the next block gets. The decoder wants what was there before.",
            lambda names, size: _walked(names, size, poolings=True),
        ),
        Misconception(
            "all convolutions",
            "Every block hands over one layer: that which has gone through the whole block.",
            lambda names, size: _walked(names, size, every=True),
        ),
        Misconception(
            "the first convolution of each block",
            "The sizes are right. But the block's last convolution knows more at the same size.",
            lambda names, size: _walked(names, size, first=True),
        ),
        Misconception(
            "halved by convolutions",
            "Convolutions that pad leave a picture as large as it is; only the poolings halve it.",
            _halved_by_convolutions,
        ),
        Misconception(
            "never halved",
            "Every pooling takes half of the height and half of the width.",
            lambda names, size: dict.fromkeys(_walked(names, size), size),
        ),
        Misconception(
            "half pixels kept",
            "15 pixels are pooled to 7: two by two, and one is left over. A map has whole pixels.",
            lambda names, size: _walked(names, size, halved=lambda size: size / 2),
        ),
    ],
    hints=[
        "Walk through the names once and carry the size with you. When does it change?",
        "A convolution is a block's last one if a pooling follows, or nothing at all.",
        "`//` divides and drops the rest. Note the size of a tapped layer before you come to its block's pooling.",
    ],
)


def hidden(random):
    """Fresh cases for each property."""

    def blocks(count):
        return [int(number) for number in random.integers(2, 5, count)]

    return [
        [
            case(_names(blocks(4)), 16 * int(random.integers(5, 20))),
            case(_names(blocks(5)), 32 * int(random.integers(3, 9))),
        ],
        [case(_names(blocks(3), False), 4 * int(random.integers(6, 30)))],
        [case(_names(blocks(3)), 4 * int(random.integers(8, 30)) + 2)],
    ]
