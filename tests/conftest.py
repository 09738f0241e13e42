"""Fixtures that several test files share: real scans where there are some, and tiny folders of made-up ones."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

# Test files name these as plugins for their fixtures, and import from them first: then pytest would come too late.
pytest.register_assert_rewrite("downloads", "toy_runs")

# In CI the same examples every time, so that a red run means a change; on a desk new ones.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

PUBLISHED = {"CS": 16, "DU": 45, "EZ": 1, "FG": 14, "HT": 34}  # patients of each institution, 110 in all
SANDBOX = "sandboxes run on Linux and macOS; on Windows `course grade` says so"
SCRIPT = "stands a shell script in for a program, which Windows cannot start"
NOT_ON_WINDOWS = {  # files and tests, by a part of their name
    "test_grading_boundary.py": SANDBOX,
    "test_grading_class.py": SANDBOX,
    "test_grading_cluster.py": SANDBOX,
    "test_grading_hostile.py": SANDBOX,
    "test_grading_store.py": SANDBOX,
    "test_training_distribute.py": "ends workers by a signal that Windows does not have",
    "a_killed_process_leaves_the_old_file": "kills by a signal that Windows does not have",
    "a_file_beyond_the_allowed_size": "Windows has no limit on the size of a file",
    "a_run_killed_again_and_again": "kills by a signal that Windows does not have",
    "links_pipes_and_huge_files": "Windows has no pipes in folders",
    "a_command_of_another_environment": SCRIPT,
    "a_gpu_is_found_by_its_tool": SCRIPT,
    "a_driver_that_sees_no_gpu": SCRIPT,
    "test_first_cell.py": SCRIPT,
}
TINY_PATIENTS = {"TCGA_CS_0001_20000101": 3, "TCGA_DU_0002_20000102": 2, "TCGA_EZ_0003_20000103": 12}


def pytest_collection_modifyitems(items):
    """Leaves out, with the reason, what Windows does not have."""
    for item in items if os.name == "nt" else []:
        for part, reason in NOT_ON_WINDOWS.items():
            if part in item.nodeid:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Tests neither read nor write the notes that the course keeps about the user's folders and progress."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", str(tmp_path_factory.mktemp("course_cache")))
        patch.setenv("COURSE_PROGRESS", "off")
        yield


@pytest.fixture(autouse=True)
def figures_are_closed():
    """Closes what a test has drawn; loads no matplotlib where the test did not."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder kaggle_3m with real patients; skips where COURSE_DATA names none."""
    named = os.environ.get("COURSE_DATA")
    if not named:
        pytest.skip("needs real patients: set COURSE_DATA to a kaggle_3m folder")
    folder = Path(named)
    if not any(folder.glob("TCGA_*/*_mask.tif")):
        pytest.skip(f"needs real patients: COURSE_DATA={named} holds none")
    return folder


@pytest.fixture
def tiny_folder(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a small folder in the Kaggle layout and returns its kaggle_3m.

    Its arguments: `parent` (default the test's own folder), `patients` (names and numbers of slices), `size` in
    pixels, `seed`. Every patient's second slice, and every third after it, has a square tumour. Each call writes
    the same pixels for the same arguments.
    """

    def write(parent: Path = tmp_path, patients: dict = TINY_PATIENTS, size: int = 16, seed: int = 0) -> Path:
        return write_tiny_folder(parent, patients, size, seed)

    return write


def write_tiny_folder(parent: Path, patients: dict, size: int, seed: int) -> Path:
    root = parent / "kaggle_3m"
    random = np.random.default_rng(seed)
    for patient, slices in patients.items():
        folder = root / patient
        folder.mkdir(parents=True)
        for number in range(1, slices + 1):
            image = random.integers(0, 256, (size, size, 3), dtype=np.uint8)
            mask = np.zeros((size, size), np.uint8)
            if number % 3 == 2:
                mask[size // 4 : size // 2, size // 4 : size // 2] = 255
            Image.fromarray(image).save(folder / f"{patient}_{number}.tif")
            Image.fromarray(mask).save(folder / f"{patient}_{number}_mask.tif")
    rows = "".join("_".join(patient.split("_")[:3]) + ",1,,2\n" for patient in patients)
    (root / "data.csv").write_text("Patient,RNASeqCluster,gender,death01\n" + rows)
    return root
