"""The model card: its facts from the run's own files, its scores from patients kept for the end, its limits by hand."""

import json

import numpy as np

from course_lib.errors import ArgumentError, DataError
from course_lib.evaluation import bootstrap_interval

COLLECTIONS = {
    "TCGA": "*LGG MRI Segmentation* (Buda 2019, [doi 10.1016/j.compbiomed.2019.05.002]"
    "(https://doi.org/10.1016/j.compbiomed.2019.05.002)), CC BY-NC-SA 4.0",
    "PHANTOM": "synthetic patients of this course; what a network scores on them says nothing about patients",
}
NOT_YET = "*Nobody has written this yet: whom it was never shown, where it fails, what nobody has tested.*"

NOT_TRIED = (
    "*Nobody has written this yet: what was compared on validation, over how many seeds, and what was given up.*"
)


def person(name):
    """The person of a patient's folder: its name without the date.

    >>> person("TCGA_CS_4941_19960909")
    'TCGA_CS_4941'
    """
    return "_".join(name.split("_")[:3])


def shared_patients(train, validation, test):
    """Who is in more than one part of a split. A split by patient gives nobody.

    Args:
        train, validation, test: names of patients' folders, ``COLLECTION_INSTITUTION_NUMBER_DATE``. Somebody who was
            scanned on two dates has two folders.

    Returns:
        The people in two parts or three, as ``COLLECTION_INSTITUTION_NUMBER``, sorted.

    >>> shared_patients(["TCGA_CS_1_20000101"], ["TCGA_DU_1_20000101"], ["TCGA_CS_1_20010606"])
    ['TCGA_CS_1']
    """
    train, validation, test = ({person(name) for name in names} for names in (train, validation, test))
    return sorted(train & validation | train & test | validation & test)


def headline(table):
    """What a model card says first: how good, on how many patients, how sure.

    Args:
        table: a row a patient, with the columns part ("train", "validation" or "test") and dice. Only the patients of
            the test count.

    Returns:
        dict with patients (how many), mean, median, and low and high, the 95 % bootstrap interval of the mean over
        patients (NaN where there is but one).

    Raises:
        ArgumentError: no patient of the test.
    """
    dice = table.loc[table["part"] == "test", "dice"]
    if dice.empty:
        raise ArgumentError("No row of this table has the part 'test': score the patients kept for the end.")
    low, high = bootstrap_interval(dice)
    median = float(np.median(dice))
    return {"patients": len(dice), "mean": float(dice.mean()), "median": median, "low": low, "high": high}


def draft_card(run, scans, scores, threshold, limits=None, tried=None):
    """The draft of a model card, in Markdown.

    Args:
        run: a `training.Run`.
        scans: as from `data.index_scans`, of the folder that the run was trained on.
        scores: the tables of `score_predictions` for the run's patients, with a column part. All test patients must be
            in it.
        threshold: what was used for them, chosen on validation.
        limits: what the network is for and what not, in the author's own words; anything but text leaves a gap.
        tried: what was compared on validation, and given up, likewise.

    Returns:
        The text.

    Raises:
        DataError: somebody is in two parts of the split.
        ArgumentError: the scores are not those of the run's test patients.
    """
    test = scores[scores["part"] == "test"]
    if sorted(test["patient"]) != sorted(run.split.test):
        raise ArgumentError(
            f"The card needs the scores of all {len(run.split.test)} test patients of {run.folder.name}, once each; "
            f"this table has {len(test)} rows of the part 'test'."
        )
    if shared := shared_patients(*run.split):
        raise DataError(f"{run.folder}: {shared[0]} is in two parts of the split. Split by patient and train again.")
    sections = [
        f"# Model card: {run.folder.name}",
        "**Not for diagnosis**, nor for any decision about a patient.",
        _facts(run, scans),
        "## How good it is",
        _scores_text(headline(scores), test, threshold),
        _institutions_text(test),
        "## What was tried and given up",
        _written(tried, NOT_TRIED),
        "## What it is for, and what not",
        _written(limits, NOT_YET),
        "## Who is where",
        _places_text(run.split),
    ]
    return "\n\n".join(sections) + "\n"


def _written(text, gap):
    return text.strip() if isinstance(text, str) and text.strip() else gap


def _places_text(split):
    names = ("to train on", "to choose on", "kept for the end")
    lines = (f"- **{name}**: {', '.join(sorted(part))}" for name, part in zip(names, split, strict=True))
    return "\n".join(lines)


def _facts(run, scans):
    """The table of what the run's own files say."""
    recipe = run.recipe
    trained, chosen, tested = (len(names) for names in run.split)
    rows = {
        "network": _network_text(recipe),
        "input": _input_text(recipe),
        "data": _data_text(scans),
        "split": f"by patient (seed {recipe.seed_of_split}{_fold_text(recipe)}): {trained} to train on, {chosen} to "
        f"choose on, {tested} kept for the end; nobody is in two parts",
        "recipe": f"loss {recipe.loss.replace('_', ' ')}, learning rate {recipe.learning_rate:g}, batches of "
        f"{recipe.batch}, up to {recipe.epochs} epochs; all of it in `recipe.json`",
        **_making_texts(run),
    }
    return "\n".join(["| | |", "|---|---|", *(f"| **{name}** | {text} |" for name, text in rows.items())])


def _network_text(recipe):
    begun = {None: "random weights", "imagenet": "ImageNet weights"}.get(recipe.weights, "weights from a file")
    network = {"vgg19_unet": "VGG19-U-Net", "unet": "U-Net"}[recipe.network]
    return f"{network}, {recipe.width:g} of the full width, begun from {begun}"


def _input_text(recipe):
    sequences = f"slices of {recipe.size} × {recipe.size} pixels; pre-contrast, FLAIR and post-contrast"
    return sequences + (", each brought to one mean and spread by the network itself" if recipe.standardise else "")


def _fold_text(recipe):
    return f", part {recipe.fold + 1} of {recipe.folds} kept for the end" if recipe.folds else ""


def _data_text(scans):
    collection = scans["patient"].iloc[0].split("_")[0]
    patients, institutions = scans["patient"].nunique(), scans["institution"].nunique()
    tumor = int((scans["tumor_pixels"] > 0).sum())
    counts = f"{patients} patients of {institutions} institutions, {len(scans):,} slices, {tumor:,} with tumour"
    return f"{counts}: {COLLECTIONS.get(collection, collection)}"


def _making_texts(run):
    made = json.loads((run.folder / "environment.json").read_text(encoding="utf-8"))
    monitored = run.history[run.recipe.monitor]
    best = monitored.idxmax() if run.recipe.monitor == "val_dice" else monitored.idxmin()
    machine = f"{made.get('replicas', 1)} GPU" if made["gpus"] else f"{made['cores']} processor cores, no GPU"
    return {
        "training": f"{len(run.history)} epochs in {sum(run.seconds) / 60:.1f} min on {machine} ({made['precision']}); "
        f"the network of epoch {run.history['epoch'][best]} was kept",
        "made with": f"this course {made['course']} (commit {(made['commit'] or 'unknown')[:10]}), Keras "
        f"{made['keras']}, TensorFlow {made['tensorflow']}",
    }


def _scores_text(found, test, threshold):
    interval = f"95 % interval {found['low']:.2f} to {found['high']:.2f}, over patients"
    if np.isnan(found["low"]):
        interval = "no interval: there is one patient only"
    alarms, empty = int(test["alarms"].sum()), int(test["empty_slices"].sum())
    return (
        f"Whole volumes at the size of the files, threshold {threshold:g} (chosen on validation), on the "
        f"{found['patients']} patients kept for the end: mean Dice **{found['mean']:.2f}** ({interval}), median "
        f"{found['median']:.2f}, worst {test['dice'].min():.2f}. Median HD95 {test['hd95'].median():.1f} pixels, mean "
        f"precision {test['precision'].mean():.2f}, recall {test['recall'].mean():.2f}. False alarms on {alarms} of "
        f"{empty} slices without tumour. One split, one seed: another gives another figure."
    )


def _institutions_text(test):
    lines = ["| institution | patients | mean Dice | worst |", "|---|---|---|---|"]
    for name, dice in test.groupby("institution")["dice"]:
        lines.append(f"| {name} | {len(dice)} | {dice.mean():.2f} | {dice.min():.2f} |")
    return "\n".join(lines)
