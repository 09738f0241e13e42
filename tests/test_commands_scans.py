"""What `course predict` does with slices that are not as the data set has them: converted with a note, or refused."""

import struct

import numpy as np
import pytest
from PIL import Image

from course_lib import cli
from course_lib.commands.scans import as_bytes, read_scan

keras = pytest.importorskip("keras")
SIDE = 32


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    """A network for 32 × 32 pixels that calls tumour what is brighter than 128 in all three sequences together."""
    inputs = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(1, 1, activation="sigmoid", name="bright")(inputs))
    third = np.full((1, 1, 3, 1), 1 / 3, np.float32)
    model.get_layer("bright").set_weights([third, np.array([-128.0])])
    path = tmp_path_factory.mktemp("model") / "best.keras"
    model.save(path)
    return path


def scene(height=SIDE, width=SIDE):
    """A slice of three different sequences, and its tumour: bright in all three."""
    random = np.random.default_rng(0)
    image = random.integers(20, 60, (height, width, 3), dtype=np.uint8)
    tumor = np.zeros((height, width), bool)
    tumor[height // 4 : height // 2, width // 4 : width // 2] = True
    image[tumor] += 180
    return image, tumor


def predicted(capsys, tmp_path, model_path, *paths):
    """What a prediction says on stdout, and the masks that it writes."""
    words = ["predict", model_path, *paths, "--out", tmp_path / "out", "--quiet"]
    status = cli.main([str(word) for word in words])
    said = capsys.readouterr()
    assert status == 0, said.err
    masks = [np.asarray(Image.open(tmp_path / "out" / f"{path.stem}_mask.tif")) == 255 for path in paths]
    for path, mask in zip(paths, masks, strict=True):
        with Image.open(path) as scan, Image.open(tmp_path / "out" / f"{path.stem}_overlay.png") as overlay:
            assert overlay.size == scan.size == mask.shape[::-1]
    return said.out, masks


def test_an_ordinary_slice_gets_no_note(model_path, tmp_path, capsys):
    image, tumor = scene()
    Image.fromarray(image).save(tmp_path / "scan.tif")
    out, (mask,) = predicted(capsys, tmp_path, model_path, tmp_path / "scan.tif")
    assert "Note" not in out
    assert (mask == tumor).all()


def test_slices_of_another_size_are_resized_and_all_of_them_get_one_note(model_path, tmp_path, capsys):
    paths = [tmp_path / f"scan_{number}.tif" for number in range(5)]
    for path in paths:
        Image.fromarray(scene(64, 64)[0]).save(path)
    out, masks = predicted(capsys, tmp_path, model_path, *paths)
    assert out.count("Note") == out.count("not 32 × 32 pixels: resized") == 1
    assert "scan_0.tif, scan_1.tif, scan_2.tif and 2 more" in out
    for mask in masks:
        assert np.mean(mask == scene(64, 64)[1]) > 0.95


@pytest.mark.parametrize(("height", "width"), [(20, 32), (32, 11)])
def test_an_oblong_slice_is_padded_and_its_mask_cut_back(height, width, model_path, tmp_path, capsys):
    image, tumor = scene(height, width)
    Image.fromarray(image).save(tmp_path / "scan.tif")
    out, (mask,) = predicted(capsys, tmp_path, model_path, tmp_path / "scan.tif")
    assert "Note: scan.tif: not square: padded with black" in out
    assert (mask == tumor).all()


def test_a_grey_slice_is_taken_for_flair_in_place_of_all_three_and_it_says_so(model_path, tmp_path, capsys):
    image, tumor = scene()
    Image.fromarray(image[..., 1]).save(tmp_path / "flair.tif")
    out, (mask,) = predicted(capsys, tmp_path, model_path, tmp_path / "flair.tif")
    assert "the network sees FLAIR alone" in out
    assert (mask == tumor).all()
    scan = read_scan(tmp_path / "flair.tif").image
    assert (scan == image[..., 1][..., None]).all()
    assert scan.shape == image.shape


def test_a_16_bit_slice_is_scaled_by_its_own_bright_end_and_it_says_so(model_path, tmp_path, capsys):
    image, tumor = scene()
    deep = image[..., 1].astype(np.uint16) * 11
    Image.fromarray(deep).save(tmp_path / "deep.tif")
    out, (mask,) = predicted(capsys, tmp_path, model_path, tmp_path / "deep.tif")
    assert "16 bits: scaled" in out
    assert "FLAIR alone" in out
    assert (mask == tumor).all()


def test_scaling_sends_the_bright_end_to_255_and_does_not_depend_on_the_unit():
    values = np.arange(2000, dtype=np.uint16)
    scaled = as_bytes(values)
    assert scaled[0] == 0
    assert np.mean(scaled == 255) == pytest.approx(0.005, abs=0.003)
    assert (np.diff(scaled.astype(int)) >= 0).all()
    assert (as_bytes(values * 30) == scaled).all()
    assert not as_bytes(np.zeros((4, 4), np.uint16)).any()


@pytest.mark.parametrize(("channel", "name"), [(0, "pre-contrast"), (2, "post-contrast")])
def test_a_missing_sequence_is_named_and_the_slice_predicted(channel, name, model_path, tmp_path, capsys):
    image, tumor = scene()
    image[..., channel] = image[..., 1]
    Image.fromarray(image).save(tmp_path / "scan.tif")
    out, (mask,) = predicted(capsys, tmp_path, model_path, tmp_path / "scan.tif")
    assert f"the {name} sequence is missing (equal to FLAIR)" in out
    assert out.count("Note") == 1
    assert (mask == tumor).all()


@pytest.mark.parametrize(("channel", "name"), [(0, "pre-contrast"), (2, "post-contrast")])
def test_flair_stands_in_for_a_sequence_that_is_black(channel, name, model_path, tmp_path, capsys):
    image, tumor = scene()
    image[..., channel] = 0
    image[tumor] = np.where(image[tumor] > 0, 185, 0)  # two thirds of that would be below 128: nothing found
    Image.fromarray(image).save(tmp_path / "scan.tif")
    out, (mask,) = predicted(capsys, tmp_path, model_path, tmp_path / "scan.tif")
    assert f"the {name} sequence is black: FLAIR put in its place" in out
    assert out.count("Note") == 1
    assert (mask == tumor).all()
    assert (read_scan(tmp_path / "scan.tif").image[..., channel] == image[..., 1]).all()


def test_a_black_flair_is_left_as_it_is_and_named(model_path, tmp_path, capsys):
    image, _ = scene()
    image[..., 1] = 0
    Image.fromarray(image).save(tmp_path / "scan.tif")
    out, _ = predicted(capsys, tmp_path, model_path, tmp_path / "scan.tif")
    assert "FLAIR is black: predicted as it is" in out
    assert (read_scan(tmp_path / "scan.tif").image == image).all()


def test_a_black_slice_lacks_nothing(model_path, tmp_path, capsys):
    Image.fromarray(np.zeros((SIDE, SIDE, 3), np.uint8)).save(tmp_path / "black.tif")
    out, (mask,) = predicted(capsys, tmp_path, model_path, tmp_path / "black.tif")
    assert "Note" not in out
    assert not mask.any()


def deep_color(path):
    """A TIFF of three sequences of 16 bits, by the specification (Pillow reads, but does not write it)."""
    data = np.zeros((SIDE, SIDE, 3), "<u2").tobytes()
    tags = [(256, 3, 1, SIDE), (257, 3, 1, SIDE), (258, 3, 3, 8), (259, 3, 1, 1), (262, 3, 1, 2)]
    tags += [(273, 4, 1, 14), (277, 3, 1, 3), (278, 3, 1, SIDE), (279, 4, 1, len(data))]
    head = struct.pack("<2sHI3H", b"II", 42, 14 + len(data), 16, 16, 16)
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    path.write_bytes(head + data + struct.pack("<H", len(tags)) + entries + bytes(4))


REFUSED = {
    "colour of 16 bits": (deep_color, "RGB of 16 bits"),
    "whole numbers of 32 bits": (
        lambda path: Image.fromarray(np.zeros((SIDE, SIDE), np.int32)).save(path),
        "mode is I",
    ),
    "fractions": (lambda path: Image.fromarray(np.zeros((SIDE, SIDE), np.float32)).save(path), "mode is F"),
    "transparency": (lambda path: Image.fromarray(scene()[0]).convert("RGBA").save(path), "mode is RGBA"),
    "a mask by another name": (
        lambda path: Image.fromarray(np.where(scene()[1], 255, 0).astype(np.uint8)).save(path),
        "looks like a mask",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_taken_is_refused_with_the_reason(kind, model_path, tmp_path, capsys):
    make, reason = REFUSED[kind]
    make(tmp_path / "scan.tif")
    words = ["predict", model_path, tmp_path / "scan.tif", "--out", tmp_path / "out", "--quiet"]
    assert cli.main([str(word) for word in words]) == 1
    said = capsys.readouterr()
    assert "scan.tif" in said.err
    assert reason in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("length", [0, 100, 0.5, 0.99])
@pytest.mark.parametrize("where", ["file", "run"])
def test_a_damaged_network_is_named_without_a_trace(where, length, model_path, tmp_path, capsys):
    from course_lib.training import Recipe

    content = model_path.read_bytes()
    folder = tmp_path / "first"
    folder.mkdir()
    Recipe.fast().to_json(folder / "recipe.json")
    (folder / "best.keras").write_bytes(content[: length if isinstance(length, int) else int(length * len(content))])
    Image.fromarray(scene()[0]).save(tmp_path / "scan.tif")
    given = folder if where == "run" else folder / "best.keras"
    assert cli.main(["predict", str(given), str(tmp_path / "scan.tif"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "best.keras" in said.err
    assert "Traceback" not in said.err


def test_help_says_what_becomes_of_other_slices(capsys):
    with pytest.raises(SystemExit):
        cli.main(["predict", "--help"])
    out = capsys.readouterr().out
    for words in ("16 bits", "taken for FLAIR", "padded with black", "missing (equal to FLAIR)", "Refused"):
        assert words in out
