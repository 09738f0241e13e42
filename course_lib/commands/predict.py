"""``course predict``: masks and overlays for single slices."""

import argparse
from pathlib import Path

from course_lib.errors import ArgumentError, DataError

EXAMPLES = """\
examples:
  course predict runs/first scan_12.tif --out masks           one slice
  course predict runs/first my/TCGA_XX_0001/*[0-9].tif --out masks
  course predict best.keras a.tif b.tif --threshold 0.3 --out masks

A slice is an 8-bit TIFF of three sequences (pre-contrast, FLAIR, post-contrast in place of red, green, blue).
Also predicted, with a note that says so:
  another size than the network's       resized; the mask comes at the slice's own size
  not square                            padded with black; the mask is cut back
  one sequence (grey)                   taken for FLAIR and put in place of the others, as the training data do
  one sequence of 16 bits               scaled so that the slice's own 99.5th percentile becomes 255
  a sequence missing (equal to FLAIR)   as it is
  a sequence missing (black)            FLAIR put in its place; a black FLAIR as it is
Refused, with the reason: three sequences of 16 bits, other kinds of numbers, transparency, masks, damaged files.
For scan_12.tif the folder gets scan_12_mask.tif (0 or 255, of the slice's size) and scan_12_overlay.png.
The overlay carries its description in words (PNG text "Description").
Without a model as the first word, the network that ships with the course is used.
"""
CHUNK = 32  # slices in memory at once


def add_parser(subparsers) -> None:
    """Add ``predict`` to the command line."""
    parser = subparsers.add_parser(
        "predict",
        help="masks and overlays for single slices",
        usage="course predict [-h] [MODEL] IMAGE.tif [IMAGE.tif ...] --out DIR [--threshold P] [--quiet]",
        description="Outline the tumour in slices with a trained network.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="+", type=Path, metavar="[MODEL] IMAGE.tif", help="run or .keras file, slices")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for masks and overlays")
    parser.add_argument(
        "--threshold", type=float, default=0.5, metavar="P", help="tumour from this probability on (0.5)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)


def run(options) -> int:
    """Check every slice, then predict and write."""
    if not 0 <= options.threshold <= 1:
        raise ArgumentError(f"--threshold lies between 0 and 1; got {options.threshold}.")
    from tqdm.auto import tqdm

    from course_lib.commands.scans import notes, read_scan, resized
    from course_lib.commands.trained import find_trained
    from course_lib.storage import make_folder

    model_path, paths = split_words(options.words)
    trained = find_trained(model_path)
    check_names(paths, options.out)
    remarks, shapes = {}, {}
    for path in paths:
        scan = read_scan(path)
        remarks[path], shapes[path] = scan.remarks, scan.image.shape[:2]
    make_folder(options.out)
    model = trained.load()
    side = model.input_shape[1]
    for note in notes({path: (*remarks[path], *resized(shapes[path], side)) for path in paths}):
        print(note)
    with tqdm(total=len(paths), desc="predicting", unit="slice", disable=options.quiet) as bar:
        for start in range(0, len(paths), CHUNK):
            for path, mask in predict_files(model, paths[start : start + CHUNK], options.threshold):
                pixels = int(mask.sum())
                bar.write(f"{write_prediction(path, mask, options.out)}: {pixels:,} tumour pixels ({mask.mean():.1%})")
                bar.update()
    return 0


def split_words(words):
    """(model or None, slices): the first word is the model where it is a folder or a network's file.

    >>> split_words([Path("best.keras"), Path("a.tif")])[1] == [Path("a.tif")]
    True
    """
    first, *others = words
    is_model = first.is_dir() or first.suffix in (".keras", ".h5", ".npz") or (not first.suffix and not first.exists())
    model, paths = (first, others) if is_model else (None, words)
    if not paths:
        raise ArgumentError("Name at least one slice: course predict MODEL IMAGE.tif --out DIR")
    return model, paths


def check_names(paths, out):
    """Refuse slices whose predictions would overwrite one another, or masks that lie beside the slices.

    Raises:
        DataError: naming the files.
    """
    stems = {}
    for path in paths:
        other = stems.setdefault(path.stem, path)
        if other is not path:
            raise DataError(f"{path} and {other} would both write {path.stem}_mask.tif. Predict them into two folders.")
        if path.parent.resolve() == out.resolve():
            raise DataError(
                f"{out}: is the folder of {path.name}; a prediction there could overwrite an expert's mask. "
                "Give another folder as --out."
            )


def read_slice(path):
    """One slice as the data set has them, (size, size, 3) uint8; `scans.read_scan` takes others too.

    Raises:
        DataError: naming the file, what is wrong and what to do.
    """
    from course_lib.data.files import UnfitFileError, read_image

    try:
        return read_image(path)
    except UnfitFileError as error:
        mask = " It looks like a mask: leave the masks out." if path.stem.endswith("_mask") else ""
        raise DataError(f"{path}: {error.problem}. {error.remedy}.{mask}") from None


def predict_files(model, paths, threshold):
    """Predict slices, as `scans.read_scan` reads them, at the size that the network takes.

    Yields (path, bool mask of the slice's own height and width).
    """
    import numpy as np

    from course_lib import evaluation
    from course_lib.commands.scans import pad_to_square, read_scan
    from course_lib.data.load import resize

    images, places = zip(*(pad_to_square(read_scan(path).image) for path in paths), strict=True)
    size = model.input_shape[1] or -(-max(image.shape[0] for image in images) // 16) * 16
    maps = evaluation.predict_slices(model, np.stack([resize(image, size) for image in images]))
    for path, image, place, one in zip(paths, images, places, maps, strict=True):
        yield path, evaluation.resize_probabilities(one[None, ..., 0], image.shape[0])[0][place] >= threshold


def write_prediction(path, mask, out):
    """Write one slice's mask and overlay, which carries its description; returns the mask's path."""
    import numpy as np
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    from course_lib import plots
    from course_lib.commands.scans import read_scan
    from course_lib.storage import atomic_path

    target = out / f"{path.stem}_mask.tif"
    with atomic_path(target) as draft:
        Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)).save(draft, format="TIFF")
    description = PngInfo()  # for whom a picture says nothing; viewers and screen readers find it under this name
    description.add_itxt("Description", describe(path, mask))
    with atomic_path(out / f"{path.stem}_overlay.png") as draft:
        Image.fromarray(plots.blend(read_scan(path).image, mask)).save(draft, format="PNG", pnginfo=description)
    return target


def describe(path, mask):
    """What an overlay shows, in words: how much the mask covers, and where."""
    import numpy as np

    if not mask.any():
        return f"{path.name}, FLAIR in grey. The network marks no tumour."
    rows, columns = np.nonzero(mask)
    upright = ("upper", "middle", "lower")[min(2, int(3 * rows.mean() / mask.shape[0]))]
    across = ("left", "middle", "right")[min(2, int(3 * columns.mean() / mask.shape[1]))]
    where = "middle" if upright == across else f"{upright} {across}"
    return (
        f"{path.name}, FLAIR in grey. What the network takes for tumour is tinted orange: {mask.sum():,} of "
        f"{mask.size:,} pixels ({mask.mean():.1%}), centred in the {where} of the picture."
    )
