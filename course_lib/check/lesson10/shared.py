"""Exercise: who is in more than one part of a split."""

from course_lib import handin
from course_lib.check.exercise import Exercise, Misconception, Property, case


def _people(names):
    return {"_".join(name.split("_")[:3]) for name in names}


def _only_train_and_test(train, validation, test):
    return sorted(_people(train) & _people(test))


def _only_train_and_the_others(train, validation, test):
    return sorted(_people(train) & (_people(validation) | _people(test)))


def _only_in_all_three(train, validation, test):
    return sorted(_people(train) & _people(validation) & _people(test))


def _folders(train, validation, test):
    train, validation, test = set(train), set(validation), set(test)
    return sorted(_people(train & validation | train & test | validation & test))


def _whole_names(train, validation, test):
    train, validation, test = set(train), set(validation), set(test)
    return sorted(train & validation | train & test | validation & test)


def _numbers_alone(train, validation, test):
    def label(names):
        return {name.split("_")[2]: "_".join(name.split("_")[:3]) for name in names}

    parts = [label(names) for names in (train, validation, test)]
    found = [
        part[number]
        for place, part in enumerate(parts)
        for number in part
        if any(number in other for other in parts[:place])
    ]
    return sorted(set(found))


def _place_by_place(train, validation, test):
    pairs = [*zip(train, validation), *zip(train, test), *zip(validation, test)]  # noqa: B905 - the mistake itself
    return sorted({"_".join(one.split("_")[:3]) for one, other in pairs if _people([one]) == _people([other])})


def _once_for_each_pair(train, validation, test):
    train, validation, test = map(_people, (train, validation, test))
    return sorted([*(train & validation), *(train & test), *(validation & test)])


def _counted_over_all_folders(train, validation, test):
    people = [person for name in [*train, *validation, *test] for person in _people([name])]
    return sorted({person for person in people if people.count(person) > 1})


def _first_twelve_letters(train, validation, test):
    train, validation, test = ({name[:12] for name in names} for names in (train, validation, test))
    return sorted(train & validation | train & test | validation & test)


def _third_piece(train, validation, test):
    train, validation, test = ({name.split("_")[2] for name in names} for names in (train, validation, test))
    return sorted(train & validation | train & test | validation & test)


def _not_sorted(train, validation, test):
    return handin.shared_patients(train, validation, test)[::-1]


def _right_but_not_sorted(inputs, output):
    right = handin.shared_patients(*inputs)
    return isinstance(output, list) and output != right and sorted(output) == right


ANN, ANN_LATER = "TCGA_CS_4941_19960909", "TCGA_CS_4941_19981103"
BEA, CEM, DAN = "TCGA_CS_4942_19970222", "TCGA_DU_4942_19950701", "TCGA_DU_7010_19860307"
FIN, GUS = "TCGA_CS_49431_19970101", "TCGA_CS_49432_19970101"
MANY = [f"TCGA_HT_{number}_19950101" for number in (7603, 7102, 8018, 7856, 7320, 7601, 8105, 7481)]
EVA, EVA_LATER = "TCGA_HT_7473_19970826", "TCGA_HT_7473_19990212"

SHARED = Exercise(
    name="shared_patients",
    lesson=10,
    task="List the people who are in more than one part of a split.",
    reference=handin.shared_patients,
    properties=[
        Property(
            "A split by patient gives nobody.",
            [
                case([ANN, BEA], [CEM], [DAN], note="four people; two hospitals may use the same number"),
                case([ANN, ANN_LATER], [CEM], [DAN], note="one person twice, both times in training: no leak"),
                case([FIN], [GUS], [DAN], note="two people with longer numbers"),
            ],
        ),
        Property(
            "Somebody in training and test is found, wherever in the lists.",
            [
                case([ANN, BEA, DAN], [CEM], [EVA, DAN], note="one person in training and test"),
                case([DAN], [ANN], [DAN], note="the same, first in both lists"),
            ],
        ),
        Property(
            "Validation counts too: what is chosen there must be new to training, and the test new to both.",
            [
                case([ANN, BEA], [DAN, ANN], [EVA], note="one person in training and validation"),
                case([ANN, BEA], [CEM, DAN], [DAN, EVA], note="one person in validation and test"),
                case([ANN, EVA], [EVA, DAN], [EVA, DAN, CEM], note="one person in all three, one in two"),
            ],
            points=2,
        ),
        Property(
            "Two dates of one person are one person.",
            [
                case([ANN, BEA], [CEM], [ANN_LATER], note="scanned in 1996 and again in 1998"),
                case([EVA], [EVA_LATER, BEA], [DAN], note="scanned in 1997 and again in 1999"),
            ],
            points=2,
        ),
        Property(
            "The list is sorted.",
            [case([ANN, *MANY], [*MANY[::-1], BEA], [CEM, DAN], note="eight people in training and validation")],
        ),
    ],
    misconceptions=[
        Misconception(
            "the right people, not sorted",
            "A set has no order, and another one tomorrow. `sorted(...)` makes a list that is always the same.",
            _not_sorted,
            sign=_right_but_not_sorted,
        ),
        Misconception(
            "counted over all folders",
            "Somebody with two folders in *one* part is no leak: people are to be compared between parts.",
            _counted_over_all_folders,
        ),
        Misconception(
            "the first twelve letters",
            "Not all names are equally long. Cut them at the `_`, not after a number of letters.",
            _first_twelve_letters,
        ),
        Misconception(
            "the number alone",
            "Every hospital gives its own numbers, so two people may have the same one. Collection, institution and "
            "number together are a person.",
            _third_piece,
        ),
        Misconception(
            "validation forgotten",
            "Training and test are compared. But the network was also chosen, and its threshold, on somebody.",
            _only_train_and_test,
        ),
        Misconception(
            "validation and test not compared",
            "Training is compared with both others. There is a third pair: whom you chose on and whom you tested on.",
            _only_train_and_the_others,
        ),
        Misconception(
            "only who is in all three",
            "Two parts are enough for a leak; this finds only those who are in every one.",
            _only_in_all_three,
        ),
        Misconception(
            "folders compared, not people",
            "Names are compared with their dates. Somebody who came twice has two folders, and one brain.",
            _folders,
        ),
        Misconception(
            "whole names compared and returned",
            "A folder's name ends in the date of the scan. Asked for are people: what is left without it?",
            _whole_names,
        ),
        Misconception(
            "only the number compared",
            "Every hospital gives its own numbers, so two people may have the same one. What else tells them apart?",
            _numbers_alone,
        ),
        Misconception(
            "lists compared place by place",
            "The lists are in no common order: the first of one may be the last of another.",
            _place_by_place,
        ),
        Misconception(
            "somebody named more than once",
            "Who is in all three parts turns up in every pair of them; the list should name each person once.",
            _once_for_each_pair,
        ),
    ],
    hints=[
        "First make people out of folders: what of the name stays the same when somebody is scanned again?",
        '`name.split("_")` gives four pieces; `"_".join(...)` puts three of them together again. Then make sets.',
        "There are three pairs of parts. The intersection of two sets is `a & b`, the union `a | b`; return it sorted.",
    ],
)
