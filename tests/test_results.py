"""What `results/` says is what its tables say, and no patient is scored by a network that has seen that patient."""

import importlib.util
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from course_lib import evaluation, models

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "results"
CROSS_VALIDATIONS = sorted(path.parent.name for path in RESULTS.glob("*/patients.json"))


def script(name):
    """A script of results/ as a module."""
    spec = importlib.util.spec_from_file_location(f"results_{name}", RESULTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_holds_the_tables_as_they_are():
    text = (RESULTS / "README.md").read_text(encoding="utf-8")
    assert script("tables").filled(text) == text, "run: python results/tables.py"


@pytest.mark.parametrize("name", CROSS_VALIDATIONS)
def test_every_patient_is_scored_once_by_a_network_that_never_saw_it(name):
    folds = json.loads((RESULTS / name / "patients.json").read_text())
    scores = pd.read_csv(RESULTS / name / "scores.csv")
    everybody = set().union(*(names for parts in folds.values() for names in parts.values()))
    for fold, parts in folds.items():
        train, validation, test = (set(parts[part]) for part in ("train", "validation", "test"))
        assert train | validation | test == everybody
        assert len(train) + len(validation) + len(test) == len(everybody)
        for _, rows in scores[scores["fold"] == int(fold.removeprefix("fold"))].groupby("way"):
            assert sorted(rows["patient"]) == sorted(test)
    for _, rows in scores.groupby("way"):
        assert sorted(rows["patient"]) == sorted(everybody)


@pytest.mark.parametrize("name", CROSS_VALIDATIONS)
def test_the_history_of_each_fold_is_whole(name):
    history = pd.read_csv(RESULTS / name / "history.csv")
    recipe = json.loads((RESULTS / name / "recipe.json").read_text())
    folds = json.loads((RESULTS / name / "patients.json").read_text())
    assert sorted(history["fold"].unique()) == list(range(len(folds)))
    for _, rows in history.groupby([name for name in ("fold", "seed") if name in history]):
        assert list(rows["epoch"]) == list(range(1, len(rows) + 1))
        assert len(rows) <= recipe["epochs"]


def test_the_card_of_the_network_that_ships_says_what_its_scores_say():
    card = (models.SHIPPED_FILE.parent / "README.md").read_text(encoding="utf-8")
    words = " ".join(card.split())
    scores = pd.read_csv(models.SHIPPED_FILE.parent / "scores.csv")
    row = evaluation.summary(scores).loc["dice"]
    said = re.search(r"mean Dice (\.\d+) \(95 % interval (\.\d+) to (\.\d+), over patients\), median (\.\d+)", words)
    assert [float(number) for number in said.groups()] == pytest.approx(
        [row["mean"], row["low"], row["high"], row["median"]], abs=0.0006
    )
    split = models.shipped_patients()
    assert f"scored on {len(split['test'])} that it never saw" in words
    assert f"trained on** | {len(split['train'])} patients" in words


@pytest.mark.skipif(not (RESULTS / "leak_summary.csv").exists(), reason="the leak has not been measured yet")
class TestTheLeak:
    def test_the_summary_is_that_of_the_rows(self):
        made = script("leak").summarise(pd.read_csv(RESULTS / "leak.csv")).round(4)
        kept = pd.read_csv(RESULTS / "leak_summary.csv")
        pd.testing.assert_frame_equal(made, kept, check_dtype=False, atol=2e-4)

    def test_every_recipe_split_and_seed_has_one_run(self):
        rows = pd.read_csv(RESULTS / "leak.csv")
        assert not rows.duplicated(["recipe", "split", "seed", "patient"]).any()
        counts = rows.groupby(["recipe", "split"])["seed"].nunique()
        assert len(counts) == 4
        assert counts.nunique() == 1
        assert counts.iloc[0] >= 3

    def test_by_slice_the_tested_patients_were_known_and_by_patient_none_was(self):
        known = pd.read_csv(RESULTS / "leak.csv").groupby("split")["in_training"].mean()
        assert known["slice"] == 1
        assert known["patient"] == 0
