"""No patient in two parts: splits by patient, the leak of splits by slice, and balanced epochs."""

import numpy as np
import pandas as pd
import pytest
from conftest import PUBLISHED
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_lib import data
from course_lib.errors import DataError


def scans_of(institutions: dict[str, int], slices: int = 3) -> pd.DataFrame:
    """An index without files: so many patients of each institution, so many slices each, the second with tumour."""
    rows = [
        (f"TCGA_{name}_{number:04d}_20000101", name, k, "i.tif", "m.tif", 10 * (k == 2))
        for name, count in institutions.items()
        for number in range(count)
        for k in range(1, slices + 1)
    ]
    return pd.DataFrame(rows, columns=["patient", "institution", "slice", "image", "mask", "tumor_pixels"])


def patients(part: pd.DataFrame) -> set[str]:
    return set(part["patient"])


def test_the_published_patients_divide_into_76_17_and_17():
    split = data.split_by_patient(scans_of(PUBLISHED))
    assert [len(patients(part)) for part in split] == [76, 17, 17]


@settings(max_examples=100, deadline=None)
@given(
    institutions=st.dictionaries(st.sampled_from(list(PUBLISHED)), st.integers(1, 30), min_size=1),
    validation=st.floats(0, 0.5),
    test=st.floats(0, 0.45),
    seed=st.integers(0, 2**32),
)
def test_no_patient_is_in_two_parts_and_none_is_lost(institutions, validation, test, seed):
    scans = scans_of(institutions)
    assume(sum(institutions.values()) * (1 - validation - test) > 2)
    split = data.split_by_patient(scans, validation, test, seed)
    parts = [patients(part) for part in split]
    assert sum(map(len, parts)) == len(set.union(*parts)) == scans["patient"].nunique()
    pd.testing.assert_frame_equal(pd.concat(split).sort_index(), scans)
    for part, share in ((parts[1], validation), (parts[2], test)):
        assert abs(len(part) - share * scans["patient"].nunique()) <= 0.5 or len(part) == 1


@settings(max_examples=100, deadline=None)
@given(
    institutions=st.dictionaries(st.sampled_from(list(PUBLISHED)), st.integers(1, 40), min_size=2),
    seed=st.integers(0, 1000),
)
def test_each_institution_gives_its_share_to_within_one_patient(institutions, seed):
    assume(sum(institutions.values()) >= 4)
    test = data.split_by_patient(scans_of(institutions), 0.2, 0.2, seed).test
    taken = test.groupby("institution")["patient"].nunique()
    share = test["patient"].nunique() / sum(institutions.values())
    for name, count in institutions.items():
        assert abs(taken.get(name, 0) - share * count) < 1


@given(order=st.permutations(range(36)), seed=st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_the_split_depends_on_the_seed_and_not_on_the_order_of_rows(order, seed):
    scans = scans_of({"CS": 5, "DU": 6, "EZ": 1})
    for divide in (data.split_by_patient, data.split_by_slice):
        straight, mixed = divide(scans, 0.2, 0.2, seed), divide(scans.iloc[order], 0.2, 0.2, seed)
        for one, other in zip(straight, mixed, strict=True):
            pd.testing.assert_frame_equal(one, other.sort_index())


def test_another_seed_gives_another_split():
    scans = scans_of(PUBLISHED)
    assert len({frozenset(patients(data.split_by_patient(scans, seed=seed).test)) for seed in range(5)}) == 5


def test_every_patient_is_in_the_test_part_for_some_seed_even_where_each_is_an_institution_of_its_own():
    scans = scans_of({"CS": 1, "DU": 1, "FG": 1, "HT": 1})
    tested = [patients(data.split_by_patient(scans, seed=seed).test) for seed in range(40)]
    assert set.union(*tested) == patients(scans)


@pytest.mark.parametrize("divide", [data.split_by_patient, data.split_by_slice])
@pytest.mark.parametrize(("validation", "test"), [(-0.1, 0.1), (0.1, 1.0), (0.5, 0.5), (float("nan"), 0.1), (0.1, 15)])
def test_impossible_shares_are_refused(divide, validation, test):
    with pytest.raises(DataError, match="share"):
        divide(scans_of(PUBLISHED), validation, test)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_patients_are_refused(count):
    with pytest.raises(DataError, match=f"{count} patients are too few"):
        data.split_by_patient(scans_of({"CS": count}))


def test_no_share_leaves_a_part_empty():
    split = data.split_by_patient(scans_of({"CS": 3}), validation=0.0, test=0.3)
    assert [len(patients(part)) for part in split] == [2, 0, 1]
    assert list(split.validation.columns) == list(split.train.columns)


# --- cross-validation -----------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    institutions=st.dictionaries(st.sampled_from(list(PUBLISHED)), st.integers(1, 30), min_size=1),
    folds=st.integers(2, 6),
    validation=st.floats(0, 0.3),
    seed=st.integers(0, 1000),
)
def test_over_all_folds_each_patient_is_tested_once_and_is_in_no_other_part_then(institutions, folds, validation, seed):
    scans = scans_of(institutions)
    count = scans["patient"].nunique()
    assume(count >= 3 * folds)
    tested = []
    for fold in range(folds):
        parts = data.split_by_fold(scans, folds, fold, validation, seed)
        pd.testing.assert_frame_equal(pd.concat(parts).sort_index(), scans)
        names = [patients(part) for part in parts]
        assert sum(map(len, names)) == count
        assert abs(len(names[1]) - validation * count) <= 0.5 or len(names[1]) == 1
        tested += sorted(names[2])
    assert sorted(tested) == sorted(patients(scans))


def test_every_fold_gets_its_share_of_each_institution():
    scans = scans_of(PUBLISHED)
    for fold in range(5):
        test = data.split_by_fold(scans, 5, fold).test
        assert test["patient"].nunique() == 22
        for name, count in test.groupby("institution")["patient"].nunique().items():
            assert abs(count - PUBLISHED[name] / 5) < 1.5


@pytest.mark.parametrize(
    ("folds", "fold", "validation", "word"),
    [(1, 0, 0.1, "folds is 1"), (5, 5, 0.1, "fold is 5"), (5, -1, 0.1, "fold is -1"), (2, 0, 0.5, "leaves nothing")],
)
def test_impossible_folds_are_refused(folds, fold, validation, word):
    with pytest.raises(DataError, match=word):
        data.split_by_fold(scans_of({"CS": 6, "DU": 6}), folds, fold, validation)


def test_a_split_by_slice_leaks_and_a_split_by_patient_does_not():
    scans = scans_of(PUBLISHED, slices=30)
    by_patient, by_slice = data.split_by_patient(scans), data.split_by_slice(scans)
    assert data.count_twins(by_patient.train, by_patient.test) == 0
    # A slice lacks a neighbour in training where both (or at the end the only one) fell elsewhere: .3² to .3.
    assert data.count_twins(by_slice.train, by_slice.test) / len(by_slice.test) > 0.85
    assert [len(part) for part in by_slice] == [2310, 495, 495]


def test_twins_are_counted_by_patient_and_number():
    train = pd.DataFrame({"patient": ["A", "A", "B"], "slice": [1, 5, 7]})
    test = pd.DataFrame({"patient": ["A", "A", "A", "B", "B", "C"], "slice": [2, 3, 4, 6, 9, 2]})
    assert data.count_twins(train, test) == 3  # A2 by A1, A4 by A5, B6 by B7
    assert data.count_twins(train.iloc[:0], test) == 0


@given(ratio=st.floats(0, 5), seed=st.integers(0, 100), epoch=st.integers(0, 100))
@settings(max_examples=50, deadline=None)
def test_balanced_slices_hold_every_tumour_slice_and_the_asked_share_of_empty_ones(ratio, seed, epoch):
    scans = scans_of({"CS": 4, "DU": 5}, slices=6)
    positions = data.balance_slices(scans, ratio, seed, epoch)
    tumor = scans.iloc[positions]["tumor_pixels"] > 0
    assert tumor.sum() == 9
    assert (~tumor).sum() == min(45, round(9 * ratio))
    assert len(set(positions)) == len(positions)
    np.testing.assert_array_equal(positions, data.balance_slices(scans, ratio, seed, epoch))


def test_epochs_choose_other_empty_slices_until_all_were_seen():
    scans = scans_of({"CS": 4}, slices=6)
    seen = {position for epoch in range(30) for position in data.balance_slices(scans, 1.0, 0, epoch)}
    assert seen == set(range(24))


def test_an_impossible_ratio_is_refused():
    for ratio in (-1.0, float("nan"), float("inf")):
        with pytest.raises(DataError, match="empty_per_tumor"):
            data.balance_slices(scans_of({"CS": 4}), ratio)
