"""``fetch``: the steps from nothing to a folder of scans that is whole."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_lib.data.find import data_folder, mounted_folder
from course_lib.download.archive import FOLDER, PUBLISHED, Counts, count, unpack
from course_lib.download.login import NAME, OWNER, find_login, on_colab, take_colab_secrets
from course_lib.download.space import amount
from course_lib.errors import DataError, StorageError
from course_lib.storage import make_folder

BYTES_A_SLICE = 262_600  # an image, its mask and its share of the folders: measured over 2,787 slices of 80 patients


def fetch(
    target: str | os.PathLike | None = None,
    progress: bool | None = None,
    *,
    expected: Counts = PUBLISHED,
    kaggle_input: str | os.PathLike = "/kaggle/input",
) -> Path:
    """Fetches the LGG MRI segmentation data set from Kaggle, with the kaggle package and its login.

    The work is done in a folder ``kaggle_3m.part`` beside the destination: the archive is downloaded there (and gone
    on with where it was cut), its outer copy unpacked, every scan read, and the whole counted. Only then does the
    folder get its name, and the archive is removed. A folder that is there and whole is left as it is; so is one that
    is there and not whole. Where Kaggle mounts the data set, nothing is downloaded.

    Args:
        target: the folder that gets ``kaggle_3m``, or the folder ``kaggle_3m`` itself; by default the course's
            ``data``.
        progress: True or None for progress bars, False for none.
        expected: what the set must hold.
        kaggle_input: where Kaggle mounts data sets.

    Returns:
        The folder ``kaggle_3m``.

    Raises:
        DownloadError: no login, a refused one, no network, or a connection that breaks again and again.
        DataError: the archive is damaged or holds something else, or the folder is there but not whole.
        StorageError: too little room, or the folder cannot be written.
    """
    show = progress is None or progress
    mounted = mounted_folder(Path(kaggle_input))
    if mounted:
        print(f"This is Kaggle, which has the data set at hand: nothing to download. The patients lie in {mounted}")
        return mounted
    folder = _destination(target)
    if _is_whole(folder, expected, show):
        return folder
    take_colab_secrets()
    _announce(folder)
    work = make_folder(folder.with_name(f"{FOLDER}.part"))
    with _alone(work):
        try:
            _bring(work, folder, expected, show)
        except BaseException as error:
            if not any(work.glob("archive.zip*")):
                shutil.rmtree(work, ignore_errors=True)
            elif isinstance(error, KeyboardInterrupt):
                print("Stopped. What was downloaded is kept: run this again, and it goes on from there.")
            raise
        shutil.rmtree(work, ignore_errors=True)
    return folder


def _destination(target: str | os.PathLike | None) -> Path:
    base = data_folder() if target is None else Path(target).expanduser().absolute()
    return base if base.name == FOLDER else base / FOLDER


def _is_whole(folder: Path, expected: Counts, show: bool) -> bool:
    """Whether all is done already; raises DataError where something else is in the way."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    way_on = "It is left alone. Move or remove it and run this again, or fetch to another place with --out"
    try:
        found = count(folder, show)
    except DataError as error:
        raise DataError(f"{folder} is there, but is not the whole data set: {error} {way_on}.") from error
    if found != expected:
        lack = f"it holds {found}; the whole has {expected}"
        raise DataError(f"{folder} is there, but is not the whole data set: {lack}. {way_on}.")
    print(f"Nothing to download: {folder} is whole ({found}).")
    return True


def _announce(folder: Path) -> None:
    login = find_login()
    how = f"login: {login}" if login else "no login found; trying without, as Kaggle allows for many data sets"
    print(f"Fetching {OWNER}/{NAME} from Kaggle ({how}).")
    print("Its licence is CC BY-NC-SA 4.0: name the source, no commercial use; data/README.md says whom to cite.")
    if "KAGGLE_KERNEL_RUN_TYPE" in os.environ:
        print(f"On Kaggle this needs no download: Add Input, search for {NAME} by {OWNER}.")
    if on_colab():
        free = amount(shutil.disk_usage(Path.cwd()).free)
        print(f"On Colab: {free} are free on this runtime's disk, and what is fetched to it is lost with the runtime.")


def _bring(work: Path, folder: Path, expected: Counts, show: bool) -> None:
    from course_lib.download.transfer import download

    archive = download(work, folder, BYTES_A_SLICE * expected.slices, show)
    draft = work / "unpacked"  # a name that no search for scans looks at
    unpack(archive, draft, show)
    try:
        found = count(draft, show)
        problem = "" if found == expected else f"it holds {found}; published were {expected}."
    except DataError as error:
        problem = str(error)
    if problem:
        shutil.rmtree(draft)
        raise DataError(
            f"What came is not the data set as published: {problem} Nothing was put in place. Remove {work} to "
            f"download anew with the next run, or unpack {archive} by hand to look."
        )
    if folder.exists():
        folder.rmdir()  # empty: `_is_whole` saw to it
    try:
        os.replace(draft, folder)
    except OSError as error:
        raise StorageError(f"Cannot rename {draft} to {folder} ({error.strerror}). Rename it by hand.") from error
    print(f"Unpacked and checked, as published: {found}.")


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """Holds the folder for one process; the lock goes with the process, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows: two at once would spoil the archive, which its checksums show
        yield
        return
    with open(work / "lock", "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StorageError(f"Another download into {work} is running. Wait for it, or end it.") from None
        except OSError:
            pass  # a disk without locks
        yield
