"""Exercise: which layers of an encoder to hand to the decoder."""

import itertools

from course_lib.check.exercise import Exercise, Misconception, Property, case

OTHER_NAMES = ["conv_one", "conv_two", "pool_one", "conv_three", "pool_two", "conv_four", "conv_five"]
VGG19, VGG16 = (2, 2, 4, 4, 4), (2, 2, 3, 3, 3)


def _names(convolutions, last_pooling):
    """Layer names as Keras gives them, for so many convolutions in each block."""
    names = []
    for block, count in enumerate(convolutions, 1):
        names += [f"block{block}_conv{number}" for number in range(1, count + 1)] + [f"block{block}_pool"]
    return names if last_pooling else names[:-1]


def _convolutions(names):
    return [name for name in names if "conv" in name]


def _taps(names):
    following = [*names[1:], "pool"]
    return [name for name, after in zip(names, following, strict=True) if "conv" in name and "pool" in after]


def _poolings(names):
    return [name for name in names if "pool" in name]


def _first_of_each_block(names):
    before = ["pool", *names[:-1]]
    return [name for name, one in zip(names, before, strict=True) if "conv" in name and "pool" in one]


def _without_the_bridge(names):
    return _taps(names)[:-1]


def _only_before_a_pooling(names):
    return [name for name, after in itertools.pairwise(names) if "conv" in name and "pool" in after]


def _second_convolutions(names):
    return [name for name in names if name.endswith("conv2")]


def _fourth_convolutions(names):
    return [name for name in names if name.endswith("conv4")]


def _vgg19_by_heart(names):
    wanted = {"block1_conv2", "block2_conv2", "block3_conv4", "block4_conv4", "block5_conv4"}
    return [name for name in names if name in wanted]


def _from_the_bridge_up(names):
    return _taps(names)[::-1]


def _pooling_as_bridge(names):
    return [*_taps(names)[:-1], names[-1]]


def _last_by_beginning(names):
    return list({name.split("_")[0]: name for name in _convolutions(names)}.values())


def _last_by_six_letters(names):
    return list({name[:6]: name for name in _convolutions(names)}.values())


def _poolings_and_the_last(names):
    return [*_poolings(names), *([] if "pool" in names[-1] else names[-1:])]


WHERE_TO_TAP = Exercise(
    name="where_to_tap",
    lesson=4,
    task="Name the layers whose maps the decoder gets, given the names of all layers.",
    reference=_taps,
    properties=[
        Property(
            "Of every block the last convolution is handed over, before it is pooled.",
            [
                case(_names(VGG19, last_pooling=True), note="VGG19 as Keras builds it"),
                case(_names((2, 1), last_pooling=True), note="two blocks, of two convolutions and of one"),
            ],
            points=2,
        ),
        Property(
            "The last block may end without a pooling: its last convolution is the bridge.",
            [
                case(_names(VGG19, last_pooling=False), note="VGG19 without its last pooling"),
                case(_names((1, 3), last_pooling=False), note="two blocks, of one convolution and of three"),
            ],
        ),
        Property(
            "It works for other numbers of convolutions too.",
            [
                case(_names(VGG16, last_pooling=True), note="VGG16"),
                case(_names((1, 1, 2, 2, 2), last_pooling=True), note="VGG11"),
                case(OTHER_NAMES, note="other names: only a pooling says where a block ends"),
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "the poolings tapped",
            "After the pooling, three of four numbers are gone, and they are what the skip is there to save.",
            _poolings,
        ),
        Misconception(
            "the poolings tapped, with the bridge",
            "The bridge is right. The others are poolings: there, three of four numbers are gone, and these are what "
            "the skip is there to save.",
            _poolings_and_the_last,
        ),
        Misconception(
            "blocks told by the beginning of their names",
            "True where names begin with their block. Other networks name otherwise: a block ends with its pooling.",
            _last_by_beginning,
        ),
        Misconception(
            "blocks told by six letters of their names",
            "True for `block1` to `block5`. Other networks name otherwise: a block ends with its pooling.",
            _last_by_six_letters,
        ),
        Misconception(
            "the first convolution of each block",
            "The size is right. But the block has not finished: its last convolution knows more at the same size.",
            _first_of_each_block,
        ),
        Misconception(
            "the bridge forgotten",
            "The decoder needs something to begin with: what the deepest block has made of the picture.",
            _without_the_bridge,
        ),
        Misconception(
            "a last block without pooling forgotten",
            "Right while every block ends in a pooling. Where the list just ends, the last convolution counts as well.",
            _only_before_a_pooling,
        ),
        Misconception(
            "every convolution",
            "All of them would do, and the decoder would drown in maps. One for each size is enough: which knows most?",
            _convolutions,
        ),
        Misconception(
            "always the second convolution",
            "In VGG19 some blocks have two convolutions and some have four. Let the list say where a block ends.",
            _second_convolutions,
        ),
        Misconception(
            "always the fourth convolution",
            "VGG19's first two blocks have two convolutions only: nothing of full or half size would be handed over.",
            _fourth_convolutions,
        ),
        Misconception(
            "VGG19's names by heart",
            "True for VGG19 and no other network. Look for what the right names have in common: what comes after them?",
            _vgg19_by_heart,
        ),
        Misconception(
            "from the bridge up",
            "The right layers, in the order in which the decoder uses them. Asked for is the order of the list.",
            _from_the_bridge_up,
        ),
        Misconception(
            "the last pooling as bridge",
            "VGG19's last pooling serves its classifier: from there on a skip at 1/16 of the size would be lacking.",
            _pooling_as_bridge,
        ),
    ],
    hints=[
        "Write the names of two blocks on paper and mark the ones you want. What follows each of them in the list?",
        'Walk through the list in pairs, a name and the one after it. `"pool" in name` says whether it is a pooling.',
        "Keep a convolution if a pooling comes next, and also if nothing comes next.",
    ],
)
