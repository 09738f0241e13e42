"""Pack the MNI152 maps that nilearn carries into the small atlas that the phantoms are made from.

Run it once, with nilearn installed: ``python tools/make_atlas.py``. It writes ``course_lib/assets/mni152.npz``:

- ``t1``, ``gm``, ``wm``: (z, y, x) uint8; z upwards, y to the front, x to the right; T1 intensity, grey matter and
  white matter, 0 to 255, every 1.5 mm, the head's empty surroundings cut off;
- ``origin``: (z, y, x) float64, millimetres in MNI space of the first voxel's centre;
- ``spacing``: millimetres between voxels.

The maps are the symmetric, non-linear ICBM 2009a average of 152 heads (Fonov 2009, 2011); their copyright notice is in
``course_lib/assets/NOTICE-mni152.txt``.
"""

import argparse
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy import ndimage

SPACING = 1.5
MARGIN = 3.0  # empty millimetres kept around the brain, so that sampling beside it finds zeros
TARGET = Path(__file__).parent.parent / "course_lib" / "assets" / "mni152.npz"


def read_map(name):
    """One map of nilearn's wheel as (z, y, x) float32 of 0 to 255, and the MNI millimetres of its first voxel."""
    import nibabel

    folder = Path(find_spec("nilearn").origin).parent / "datasets" / "data"
    image = nibabel.load(folder / f"mni_icbm152_{name}_tal_nlin_sym_09a_converted.nii.gz")
    if not np.allclose(image.affine[:3, :3], np.eye(3)):
        raise SystemExit(f"{folder}: expected 1 mm voxels along the axes; this nilearn carries another template")
    return np.asarray(image.dataobj, np.float32).transpose(2, 1, 0), image.affine[:3, 3][::-1].copy()


def resample(volume, first, count):
    """Average neighbours, then read ``count`` points from voxel ``first`` on, every SPACING millimetres."""
    smooth = ndimage.gaussian_filter(volume, 0.5)
    axes = [start + SPACING * np.arange(n) for start, n in zip(first, count, strict=True)]
    points = np.meshgrid(*axes, indexing="ij")
    values = ndimage.map_coordinates(smooth, points, order=1, mode="constant")
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def make_atlas():
    """The arrays of the atlas, by name."""
    maps = {name: read_map(name) for name in ("t1", "gm", "wm")}
    corner = maps["t1"][1]
    inside = np.argwhere(maps["t1"][0] > 0)
    first = np.floor(inside.min(0) - MARGIN)
    count = np.ceil((inside.max(0) + MARGIN - first) / SPACING).astype(int) + 1
    atlas = {name: resample(volume, first, count) for name, (volume, _) in maps.items()}
    return atlas | {"origin": corner + first, "spacing": np.float64(SPACING)}


def main():
    """Write the atlas where ``--out`` says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write (default: %(default)s)")
    out = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out, **make_atlas())
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
