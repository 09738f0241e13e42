"""What lesson 10 says in words holds in its own output."""

import re

import lessons
import nbformat
import numpy as np
import pandas as pd
import pytest

from course_lib import evaluation, handin, host
from course_lib.cli import build_parser
from course_lib.commands.train import choose_recipe
from course_lib.training import Recipe
from tools.notebook_build.execute import ROOT


@pytest.fixture(scope="module")
def cells():
    return lessons.cells_of(10)


@pytest.fixture(scope="module")
def printed():
    """Everything that the executed lesson prints."""
    return lessons.printed_by(10)


@pytest.fixture(scope="module")
def text():
    """All text cells of the lesson as one line."""
    return " ".join(" ".join(c.source.split()) for c in lessons.source_of(10).cells if c.cell_type == "markdown")


@pytest.fixture(scope="module")
def card(cells):
    """The model card as the lesson shows it."""
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return next(data["text/markdown"] for data in shown if "# Model card" in data.get("text/markdown", ""))


def shown_table(cells, part_of_source):
    """The text of the table below the cell that holds this piece of code."""
    cell = next(cell for cell in cells if cell.cell_type == "code" and part_of_source in cell.source)
    return next(output.data["text/plain"] for output in cell.outputs if "text/plain" in output.get("data", {}))


def test_one_word_decides_and_stands_in_one_cell_only():
    cells = [cell for cell in lessons.source_of(10).cells if cell.cell_type == "code"]
    setting = [cell for cell in cells if re.search(r'"full"|"fast"', cell.source)]
    assert [cell.source.startswith("preset = host.preset()  #") for cell in setting] == [True, False]
    assert "differences" in setting[1].source


@pytest.mark.parametrize(
    ("gpu", "real", "expected"),
    [("Tesla T4", True, (256, "imagenet", 1)), ("Tesla T4", False, (48, None, 0.125)), ("", True, (48, None, 0.125))],
)
def test_with_a_gpu_and_real_patients_it_is_the_full_recipe_and_else_the_fast_one(monkeypatch, gpu, real, expected):
    monkeypatch.delenv("COURSE_PRESET", raising=False)
    monkeypatch.setattr("course_lib.host.start.look_once", lambda: host.look()._replace(gpu=gpu))
    monkeypatch.setattr("course_lib.host.start.real_scans", lambda: real)
    code = next(cell.source for cell in lessons.source_of(10).cells if cell.source.startswith("preset ="))
    names = {"Recipe": Recipe, "host": host}
    exec(compile(code, "lesson 10", "exec"), names)
    assert (names["recipe"].size, names["recipe"].weights, names["recipe"].width) == expected


def test_it_is_the_same_network_only_larger(printed):
    assert re.search(r"(\d+) layers and \1; the same kinds in the same order: True", printed)
    small, large = re.search(r"weights: ([\d,]+) and ([\d,]+)", printed).groups()
    assert large == "31,172,033"
    assert int(small.replace(",", "")) * 20 < 31_172_033


def test_both_networks_begin_with_the_layer_that_the_text_names():
    needed = ("import", "preset =", "small = models")
    names = lessons.run_cells(10, needed=needed)
    assert all(recipe.standardise for recipe in names["recipes"].values())
    assert [kinds[1] for kinds in names["kinds"]] == ["SliceStandardisation"] * 2


def test_a_split_by_patient_shares_nobody_and_one_by_slice_nearly_everybody(printed):
    assert re.search(r"by patient: \[.*\] patients in the parts, 0 in more than one", printed)
    assert int(re.search(r"by slice: .* parts, (\d+) in more than one", printed)[1]) >= 20


def test_the_network_has_learned_something_and_the_card_says_just_that(printed, card):
    mean, low, high, patients = re.search(r"mean Dice (\S+) \((\S+) to (\S+)\), (\d+) patients", printed).groups()
    assert float(mean) > 0.3
    assert f"mean Dice **{mean}** (95 % interval {low} to {high}, over patients)" in card
    assert f"on the {patients} patients kept for the end" in card


def test_with_four_patients_the_interval_is_wide(printed):
    low, high, patients = re.search(r"mean Dice \S+ \((\S+) to (\S+)\), (\d+) patients", printed).groups()
    assert patients == "4"
    assert float(high) - float(low) > 0.05


def test_many_thresholds_are_nearly_as_good_as_the_chosen_one_and_single_patients_want_others(printed):
    low, high = re.search(r"mean within 0.02 of the best: thresholds from ([\d.]+) to ([\d.]+)", printed).groups()
    assert float(high) - float(low) >= 0.1
    best = [float(each) for each in re.search(r"each patient's own best: (.+)", printed)[1].split(", ")]
    assert len(best) == 4
    assert best[-1] - best[0] >= 0.15


def test_patients_differ_far_more_than_the_two_ways_to_predict(cells):
    rows = re.findall(r"^PHANTOM\S+\s+([\d.]+)\s+([\d.]+)", shown_table(cells, "ways.round"), re.M)
    dice = np.array(rows, float)
    assert len(dice) == 4
    assert np.ptp(dice[:, 0]) > 3 * np.abs(dice[:, 1] - dice[:, 0]).mean()


def test_four_patients_cannot_tell_which_of_two_ways_is_better(printed):
    assert float(re.search(r"of 4 patients, worse for \d; p = ([\d.]+)", printed)[1]) >= 0.125
    assert evaluation.compare_models([0.1, 0.2, 0.3, 0.4], [0.9, 0.91, 0.92, 0.93]).p_value == pytest.approx(0.125)


def test_the_file_gives_back_the_masks_that_went_in_and_is_smaller_than_they_are(printed):
    count, size, same = re.search(r"(\d+) masks of (\d+) × \d+ pixels; the same as before: (\w+)", printed).groups()
    assert same == "True"
    kilobytes = int(re.search(r"test\.json: \d+ slices, (\d+) kB", printed)[1])
    assert 1000 * kilobytes < int(count) * int(size) ** 2 / 8  # an eighth: a bit for every pixel


def test_the_card_says_what_it_must(card):
    for said in (
        "Not for diagnosis",
        "synthetic patients",
        "nobody is in two parts",
        "| institution |",
        "Nobody has tested",
    ):
        assert said in card


def test_the_card_has_what_the_marking_asks_for_who_is_where_and_what_was_tried(cells, card, printed):
    tested = re.findall(r"test\s+(PHANTOM_\w+)", shown_table(cells, "handin.score_predictions"))
    assert len(tested) == 4
    (row,) = re.findall(r"^- \*\*kept for the end\*\*: (.+)$", card, re.M)
    assert sorted(row.split(", ")) == sorted(tested)
    difference = re.search(r"mean difference (\S+) \(", printed)[1]
    assert f"mean Dice {difference}" in card.split("## What was tried and given up")[1]


def test_what_the_model_answer_says_of_the_worst_patient_is_so(cells):
    answer = next(cell.source for cell in cells if "limits = (" in cell.source)
    names = {}
    exec(answer, names)
    assert "Of one of the four test patients it found next to nothing" in names["limits"]
    dice = re.findall(r"test\s+PHANTOM_\w+\s+\d+\s+([\d.]+)", shown_table(cells, "handin.score_predictions"))
    assert sorted(float(one) < 0.15 for one in dice) == [False, False, False, True]


def test_the_learners_own_card_leaves_the_limits_to_the_learner():
    learner = nbformat.read(lessons.NOTEBOOKS / "10_capstone.ipynb", as_version=4)
    code = "\n".join(cell.source for cell in learner.cells if cell.cell_type == "code")
    assert "limits = ...  # your turn" in code
    assert "draft_card(run, scans, scores, threshold, limits, tried)" in code


# --- the real patients ----------------------------------------------------------------------------------------------


def test_of_the_real_patients_nobody_is_missed_and_nobody_drawn_perfectly(printed):
    scores = pd.read_csv(ROOT / "data" / "model" / "scores.csv").dice
    count, mean, worst = lessons.numbers(r"mean Dice of (\d+) real patients ([\d.]+), worst ([\d.]+)", printed)
    assert (count, mean) == (len(scores), pytest.approx(scores.mean(), abs=0.006))
    assert worst == pytest.approx(scores.min(), abs=0.006)
    assert 0.65 < scores.min() < 0.75  # as the figure's description says
    assert 0.85 < scores.max() < 0.95
    assert 0.5 < (scores > scores.mean()).mean() < 0.6


@pytest.mark.parametrize(
    ("row", "table", "way"),
    [
        ("the network that ships, plain", "data/model/scores.csv", ""),
        ("five such pairs by the same recipe, plain", "results/shipped/scores.csv", "way == 'plain'"),
    ],
)
def test_the_figures_to_hold_yours_against_are_those_of_the_networks_papers(text, row, table, way):
    scores = pd.read_csv(ROOT / table)
    scores = scores.query(way) if way else scores
    two = r"(\.\d\d)"
    said = lessons.numbers(rf"{row}[^|]*\| mean {two} \({two} to {two}\), median {two} \|", text)
    found = [scores.dice.mean(), *evaluation.bootstrap_interval(scores.dice), scores.dice.median()]
    assert said == pytest.approx(found, abs=0.0051)
    assert "| 16 that it never saw |" in text
    assert len(scores) == (80 if "plain" in way else 16)


def test_what_the_sixteen_were_luckier_by_and_what_patients_without_a_sequence_have_is_said_as_it_is(text):
    ships, five = (pd.read_csv(ROOT / name) for name in ("data/model/scores.csv", "results/shipped/scores.csv"))
    plain = five.query("way == 'plain'").set_index("patient").dice
    assert 0.05 < ships.dice.mean() - plain.mean() < 0.06
    without = [plain.filter(like=name).item() for name in ("TCGA_DU_7013", "TCGA_FG_A60K", "TCGA_HT_7877")]
    said = lessons.numbers(r"they\s+have (\.\d\d), (\.\d\d) and (\.\d\d)\.", text)
    assert said == pytest.approx(without, abs=0.0051)


def test_the_figures_with_mirrors_neighbours_and_without_specks_are_those_of_the_card(text):
    two = r"(\.\d\d)"
    said = lessons.numbers(
        rf"the same with mirror images and neighbouring slices, without specks \| mean {two} \({two} to {two}\), "
        rf"median {two} \| the same 16 \|",
        text,
    )
    card = " ".join((ROOT / "data" / "model" / "README.md").read_text(encoding="utf-8").split())
    way = r"`course evaluate --flip --neighbors 0\.25 --parts 0\.2`\): "
    three = r"(\.\d\d\d)"
    found = lessons.numbers(rf"{way}mean {three} \({three} to {three}\), median {three}", card)
    assert said == pytest.approx(found, abs=0.0051)


def test_the_patients_without_a_sequence_were_tested_together():
    scores = pd.read_csv(ROOT / "results" / "shipped" / "scores.csv").query("way == 'plain'")
    lacking = scores[scores.patient.str.contains("DU_7013|FG_A60K|HT_7877")]  # pre-contrast is a copy of FLAIR
    assert len(lacking) == 3
    assert lacking.fold.nunique() == 1


def test_a_run_from_the_command_line_is_the_one_that_the_lesson_would_make_and_finds(text, monkeypatch):
    monkeypatch.delenv("COURSE_RUNS", raising=False)
    words = re.search(r"`course (train --preset full --out runs/\S+)`", text)[1].split()
    options = build_parser().parse_args(words)
    assert choose_recipe(options) == Recipe.full()
    assert options.devices == "all"
    real = pd.DataFrame({"patient": [f"TCGA_CS_{number:04d}_20000101" for number in range(110)]})
    assert handin.run_folder("full", real) == ROOT / options.out


@pytest.mark.parametrize("command", ["evaluate --flip --neighbors 0.25", "train --folds 5 --fold 0", "data --kaggle"])
def test_the_commands_that_the_text_names_exist(text, command):
    assert f"`course {command}`" in text
    needed = {"evaluate": ["--csv", "table.csv"], "train": ["--out", "run"]}
    build_parser().parse_args([*command.split(), *needed.get(command.split()[0], [])])


# --- the marking, and what is computed ------------------------------------------------------------------------------


def test_the_rubric_has_the_points_that_the_text_says():
    texts = "\n".join(cell.source for cell in lessons.source_of(10).cells if cell.cell_type == "markdown")
    rubric = texts.split("| | 0 | 1 | 2 |")[1].split("Sixteen points")[0]
    assert 2 * len(re.findall(r"^\| \*\*", rubric, re.M)) == 16


def test_what_the_text_computes_from_measured_figures_is_so(text):
    step = int(re.search(r"and ([\d,]+) ms at 256", text)[1].replace(",", "")) / 1000
    slices = int(re.search(r"shows it about ([\d,]+) slices", text)[1].replace(",", ""))
    minutes = int(re.search(r"that is some (\d+) minutes", text)[1])
    gigabytes = float(re.search(r"at 256 pixels are ([\d.]+) GB in memory", text)[1])
    assert slices == pytest.approx(2 * 1373 * (110 - 17 - 17) / 110, rel=0.01)  # as many empty slices as with tumour
    assert minutes == pytest.approx(slices * step / 60, abs=0.5)
    assert minutes / 24 == pytest.approx(1.5, abs=0.1)  # sixty epochs, in days
    assert gigabytes == pytest.approx(3929 * 256 * 256 * 4 / 1e9, rel=0.005)


@pytest.mark.slow
def test_the_same_cells_run_by_the_other_preset_and_go_on_with_a_run_that_is_there(monkeypatch, tmp_path, capsys):
    lessons.see_what_lessons_see(monkeypatch)
    monkeypatch.setenv("COURSE_RUNS", str(tmp_path))
    shrunk = "Recipe.full(size=32, width=0.05, weights=None, epochs=1)"  # as the full one, for a processor
    cards = []
    for _ in range(2):
        lessons.run_cells(10, {"host.preset()": 'host.preset("full")', "Recipe.full()": shrunk})
        cards.append(next(tmp_path.glob("full-phantom-*/card.md")).read_text(encoding="utf-8"))
    assert "slices of 32 × 32 pixels" in cards[0]
    assert cards[0] == cards[1]
    assert "this run is finished (1 epochs)" in capsys.readouterr().out
