"""``course data``: which scans are in use, making or fetching some, and checking a folder of them."""

import argparse
import os
from pathlib import Path

EXAMPLES = """\
examples:
  course data                                         which scans the lessons use, and what is in them
  course data --phantoms                              make the synthetic patients now
  course data --phantoms --patients 70 --size 256 --out more    more of them, elsewhere
  course data --kaggle                                fetch the real data set into data/kaggle_3m; again: goes on
  course data --kaggle --out /big/disk                the same into /big/disk/kaggle_3m
  course data --check my_scans/kaggle_3m              list every fault of a folder

COURSE_DATA=DIR, set in the environment, makes every lesson and command use the scans in DIR.
"""


def add_parser(subparsers) -> None:
    """Add ``data`` to the command line."""
    parser = subparsers.add_parser(
        "data",
        help="say which scans are in use; make, fetch or check scans",
        description="Without an option: which scans the course uses, and what is in them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--phantoms", action="store_true", help="make synthetic patients")
    what.add_argument("--kaggle", action="store_true", help="fetch the real data set from Kaggle")
    what.add_argument("--check", type=Path, metavar="DIR", help="list every fault of a folder; status 1 if any")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="with --phantoms or --kaggle: the folder that gets kaggle_3m"
    )
    phantoms = parser.add_argument_group("with --phantoms")
    phantoms.add_argument("--patients", type=int, metavar="N", help="how many (default 24)")
    phantoms.add_argument("--size", type=int, metavar="PX", help="side of a slice in pixels (default 128)")
    phantoms.add_argument("--seed", type=int, metavar="S", help="another seed, other patients (default 0)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the options say; 1 if a check found faults."""
    from course_lib.errors import CourseError

    settings = {name: getattr(options, name) for name in ("patients", "size", "seed")}
    settings = {name: value for name, value in settings.items() if value is not None}
    if settings and not options.phantoms:
        raise CourseError("--patients, --size and --seed go with --phantoms.")
    if options.out and not (options.phantoms or options.kaggle):
        raise CourseError("--out goes with --phantoms or --kaggle.")
    if options.check:
        return _check(options.check)
    if options.kaggle:
        return _fetch(options.out)
    if options.phantoms:
        return _make(options.out, settings)
    return _show()


def _show() -> int:
    from course_lib.data.find import data_folder, ladder

    rungs = list(ladder(data_folder(), Path("/kaggle/input")))
    used = next((rung for rung in rungs if rung.folder), None)
    for rung in rungs:
        print(f"{'→' if rung is used else ' '} {rung.place.partition(';')[0]}: {rung.folder or 'none'}")
    if used is None:
        print("\nThe first lesson makes the synthetic patients; `course data --phantoms` makes them now.")
    else:
        print()
        _summarise(used.folder)
    if used in (None, rungs[-1]):
        print("The real data set: `course data --kaggle`.")
    return 0


def _check(folder: Path) -> int:
    from course_lib.data import check_folder

    faults = check_folder(folder)
    for fault in faults:
        print(f"{fault.path}\n    {fault.problem[0].upper()}{fault.problem[1:]}.\n    → {fault.remedy}.")
    if faults:
        print(f"\n{len(faults)} fault{'s' * (len(faults) > 1)} in {folder}.")
        return 1
    print(f"No fault in {folder}.")
    _summarise(folder)
    return 0


def _make(out: Path | None, settings: dict) -> int:
    from course_lib.data import data_folder
    from course_lib.errors import CourseError
    from course_lib.phantoms import make_phantoms

    try:
        folder = make_phantoms(out or data_folder() / "phantoms", progress=True, **settings)
    except ValueError as error:
        raise CourseError(f"{error}. See `course data --help`.") from None
    print(f"Synthetic patients: {folder}")
    _summarise(folder)
    return 0


def _fetch(out: Path | None) -> int:
    from course_lib.download import fetch

    folder = fetch(out)
    if out or os.environ.get("COURSE_DATA"):
        print(f"To use these scans in lessons and commands, set COURSE_DATA={folder}")
    _summarise(folder)
    return 0


def _summarise(folder: Path) -> None:
    from course_lib.data import index_scans

    scans = index_scans(folder)
    tumor = int((scans["tumor_pixels"] > 0).sum())
    print(f"{scans['patient'].nunique()} patients, {len(scans):,} slices, {tumor:,} of them with tumour")
    counts = scans.groupby("institution")["patient"].nunique()
    print("Institutions: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    lacking = [f"  {patient}: {' and '.join(names)}" for patient, names in _missing(scans)]
    print("\n".join(["Without a sequence (FLAIR in its place):", *lacking]) if lacking else "No sequence is missing.")


def _missing(scans):
    """Pairs of a patient and the names of the sequences that it lacks, for those that lack any."""
    from course_lib.data import load_slices, missing_sequences

    for patient, slices in scans.groupby("patient"):
        middle = slices.iloc[[len(slices) // 2]]
        # One slice tells most patients apart; only those in doubt are read whole.
        if missing_sequences(load_slices(middle, 64)[0]):
            names = missing_sequences(load_slices(slices, 64, progress=False)[0])
            if names:
                yield patient, names
