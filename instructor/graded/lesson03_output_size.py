"""Graded exercise of lesson 3: what is left of a picture after layers that do not pad."""

from course_lib.check.exercise import Exercise, Misconception, Property, case

TEXT = """
## Graded: what is left of the picture?

The layers of this lesson pad: a convolution leaves a picture as large as it was. The first U-Net did not, and its
answers were smaller than its questions. A window that may not reach over the border fits into fewer places. How wide is
the picture after a stack of such layers?
"""

STUB = '''
def size_without_padding(size, layers):
    """Width, in pixels, of what a stack of layers without padding makes of a picture.

    size: width of the picture that comes in. layers: (kernel, stride) of each, from the input on.
    A window of `kernel` pixels begins at the left edge and moves by `stride`, as long as it lies inside altogether.
    """
    raise NotImplementedError("your turn")
'''

SOLUTION = STUB.replace(
    '    raise NotImplementedError("your turn")',
    """    for kernel, stride in layers:
        size = (size - kernel) // stride + 1
    return size""",
)


def _size(size, layers):
    for kernel, stride in layers:
        size = len(range(0, size - kernel + 1, stride))
    return size


def _folded(step):
    def walked(size, layers):
        for kernel, stride in layers:
            size = step(size, kernel, stride)
        return size

    return walked


CONV, POOL = (3, 1), (2, 2)

EXERCISE = Exercise(
    name="size_without_padding",
    lesson=3,
    task="Say how wide a picture is after layers that do not pad.",
    reference=_size,
    properties=[
        Property(
            "A window without stride takes away its width less one.",
            [case(10, [CONV], note="one 3×3 convolution"), case(20, [(5, 1), CONV], note="windows of 5 and 3")],
        ),
        Property(
            "With a stride, as many windows count as fit inside.",
            [
                case(12, [POOL], note="pooling, and nothing left over"),
                case(9, [POOL, CONV], note="the last pixel is left over"),
                case(32, [(4, 3), CONV, POOL], note="a stride of 3 first"),
            ],
            points=2,
        ),
    ],
    misconceptions=[
        Misconception(
            "padding after all",
            "Only the strides make the picture smaller here. Without padding a window of 3 loses a pixel at each edge.",
            _folded(lambda size, kernel, stride: -(-size // stride)),
        ),
        Misconception(
            "the whole window taken away",
            "In a picture as wide as the window there is one place for it, not none.",
            _folded(lambda size, kernel, stride: (size - kernel) // stride),
        ),
        Misconception(
            "rounded up",
            "What is left over at the right edge is too narrow for a window.",
            _folded(lambda size, kernel, stride: -(-(size - kernel) // stride) + 1),
        ),
        Misconception(
            "strides forgotten",
            "This is right where every stride is 1.",
            _folded(lambda size, kernel, stride: size - kernel + 1),
        ),
        Misconception(
            "first divided, then narrowed",
            "The window is laid on the picture as it comes in; what the stride leaves out is left out after that.",
            _folded(lambda size, kernel, stride: size // stride - kernel + 1),
        ),
    ],
    hints=[
        "Lay a window of 3 on a strip of 10 squares. In how many places can it lie?",
        "The last place begins at `size - kernel`. How many places are there from 0 to there, in steps of the stride?",
        "Go from layer to layer: what one leaves is what the next one gets. Whole numbers are divided with `//`.",
    ],
)


def hidden(random):
    """Fresh cases for each property."""
    wide, odd = int(random.integers(40, 90)), 2 * int(random.integers(15, 40)) + 1
    return [
        [case(wide, [(7, 1), (5, 1)]), case(wide + 3, [CONV] * int(random.integers(3, 6)))],
        [
            case(2 * wide, [POOL]),
            case(odd, [POOL, CONV]),
            case(3 * wide + 6, [(4, 3), CONV, POOL]),
            case(5 * wide + 4, [(6, 5), (4, 1), (3, 2)]),
        ],
    ]
