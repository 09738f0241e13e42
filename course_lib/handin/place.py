"""Where a learner's runs lie, and which scans belong to which part of a run."""

import os
from pathlib import Path

from course_lib.data import Split, data_folder
from course_lib.errors import DataError


def run_folder(name, scans):
    """The folder for a run on these scans: the same again tomorrow, so that a run that was stopped goes on.

    The environment variable COURSE_RUNS names the folder that holds all runs, for instance one that outlives the
    machine (a mounted drive); without it they lie in ``runs``, beside ``data``. The data's collection and number of
    patients are part of the name, so that runs on phantoms and on patients keep apart.

    Args:
        name: what you call the run, such as "fast".
        scans: as from `data.index_scans`.

    Returns:
        The path, such as ``runs/fast-tcga-110``; nothing is made there yet.
    """
    named = os.environ.get("COURSE_RUNS", "").strip()
    home = Path(named).expanduser().absolute() if named else data_folder().parent / "runs"
    patients = scans["patient"].unique()
    return home / f"{name}-{patients[0].split('_')[0].lower()}-{len(patients)}"


def parts_of(run, scans):
    """The scans of a run's training, validation and test patients.

    Args:
        run: a `training.Run`.
        scans: as from `data.index_scans`, of the folder that the run was trained on.

    Returns:
        `data.Split` of tables.

    Raises:
        DataError: a patient of the run is not among the scans.
    """
    missing = sorted({name for names in run.split for name in names} - set(scans["patient"]))
    if missing:
        raise DataError(
            f"{run.folder}: {len(missing)} patients of this run are not among the scans, for instance {missing[0]}. "
            "Use the folder of scans that it was trained on, or train into another folder."
        )
    return Split(*(scans[scans["patient"].isin(names)] for names in run.split))
