"""Graded exercise of lesson 2: how often each institution's slices show tumour."""

import pandas as pd

from course_lib.check.exercise import Exercise, Misconception, Property, case

TEXT = """
## Graded: who sends which slices?

Institutions differ in how many slices they send without tumour. Give, for each of them, the share of its slices on
which there is tumour.
"""

STUB = '''
def tumor_slices_by_institution(scans):
    """Share of each institution's slices that show tumour: a dictionary from its name to a number from 0 to 1.

    scans: a row a slice, with the columns institution (text) and tumor_pixels (number of tumour pixels).
    """
    raise NotImplementedError("your turn")
'''

SOLUTION = STUB.replace(
    '    raise NotImplementedError("your turn")',
    """    return (scans.tumor_pixels > 0).groupby(scans.institution).mean().to_dict()""",
)


def _shares(scans):
    found = {}
    for name in set(scans["institution"]):
        pixels = [
            count for where, count in zip(scans["institution"], scans["tumor_pixels"], strict=True) if where == name
        ]
        found[name] = sum(count > 0 for count in pixels) / len(pixels)
    return found


def _counted(scans):
    return {name: round(share * (scans.institution == name).sum()) for name, share in _shares(scans).items()}


def _of_all(scans):
    return {name: count / len(scans) for name, count in _counted(scans).items()}


def _of_all_tumor(scans):
    return {name: count / max((scans.tumor_pixels > 0).sum(), 1) for name, count in _counted(scans).items()}


def _pixels(scans):
    return scans.groupby("institution").tumor_pixels.mean().to_dict()


def _share_of_pixels(scans):
    return (scans.groupby("institution").tumor_pixels.sum() / max(scans.tumor_pixels.sum(), 1)).to_dict()


def _without_tumor(scans):
    return {name: 1 - share for name, share in _shares(scans).items()}


def _only_those_with_tumor(scans):
    return {name: share for name, share in _shares(scans).items() if share}


def _scans(**pixels):
    """A row a slice, from lists of tumour pixels by institution; the institutions take turns."""
    rows = [(number, name, count) for name, counts in pixels.items() for number, count in enumerate(counts)]
    table = pd.DataFrame(rows, columns=["turn", "institution", "tumor_pixels"])
    return table.sort_values("turn", kind="stable", ignore_index=True)[["institution", "tumor_pixels"]]


EXERCISE = Exercise(
    name="tumor_slices_by_institution",
    lesson=2,
    task="Give for each institution the share of its slices on which there is tumour.",
    reference=_shares,
    properties=[
        Property(
            "An institution's tumour slices are divided by all of its own slices.",
            [
                case(_scans(CS=[0, 12, 0, 9], DU=[30, 2]), note="two of four, two of two"),
                case(_scans(HT=[0, 5, 7], FG=[1, 0, 0, 0]), note="two of three, one of four"),
            ],
            points=2,
        ),
        Property(
            "An institution without any tumour slice is there too, with 0.",
            [case(_scans(CS=[0, 4], EZ=[0, 0, 0]), note="EZ sends healthy slices only")],
        ),
    ],
    misconceptions=[
        Misconception(
            "slices counted", "This is how many slices show tumour. A share also needs how many there are.", _counted
        ),
        Misconception(
            "divided by all slices",
            "The slices of all institutions stand below. Whoever sends few slices then seems to send few tumours.",
            _of_all,
        ),
        Misconception(
            "share of all tumour slices",
            "This says where tumour slices come from. Asked for is what an institution's own slices are like.",
            _of_all_tumor,
        ),
        Misconception(
            "mean of the pixels", "This is the mean size of a tumour. Ask only whether there is one.", _pixels
        ),
        Misconception("share of tumour pixels", "A slice counts once, however large its tumour.", _share_of_pixels),
        Misconception(
            "share without tumour", "This is the share of slices on which there is no tumour.", _without_tumor
        ),
        Misconception(
            "only institutions with tumour",
            "Slices without tumour were thrown away first, and with them institutions that have no others.",
            _only_those_with_tumor,
        ),
    ],
    hints=[
        "First a column that says of every slice whether it shows tumour.",
        "The mean of True and False is the share of True; `groupby` takes it for each institution by itself.",
        "`column.groupby(scans.institution)` groups a column by another one; `.to_dict()` comes last.",
    ],
)


def hidden(random):
    """Fresh cases for each property."""

    def pixels(slices, tumor):
        return random.permutation([*random.integers(1, 900, tumor), *[0] * (slices - tumor)]).tolist()

    return [
        [
            case(_scans(AB=pixels(7, 3), CD=pixels(4, 3), EF=pixels(3, 1))),
            case(_scans(XY=pixels(int(random.integers(5, 9)), 4), UV=pixels(5, 1))),
        ],
        [case(_scans(PQ=pixels(int(random.integers(4, 9)), 2), RS=[0] * 3, TU=[0]))],
    ]
