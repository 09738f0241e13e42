"""The card says what the run's files and the score table say, and nobody is on both sides of the split."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from course_lib import data, handin
from course_lib.errors import ArgumentError, DataError
from course_lib.handin.card import NOT_TRIED, NOT_YET
from course_lib.training import Recipe, Run

NAMES = [f"TCGA_{place}_{number:04d}_20000101" for number, place in enumerate(["CS", "DU", "HT", "DU", "FG", "CS"])]
DICE = [0.97, 0.96, 0.7, 0.9, 0.5, 0.8]
PARTS = ["train", "train", "validation", "test", "test", "test"]


@pytest.fixture
def scores():
    table = pd.DataFrame({"part": PARTS, "patient": NAMES, "dice": DICE})
    table["institution"] = table["patient"].str.split("_").str[1]
    return table.assign(hd95=4.0, precision=0.75, recall=0.85, alarms=3, empty_slices=20)


@pytest.fixture
def scans():
    table = pd.DataFrame({"patient": np.repeat(NAMES, 10), "slice": [*range(1, 11)] * 6})
    return table.assign(institution=table["patient"].str.split("_").str[1], tumor_pixels=[0, 5] * 30)


@pytest.fixture
def run(tmp_path):
    made = {"cores": 2, "gpus": [], "precision": "float32", "course": "0.1.0", "commit": "abcdef0123456789"}
    (tmp_path / "environment.json").write_text(json.dumps(made | {"keras": "3.15.0", "tensorflow": "2.21.0"}))
    epochs = {"epoch": [1, 2, 3], "val_dice": [0.4, 0.7, 0.6], "val_loss": [0.6, 0.4, 0.3]}
    split = data.Split(NAMES[:2], NAMES[2:3], NAMES[3:])
    recipe = Recipe.fast(size=48, width=0.125, epochs=3)
    return Run(tmp_path, recipe, pd.DataFrame(epochs), split, True, [60.0, 30.0, 30.0])


# ---- both sides


@pytest.mark.parametrize(
    ("parts", "shared"),
    [
        ((["T_A_1_1999"], ["T_A_2_1999"], ["T_B_1_1999"]), []),
        ((["T_A_1_1999", "T_A_2_1999"], [], ["T_A_1_1999"]), ["T_A_1"]),
        ((["T_A_1_1999"], ["T_A_1_2001"], []), ["T_A_1"]),
        (([], ["T_B_2_1999", "T_A_1_1999"], ["T_A_1_1999", "T_B_2_1999"]), ["T_A_1", "T_B_2"]),
    ],
)
def test_people_in_two_parts_are_named_once_whatever_the_date_of_their_scan(parts, shared):
    assert handin.shared_patients(*parts) == shared


def test_the_courses_own_split_shares_nobody_and_a_split_by_slice_does(scans):
    scans["tumor_pixels"] = 1
    for split, sharing in ((data.split_by_patient, False), (data.split_by_slice, True)):
        parts = split(scans, validation=0.2, test=0.2)
        assert bool(handin.shared_patients(*(part["patient"] for part in parts))) is sharing


# ---- the headline


def test_the_headline_counts_patients_of_the_test_alone(scores):
    found = handin.headline(scores)
    assert found["patients"] == 3
    assert found["mean"] == pytest.approx((0.9 + 0.5 + 0.8) / 3)
    assert found["median"] == pytest.approx(0.8)
    assert 0.5 <= found["low"] < found["mean"] < found["high"] <= 0.9


def test_one_patient_has_no_interval_and_none_no_headline(scores):
    one = scores[scores["patient"] == NAMES[3]]
    assert np.isnan(handin.headline(one)["low"])
    with pytest.raises(ArgumentError, match="'test'"):
        handin.headline(scores[scores["part"] == "train"])


# ---- the card


def test_the_card_says_data_split_recipe_scores_and_not_for_diagnosis(run, scans, scores):
    card = handin.draft_card(run, scans, scores, 0.45, "It has never met a child.")
    for said in (
        "Not for diagnosis",
        "6 patients of 4 institutions, 60 slices, 30 with tumour",
        "2 to train on, 1 to choose on, 3 kept for the end",
        "0.125 of the full width, begun from random weights",
        "48 × 48 pixels; pre-contrast, FLAIR and post-contrast, each brought to one mean and spread by the network",
        "3 epochs in 2.0 min on 2 processor cores, no GPU",
        "the network of epoch 2 was kept",
        "commit abcdef0123",
        "threshold 0.45 (chosen on validation)",
        "mean Dice **0.73**",
        "median 0.80, worst 0.50",
        "False alarms on 9 of 60 slices",
        "| DU | 1 | 0.90 | 0.90 |",
        "CC BY-NC-SA 4.0",
        "It has never met a child.",
    ):
        assert said in card, said


def test_a_network_that_takes_slices_as_they_are_has_a_card_that_says_nothing_of_spreads(run, scans, scores):
    plain = replace(run, recipe=replace(run.recipe, standardise=False))
    assert "mean and spread" not in handin.draft_card(plain, scans, scores, 0.5)


def test_the_card_of_a_cross_validation_says_which_part_was_kept(run, scans, scores):
    assert "by patient (seed 0): " in handin.draft_card(run, scans, scores, 0.5)
    crossed = replace(run, recipe=replace(run.recipe, folds=5, fold=3))
    assert "by patient (seed 0, part 4 of 5 kept for the end)" in handin.draft_card(crossed, scans, scores, 0.5)


@pytest.mark.parametrize(("used", "said"), [({"replicas": 2}, "on 2 GPU ("), ({}, "on 1 GPU (")])
def test_the_card_counts_the_gpus_that_worked_and_not_those_of_the_machine(run, scans, scores, used, said):
    path = run.folder / "environment.json"
    made = json.loads(path.read_text()) | {"gpus": ["GPU:0", "GPU:1", "GPU:2"]}
    path.write_text(json.dumps(made | used))
    assert said in handin.draft_card(run, scans, scores, 0.5)


@pytest.mark.parametrize("limits", [None, ..., "  "])
def test_limits_that_nobody_wrote_leave_a_gap_that_says_so(run, scans, scores, limits):
    assert NOT_YET in handin.draft_card(run, scans, scores, 0.5, limits)


@pytest.mark.parametrize("tried", [None, ..., "  "])
def test_what_was_tried_leaves_a_gap_until_somebody_writes_it(run, scans, scores, tried):
    assert NOT_TRIED in handin.draft_card(run, scans, scores, 0.5, "For learning.", tried)
    card = handin.draft_card(run, scans, scores, 0.5, "For learning.", "Half the width: .02 lower, three seeds.")
    assert "## What was tried and given up\n\nHalf the width: .02 lower, three seeds." in card
    assert NOT_TRIED not in card


def test_the_card_names_who_is_where(run, scans, scores):
    card = handin.draft_card(run, scans, scores, 0.5)
    assert f"- **to train on**: {NAMES[0]}, {NAMES[1]}\n" in card
    assert f"- **to choose on**: {NAMES[2]}\n" in card
    assert f"- **kept for the end**: {', '.join(sorted(NAMES[3:]))}\n" in card


def test_the_card_of_phantoms_says_that_their_scores_say_nothing_about_patients(run, scans, scores):
    scans["patient"] = scans["patient"].str.replace("TCGA", "PHANTOM")
    assert "says nothing about patients" in handin.draft_card(run, scans, scores, 0.5)


def test_one_test_patient_gives_a_card_without_an_interval(run, scans, scores):
    alone = Run(run.folder, run.recipe, run.history, data.Split(NAMES[:2], NAMES[2:3], NAMES[3:4]), True, [1.0])
    kept = scores[~scores["patient"].isin(NAMES[4:])]
    assert "no interval" in handin.draft_card(alone, scans, kept, 0.5)


@pytest.mark.parametrize("rows", [slice(0, 5), slice(0, 3)])
def test_a_card_without_all_test_patients_is_refused(run, scans, scores, rows):
    with pytest.raises(ArgumentError, match="all 3 test patients"):
        handin.draft_card(run, scans, scores[rows], 0.5)


def test_a_card_of_a_split_with_somebody_on_both_sides_is_refused(run, scans, scores):
    again = NAMES[3].replace("2000", "2002")
    leaking = Run(run.folder, run.recipe, run.history, data.Split([again], NAMES[2:3], NAMES[3:]), True, [1.0])
    with pytest.raises(DataError, match=r"TCGA_DU_0003 is in two parts"):
        handin.draft_card(leaking, scans, scores, 0.5)


# ---- where runs lie


def test_a_run_has_the_same_folder_tomorrow_and_another_on_other_patients(scans, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path))
    assert handin.run_folder("fast", scans) == tmp_path / "fast-tcga-6"
    assert handin.run_folder("fast", scans[scans["patient"] == NAMES[0]]) == tmp_path / "fast-tcga-1"
    monkeypatch.delenv("COURSE_RUNS")
    assert handin.run_folder("fast", scans) == Path(data.data_folder()).parent / "runs" / "fast-tcga-6"


def test_the_parts_of_a_run_are_its_patients_scans(run, scans):
    parts = handin.parts_of(run, scans)
    assert [len(part) for part in parts] == [20, 10, 30]
    assert set(parts.test["patient"]) == set(NAMES[3:])


def test_a_run_on_other_scans_is_refused_by_name(run, scans):
    with pytest.raises(DataError, match=rf"1 patients of this run.*{NAMES[5]}"):
        handin.parts_of(run, scans[scans["patient"] != NAMES[5]])
