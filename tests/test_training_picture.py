"""The README's moving picture: what it shows is a training, and it can be drawn again without one."""

import numpy as np
import pytest
from PIL import Image

from tools import make_training_picture as tool


@pytest.fixture
def record():
    """Two patients with a square tumour; the network says nothing at first, and at last exactly the tumour."""
    masks = np.zeros((2, 32, 32), np.uint8)
    masks[:, 10:22, 10:22] = 1
    images = np.random.default_rng(0).integers(60, 90, (2, 32, 32, 3)).astype(np.uint8)
    probabilities = np.stack([masks * share for share in (0.0, 0.5, 1.0)]).astype(np.float32)
    return tool.Record(images, masks, probabilities, np.array([0, 0.4, 1]), np.array([np.nan, 0.8, 0.3]), 2)


def orange(frame):
    """How many pixels of a frame's upper half, where the patients are, are far more red than blue, and no yellow."""
    red, green, blue = np.moveaxis(np.asarray(frame.convert("RGB"), int)[: frame.height // 2], -1, 0)
    return int(((red - blue > 60) & (red - green > 20)).sum())


def test_the_mask_grows_from_frame_to_frame_as_the_network_says(record):
    nothing, half, whole = (tool.draw(record, epoch) for epoch in range(3))
    assert orange(nothing) == 0
    assert orange(whole) > 1000
    assert np.abs(np.asarray(half, int) - np.asarray(whole, int)).sum() > 0


def test_the_curve_shows_no_epoch_that_is_still_to_come(record):
    lower = [np.asarray(tool.draw(record, epoch), int)[360:] for epoch in range(3)]
    drawn = [int((np.ptp(picture, axis=-1) > 60).sum()) for picture in lower]
    assert drawn[0] < drawn[1] < drawn[2]


def test_the_animation_loops_and_rests_longest_on_its_last_frame(record, tmp_path):
    frames = [tool.draw(record, epoch) for epoch in range(3)]
    path = tmp_path / "small.gif"
    assert tool.write_gif(frames, path) == path.stat().st_size
    with Image.open(path) as picture:
        assert picture.n_frames == 3
        assert picture.info["loop"] == 0
        assert picture.convert("RGB").getpixel((3, picture.height - 3)) == (255, 255, 255)  # as the page around it
        pauses = [picture.seek(k) or picture.info["duration"] for k in range(3)]
    assert max(pauses) == pauses[-1] > pauses[0] > pauses[1]


def test_epochs_in_which_most_is_learned_are_shown_for_longer(record, tmp_path):
    frame = tool.draw(record, 0)
    frames = [Image.eval(frame, lambda value, k=k: max(value - 9 * k, 0)) for k in range(10)]
    tool.write_gif(frames, tmp_path / "ten.gif")
    with Image.open(tmp_path / "ten.gif") as picture:
        pauses = [picture.seek(k) or picture.info["duration"] for k in range(10)]
    assert min(pauses[1:5]) > max(pauses[7:9]) >= 334


def test_a_kept_record_is_drawn_again_without_training(record, tmp_path, monkeypatch, capsys):
    np.savez(tmp_path / "kept.npz", **record._asdict())
    monkeypatch.setattr(tool, "train", lambda plan: pytest.fail("trained although a record was kept"))
    tool.main(["--record", str(tmp_path / "kept.npz"), "--out", str(tmp_path)])
    assert {"training.gif", "training.png"} <= {path.name for path in tmp_path.iterdir()}
    assert "3 frames" in capsys.readouterr().out


@pytest.mark.slow
def test_a_toy_training_is_recorded_from_before_its_first_step_on():
    plan = tool.Plan(train=2, validation=2, shown=(0, 1), size=32, width=0.05, epochs=2)
    record = tool.train(plan)
    assert record.images.shape == (2, 32, 32, 3)
    assert record.masks.shape == (2, 32, 32)
    assert record.masks.any(axis=(1, 2)).all()
    assert record.probabilities.shape == (3, 2, 32, 32)
    assert record.probabilities.min() >= 0
    assert record.probabilities.max() <= 1
    assert record.probabilities[0].mean() < 0.3  # before training it expects next to nothing
    assert len(record.dice) == len(record.loss) == 3
    assert np.isnan(record.loss[0])
    assert np.isfinite(record.loss[1:]).all()
    assert record.patients == 2
