"""Draw the site's first picture: three phantom patients in three sequences, the tumour outlined.

python tools/make_readme_picture.py
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from course_lib import phantoms, plots
from course_lib.data import largest_slice

PICTURE = Path(__file__).resolve().parents[1] / "data" / "images" / "phantoms.png"
SEEDS, SIZE = (3, 8, 11), 192  # patients whose tumours differ in size and brightness


def main() -> None:
    """Write the picture."""
    with plots.style.style():
        figure, rows = plt.subplots(len(SEEDS), 1, figsize=(6.6, 2.25 * len(SEEDS)), layout="constrained")
        for ax, seed in zip(rows, SEEDS, strict=True):
            patient = phantoms.phantom_patient(seed, size=SIZE)
            k = largest_slice(patient.masks)
            plots.sequences(patient.images[k], np.asarray(patient.masks[k]) > 0, ax=ax)
        PICTURE.parent.mkdir(exist_ok=True)
        figure.savefig(PICTURE, dpi=110, facecolor="white")
    print(f"{PICTURE.name}: {PICTURE.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
