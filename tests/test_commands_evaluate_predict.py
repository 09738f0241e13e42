"""`course evaluate` and `course predict` as they are typed, on patients small enough to know every score by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from course_lib import cli
from course_lib.commands import evaluate, predict
from course_lib.data import Split
from course_lib.errors import ArgumentError, DataError

PATIENTS = {  # name: brightness of FLAIR inside the tumour; the network below finds what is brighter than 128
    "TCGA_CS_1001_19990101": 200,
    "TCGA_DU_1002_19990101": 200,
    "TCGA_DU_1003_19990101": 60,  # too faint: missed altogether
    "TCGA_HT_1004_19990101": 200,
}
SIZE = 32


def tumor_of(number):
    """The mask of slice `number`: a square on the second of three slices."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    if number == 2:
        mask[8:24, 8:16] = 255
    return mask


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "kaggle_3m"
    for patient, brightness in PATIENTS.items():
        (folder / patient).mkdir(parents=True)
        for number in (1, 2, 3):
            image = np.full((SIZE, SIZE, 3), 50, np.uint8)
            image[tumor_of(number) > 0, 1] = brightness
            if patient == "TCGA_HT_1004_19990101" and number == 3:
                image[0:4, 0:4, 1] = 220  # bright, but no tumour: a false alarm on an empty slice
            Image.fromarray(image).save(folder / patient / f"{patient}_{number}.tif")
            Image.fromarray(tumor_of(number)).save(folder / patient / f"{patient}_{number}_mask.tif")
    return folder


def write_run(folder, brighter_than, train, validation, test, size=SIZE // 2):
    """A run's folder whose network calls tumour what is brighter on FLAIR; the parts are counted in PATIENTS."""
    keras = pytest.importorskip("keras")
    from course_lib.training import Recipe

    inputs = keras.Input((size, size, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(1, 1, activation="sigmoid", name="bright")(inputs))
    flair = np.array([0, 1, 0], np.float32).reshape(1, 1, 3, 1)
    model.get_layer("bright").set_weights([flair, np.array([-float(brighter_than)])])
    folder.mkdir()
    model.save(folder / "best.keras")
    Recipe.fast().to_json(folder / "recipe.json")
    parts = {"train": train, "validation": validation, "test": test}
    names = {part: [list(PATIENTS)[number] for number in numbers] for part, numbers in parts.items()}
    (folder / "split.json").write_text(json.dumps(names))
    return folder


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run whose network calls bright FLAIR tumour, at half the size of the files."""
    return write_run(tmp_path_factory.mktemp("runs") / "first", 128, [0], [1], [2, 3])


@pytest.fixture
def lone_model(run_folder, tmp_path):
    """The network's file alone, without the run around it."""
    (tmp_path / "alone.keras").write_bytes((run_folder / "best.keras").read_bytes())
    return tmp_path / "alone.keras"


def course(capsys, *words):
    """Type a command: (exit status, what it printed, its error message)."""
    status = cli.main([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, out, err


# evaluate


def test_the_runs_own_test_patients_are_scored_at_the_size_of_their_files(data_folder, run_folder, tmp_path, capsys):
    csv = tmp_path / "tables" / "scores.csv"
    words = ("evaluate", "--data", data_folder, "--model", run_folder, "--csv", csv, "--quiet")
    status, out, _ = course(capsys, *words)
    assert status == 0
    table = pd.read_csv(csv).set_index("patient")
    assert list(table.index) == ["TCGA_DU_1003_19990101", "TCGA_HT_1004_19990101"]
    assert list(table["tumor_pixels"]) == [16 * 8, 16 * 8]
    missed, found = table.loc["TCGA_DU_1003_19990101"], table.loc["TCGA_HT_1004_19990101"]
    assert (missed["dice"], missed["recall"]) == (0, 0)
    assert np.isnan(missed["hd95"])
    assert found["recall"] == 1
    assert found["dice"] == pytest.approx(2 * 128 / (128 + found["guessed_pixels"]))
    assert (found["empty_slices"], found["alarms"], missed["alarms"]) == (2, 1, 0)
    assert set(table["part"]) == {"test"}
    assert "Warning" not in out


def test_several_runs_answer_with_the_mean_of_their_probabilities(data_folder, run_folder, tmp_path, capsys):
    blind = write_run(
        tmp_path / "blind", 1000, [0], [1], [2, 3]
    )  # says 0 everywhere, so that the mean is 0 or one half
    dice = {}
    for name, runs in {"alone": [run_folder], "together": [run_folder, blind]}.items():
        for threshold in (0.4, 0.6, 0.8):
            words = (
                "evaluate",
                "--data",
                data_folder,
                "--threshold",
                threshold,
                "--csv",
                tmp_path / "s.csv",
                "--quiet",
            )
            assert course(capsys, *words, "--model", *runs)[0] == 0
            dice[name, threshold] = pd.read_csv(tmp_path / "s.csv").set_index("patient").dice["TCGA_HT_1004_19990101"]
    assert dice["alone", 0.6] > dice["alone", 0.8] == dice["together", 0.4] > 0.7  # 0.4 is half of 0.8
    assert dice["together", 0.6] == 0


def test_of_several_runs_the_patients_are_scored_that_none_of_them_has_seen(data_folder, run_folder, tmp_path, capsys):
    other = write_run(tmp_path / "other", 128, [3], [1], [0, 2])
    words = ("evaluate", "--data", data_folder, "--csv", tmp_path / "s.csv", "--quiet", "--model", run_folder)
    assert course(capsys, *words, other)[0] == 0
    assert list(pd.read_csv(tmp_path / "s.csv").patient) == ["TCGA_DU_1003_19990101"]
    _, out, _ = course(capsys, *words, other, "--part", "all")
    assert "2 of these 4 patients were in the training part" in out


def test_several_runs_that_do_not_fit_together_are_refused(data_folder, run_folder, tmp_path, capsys):
    words = ("evaluate", "--data", data_folder, "--csv", tmp_path / "s.csv", "--quiet", "--model", run_folder)
    strangers = write_run(tmp_path / "strangers", 128, [2, 3], [1], [0])
    status, _, err = course(capsys, *words, strangers)
    assert (status, "Nobody is in the test part" in err, "--split-seed" in err) == (1, True, True)
    assert course(capsys, *words, strangers, "--part", "all")[0] == 0
    larger = write_run(tmp_path / "larger", 128, [0], [1], [2, 3], size=SIZE)
    status, _, err = course(capsys, *words, larger)
    assert (status, "cannot be averaged" in err) == (1, True)


def test_the_report_names_scores_intervals_institutions_and_false_alarms(data_folder, run_folder, tmp_path, capsys):
    words = ("evaluate", "--data", data_folder, "--model", run_folder, "--csv", tmp_path / "s.csv", "--quiet")
    _, out, _ = course(capsys, *words)
    for expected in (
        "2 patients",
        "95 % interval",
        "quartiles",
        "By institution",
        "1 of 4 slices without tumour (25%)",
    ):
        assert expected in out
    assert "TCGA_HT_1004_19990101" in out
    assert str(tmp_path / "s.csv") in out


def test_patients_that_trained_the_network_are_called_so(data_folder, run_folder, tmp_path, capsys):
    words = ("evaluate", "--data", data_folder, "--model", run_folder, "--csv", tmp_path / "s.csv", "--quiet")
    _, out, _ = course(capsys, *words, "--part", "all")
    assert "Warning: 1 of these 4 patients were in the training part" in out
    assert list(pd.read_csv(tmp_path / "s.csv")["part"]) == ["train", "validation", "test", "test"]


def test_patients_can_be_named_in_a_file(data_folder, run_folder, tmp_path, capsys):
    names = tmp_path / "names.txt"
    names.write_text("# two of them\nTCGA_CS_1001_19990101\n\n  TCGA_DU_1002_19990101  # good\n")
    words = ("evaluate", "--data", data_folder, "--model", run_folder, "--csv", tmp_path / "s.csv", "--quiet")
    status, out, _ = course(capsys, *words, "--patients", names)
    assert status == 0
    assert (pd.read_csv(tmp_path / "s.csv")["dice"] == 1).all()
    assert "1 of these 2 patients were in the training part" in out
    names.write_text("TCGA_CS_1001\n")
    status, _, err = course(capsys, *words, "--patients", names)
    assert status == 1
    assert "Do you mean TCGA_CS_1001_19990101?" in err
    for content in ("", "# nobody\n"):
        names.write_text(content)
        assert "names no patient" in course(capsys, *words, "--patients", names)[2]
    assert "cannot be read" in course(capsys, *words, "--patients", tmp_path / "missing.txt")[2]


def test_a_lone_model_file_scores_everybody_and_says_what_is_not_known(data_folder, lone_model, tmp_path, capsys):
    words = ("evaluate", "--data", data_folder, "--model", lone_model, "--csv", tmp_path / "s.csv", "--quiet")
    status, out, _ = course(capsys, *words)
    assert status == 0
    assert len(pd.read_csv(tmp_path / "s.csv")) == 4
    assert "Warning: no split.json" in out
    status, _, err = course(capsys, *words, "--part", "test")
    assert status == 1
    assert "split.json" in err


def test_a_higher_threshold_is_used_for_every_score(data_folder, run_folder, tmp_path, capsys):
    words = ("evaluate", "--data", data_folder, "--model", run_folder, "--csv", tmp_path / "s.csv", "--quiet")
    guessed = {}
    for threshold in ("0.1", "1.0"):
        course(capsys, *words, "--threshold", threshold)
        guessed[threshold] = pd.read_csv(tmp_path / "s.csv")["guessed_pixels"].sum()
    assert guessed["0.1"] > guessed["1.0"] > 0
    status, _, err = course(capsys, *words, "--threshold", "50")
    assert status == 1
    assert "between 0 and 1" in err


def test_neighbouring_slices_and_mirror_images_are_taken_in_when_asked_for(data_folder, run_folder, tmp_path, capsys):
    words = ("evaluate", "--data", data_folder, "--model", run_folder, "--csv", tmp_path / "s.csv", "--quiet")
    recall = {}
    for options in (
        (),
        ("--flip",),
        ("--flip", "--neighbors", "0.3"),
        ("--neighbors", "0.3", "--threshold", "0.1"),
    ):
        course(capsys, *words, *options)
        recall[options] = pd.read_csv(tmp_path / "s.csv").set_index("patient").loc["TCGA_HT_1004_19990101", "recall"]
    assert list(recall.values()) == [1, 1, 0, 1]  # a tumour on one slice alone is left 1 - 2 · 0.3 of its probability
    status, _, err = course(capsys, *words, "--neighbors", "0.5")
    assert status == 1
    assert "neighbors=0.5" in err
    status, _, err = course(capsys, *words, "--parts", "1.5")
    assert status == 1
    assert "share=1.5" in err


def scans_of(*patients):
    return pd.DataFrame({"patient": list(patients), "slice": 1})


def test_patients_unknown_to_the_run_are_all_scored_and_it_says_why():
    split = Split(["PHANTOM_AA_0001_20000101"], ["PHANTOM_AA_0002_20000101"], ["PHANTOM_AA_0003_20000101"])
    chosen, notes = evaluate.choose_patients(scans_of("TCGA_CS_1_1", "TCGA_CS_2_1"), split)
    assert len(chosen) == 2
    assert "new to the network" in notes[0]


def test_test_patients_that_are_not_in_the_folder_are_an_error_that_counts_them():
    split = Split(["TCGA_CS_1_1"], [], ["TCGA_CS_2_1", "TCGA_CS_3_1", "TCGA_CS_4_1"])
    with pytest.raises(DataError, match="2 of the run's 3 test patients"):
        evaluate.choose_patients(scans_of("TCGA_CS_1_1", "TCGA_CS_2_1"), split)


def test_without_a_model_the_one_that_ships_is_scored_on_patients_new_to_it(data_folder, tmp_path, capsys):
    status, out, _ = course(capsys, "evaluate", "--data", data_folder, "--csv", tmp_path / "s.csv", "--quiet")
    assert status == 0
    assert "neither trained nor chosen on" in out
    assert len(pd.read_csv(tmp_path / "s.csv")) == len(list(data_folder.glob("*/")))


def test_patients_that_the_network_that_ships_has_seen_are_not_scored():
    split = Split(["TCGA_CS_1_1"], ["TCGA_CS_2_1"], ["TCGA_CS_3_1"])
    chosen, notes = evaluate.choose_unseen(scans_of("TCGA_CS_1_1", "TCGA_CS_2_1", "TCGA_CS_3_1", "TCGA_CS_9_1"), split)
    assert set(chosen["patient"]) == {"TCGA_CS_3_1", "TCGA_CS_9_1"}
    assert "2 of 4 patients" in notes[0]
    with pytest.raises(DataError, match="every patient"):
        evaluate.choose_unseen(scans_of("TCGA_CS_1_1", "TCGA_CS_2_1"), split)


@pytest.mark.parametrize("wrong", ["nowhere", "folder", "damaged.keras"])
def test_a_model_that_is_none_is_named(data_folder, tmp_path, capsys, wrong):
    (tmp_path / "folder").mkdir()
    (tmp_path / "damaged.keras").write_bytes(b"PK\x03\x04 cut short")
    words = ("evaluate", "--data", data_folder, "--model", tmp_path / wrong, "--csv", tmp_path / "s.csv", "--quiet")
    status, _, err = course(capsys, *words)
    assert status == 1
    assert wrong in err
    assert not (tmp_path / "s.csv").exists()


# predict


def test_a_slice_gets_a_mask_of_its_own_size_and_an_overlay(data_folder, run_folder, tmp_path, capsys):
    patient = "TCGA_CS_1001_19990101"
    slices = [data_folder / patient / f"{patient}_{number}.tif" for number in (1, 2)]
    status, out, _ = course(capsys, "predict", run_folder, *slices, "--out", tmp_path / "masks", "--quiet")
    assert status == 0
    with Image.open(tmp_path / "masks" / f"{patient}_2_mask.tif") as mask:
        assert (mask.format, mask.mode, mask.size) == ("TIFF", "L", (SIZE, SIZE))
        assert (np.asarray(mask) == tumor_of(2)).all()
    with Image.open(tmp_path / "masks" / f"{patient}_1_mask.tif") as mask:
        assert np.asarray(mask).max() == 0
    with Image.open(tmp_path / "masks" / f"{patient}_2_overlay.png") as overlay:
        assert overlay.size == (SIZE, SIZE)
        assert overlay.info["Description"].startswith(f"{patient}_2.tif, FLAIR in grey.")
        colored = np.ptp(np.asarray(overlay.convert("RGB")).astype(int), axis=-1) > 0
    assert (colored == (tumor_of(2) > 0)).all()
    assert "128 tumour pixels" in out


def test_a_compact_file_is_taken_for_the_model_and_named_where_it_is_damaged(data_folder, tmp_path, capsys):
    from course_lib.models import SHIPPED_FILE

    scan = data_folder / "TCGA_CS_1001_19990101" / "TCGA_CS_1001_19990101_2.tif"
    assert course(capsys, "predict", SHIPPED_FILE, scan, "--out", tmp_path / "masks", "--quiet")[0] == 0
    (tmp_path / "torn.npz").write_bytes(SHIPPED_FILE.read_bytes()[:100_000])
    status, _, err = course(capsys, "predict", tmp_path / "torn.npz", scan, "--out", tmp_path / "masks", "--quiet")
    assert (status, "torn.npz cannot be read as a network" in err) == (1, True)


def test_slices_of_several_sizes_go_together(data_folder, lone_model, tmp_path, capsys):
    paths = []
    for size in (16, 40, 100):
        image = np.full((size, size, 3), 50, np.uint8)
        image[: size // 2, :, 1] = 220
        paths.append(tmp_path / f"scan_{size}.tif")
        Image.fromarray(image).save(paths[-1])
    assert course(capsys, "predict", lone_model, *paths, "--out", tmp_path / "out", "--quiet")[0] == 0
    for size in (16, 40, 100):
        with Image.open(tmp_path / "out" / f"scan_{size}_mask.tif") as mask:
            share = np.mean(np.asarray(mask) == 255)
            assert mask.size == (size, size)
        assert share == pytest.approx(0.5, abs=0.06)


def bad_slices(folder):
    """Name to a file that is no slice, and the words that should tell why."""
    good = np.full((SIZE, SIZE, 3), 90, np.uint8)
    Image.fromarray(good).save(folder / "whole.tif")
    whole = (folder / "whole.tif").read_bytes()
    Image.fromarray(good[..., 0]).save(folder / "grey_mask.tif")
    Image.fromarray(good).save(folder / "png_inside.tif", format="PNG")
    Image.fromarray(good[..., 0].astype(np.int32)).save(folder / "deep.tif")
    (folder / "cut.tif").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.tif").write_bytes(b"")
    return {
        "grey_mask.tif": "looks like a mask",
        "png_inside.tif": "not a TIFF",
        "deep.tif": "mode",
        "cut.tif": "",
        "empty.tif": "",
        "missing.tif": "cannot be read",
    }


def test_each_kind_of_bad_slice_is_named_before_anything_is_written(lone_model, tmp_path, capsys):
    for name, reason in bad_slices(tmp_path).items():
        words = ("predict", lone_model, tmp_path / "whole.tif", tmp_path / name, "--out", tmp_path / "out", "--quiet")
        status, _, err = course(capsys, *words)
        assert status == 1, name
        assert name in err
        assert reason in err
        assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_predictions_never_land_on_an_experts_mask_nor_on_one_another(data_folder, lone_model, tmp_path, capsys):
    patient = data_folder / "TCGA_CS_1001_19990101"
    path = patient / f"{patient.name}_2.tif"
    before = {file.name: file.read_bytes() for file in patient.iterdir()}
    status, _, err = course(capsys, "predict", lone_model, path, "--out", patient)
    assert status == 1
    assert "expert's mask" in err
    assert {file.name: file.read_bytes() for file in patient.iterdir()} == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / path.name).write_bytes(path.read_bytes())
    twice = (path, tmp_path / "other" / path.name)
    assert "both write" in course(capsys, "predict", lone_model, *twice, "--out", tmp_path / "out")[2]


def test_the_first_word_is_the_model_only_where_it_can_be_one(tmp_path):
    run, model, scan = tmp_path / "run", tmp_path / "best.keras", tmp_path / "scan.tif"
    run.mkdir()
    assert predict.split_words([run, scan]) == (run, [scan])
    assert predict.split_words([model, scan]) == (model, [scan])
    assert predict.split_words([scan, scan]) == (None, [scan, scan])
    with pytest.raises(ArgumentError, match="at least one slice"):
        predict.split_words([model])


def test_a_place_that_cannot_be_written_is_named_before_the_work_begins(data_folder, run_folder, tmp_path, capsys):
    (tmp_path / "occupied").write_text("a file where a folder should be")
    patient = "TCGA_CS_1001_19990101"
    path = data_folder / patient / f"{patient}_1.tif"
    status, _, err = course(capsys, "predict", run_folder, path, "--out", tmp_path / "occupied", "--quiet")
    assert status == 1
    assert "occupied" in err
    for csv in (tmp_path / "occupied" / "s.csv", tmp_path):
        status, out, err = course(capsys, "evaluate", "--data", data_folder, "--model", run_folder, "--csv", csv)
        assert (status, out) == (1, "")
        assert str(csv.parent if csv != tmp_path else csv) in err


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_help_shows_examples(command, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])
    assert end.value.code == 0
    assert "examples:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (np.s_[:8, :8], "64 of 1,024 pixels (6.2%), centred in the upper left of the picture"),
        (np.s_[24:, 12:20], "64 of 1,024 pixels (6.2%), centred in the lower middle of the picture"),
        (np.s_[12:20, 12:20], "64 of 1,024 pixels (6.2%), centred in the middle of the picture"),
        (np.s_[:0], "The network marks no tumour."),
    ],
)
def test_an_overlay_says_in_words_how_much_is_marked_and_where(place, said):
    mask = np.zeros((32, 32), bool)
    mask[place] = True
    assert said in predict.describe(Path("scan_3.tif"), mask)
