"""What the tests of training share: a recipe so small that it runs in seconds, its scans, and one run of it.

A test file has the fixtures by ``pytest_plugins = ["toy_runs"]``.
"""

import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from course_lib.data import Augmentation
from course_lib.training import Recipe, train

TOY = Recipe(
    network="unet", width=0.05, weights=None, size=16, batch=4, epochs=4, learning_rate=0.01, plateau_patience=1,
    precision="float32", validation=0.2, test=0.2, augmentation=Augmentation().only("flip", "noise"),
)  # fmt: skip


@pytest.fixture(scope="session")
def scans_folder(tmp_path_factory):
    """Ten patients of six slices, a bright square on two of them."""
    root = tmp_path_factory.mktemp("scans") / "kaggle_3m"
    random = np.random.default_rng(0)
    for number in range(10):
        name = f"TCGA_{('CS', 'DU')[number % 2]}_{4000 + number}_20000101"
        (root / name).mkdir(parents=True)
        for n in range(1, 7):
            image = random.integers(0, 60, (256, 256, 3), dtype=np.uint8)
            mask = np.zeros((256, 256), np.uint8)
            if n in (3, 4):
                mask[80:180, 60 + 10 * number : 160] = 255
                image[mask > 0] += 150
            Image.fromarray(image).save(root / name / f"{name}_{n}.tif")
            Image.fromarray(mask).save(root / name / f"{name}_{n}_mask.tif")
    return root


@pytest.fixture(scope="session")
def straight(scans_folder, tmp_path_factory):
    """A toy run from beginning to end, and what its folder held at every moment at which a file was about to change."""
    out = tmp_path_factory.mktemp("straight") / "run"
    shots = tmp_path_factory.mktemp("shots")
    with Moments(out, shots):
        run = train(TOY, scans_folder, out, progress=False)
    return run, sorted(shots.iterdir())


class Moments:
    """Copies a folder whenever a file in it is about to be opened for writing, renamed or removed.

    A copy holds what a process killed at that moment would leave behind.
    """

    installed = None

    def __init__(self, folder, shots):
        self.folder, self.shots = folder, shots

    def __enter__(self):
        if Moments.installed is None:
            sys.addaudithook(lambda event, args: Moments.active and Moments.active.see(event, args))
            Moments.installed = True
        Moments.active = self
        return self

    def __exit__(self, *_):
        Moments.active = None

    def see(self, event, args):
        writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
        if (writes or event in ("os.rename", "os.remove")) and str(args[0]).startswith(str(self.folder)):
            Moments.active = None  # copying opens files itself
            shutil.copytree(self.folder, self.shots / f"{len(list(self.shots.iterdir())):04d}")
            Moments.active = self


Moments.active = None
