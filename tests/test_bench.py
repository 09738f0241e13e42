"""The benchmark compares like with like, and its ratios are those of the figures that it measured."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

WHOLE_NETWORK = 31_172_033  # parameters, of which 3,840 are batch-norm statistics
STATISTICS = 3_840


@pytest.fixture(autouse=True)
def bench_can_be_imported(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).resolve().parents[1])


def test_the_plain_network_is_the_original_one():
    from bench.plain import build_network

    network = build_network(32)
    assert network.count_params() == WHOLE_NETWORK
    assert network.output_shape == (None, 32, 32, 1)


def test_the_narrow_plain_network_is_as_large_as_ours():
    from bench.plain import build_network
    from course_lib.models import vgg19_unet

    ours = vgg19_unet((32, 32, 3), weights=None, width=0.25)
    assert build_network(32, 0.25).count_params() == ours.count_params()


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_the_pytorch_network_has_the_same_number_of_weights():
    from bench.torch_net import build_network

    assert sum(weight.numel() for weight in build_network().parameters()) == WHOLE_NETWORK - STATISTICS


def test_the_plain_loss_is_the_published_one():
    """TP, FP, FN of 2, 0, 2 with smooth 1: 0.423649, as Abraham and Khan's formula gives."""
    from bench.plain import focal_tversky

    truth, guess = np.ones((1, 4), np.float32), np.array([[1, 1, 0, 0]], np.float32)
    assert float(focal_tversky(truth, guess)) == pytest.approx(0.423649, abs=1e-5)


def test_the_plain_loop_moves_image_and_mask_together(tiny_folder):
    from bench.plain import read_and_augment

    root = tiny_folder(size=64)
    path = sorted(root.glob("*/*_2.tif"))[0]
    image, mask = read_and_augment(path, path.with_name(f"{path.stem}_mask.tif"), 32, np.random.default_rng(0))
    assert image.shape == (32, 32, 3)
    assert set(np.unique(mask)) == {0, 1}


def test_the_generator_serves_sets_smaller_than_a_batch():
    from bench.plain import batches

    images, masks = next(batches(np.ones((3, 8, 8, 3), np.uint8), np.ones((3, 8, 8, 1), np.uint8), batch=16, seed=0))
    assert images.shape == (3, 8, 8, 3)
    assert masks.shape == (3, 8, 8, 1)


def test_ratios_come_from_medians_of_one_run():
    from bench.report import as_markdown, summarise

    raw = [{"name": "peak", "engine": "tensorflow", "float32": 100.0, "bfloat16": 424.0, "peak_gigabytes": 1}]
    for plain, ours in [(200, 100), (220, 90), (210, 500)]:
        for engine, value in [("plain", plain), ("ours", ours)]:
            raw.append(
                {
                    "name": "step",
                    "engine": engine,
                    "size": 64,
                    "ms_per_image": value,
                    "processor_ms_per_image": 2 * value,
                    "peak_gigabytes": 1.5,
                }
            )
    raw.append({"name": "step", "engine": "torch_float32", "size": 64, "error": "out of memory"})
    raw += [
        {"name": "pipeline", "kind": k, "size": 64, "slices_per_second": v} for k, v in [("plain", 50), ("ours", 1000)]
    ]
    raw.append({"name": "dice", "kind": "plain", "curve": [{"seconds": 9, "dice": 0.2}, {"seconds": 18, "dice": 0.5}]})
    raw.append({"name": "dice", "kind": "ours", "curve": [{"seconds": 3, "dice": 0.4}, {"seconds": 6, "dice": 0.6}]})
    summary = summarise(raw)
    plain, ours = summary["step"]
    assert ours["times_as_fast_as_plain"] == pytest.approx(210 / 100)
    assert ours["share_of_peak"] == pytest.approx(21.2 / 0.1 / 424)  # 21.2 GFLOP in 0.1 s, of 424 GFLOP/s
    assert summary["pipeline"][0]["ratio"] == 20
    assert summary["pipeline"][0]["share_of_step"] == pytest.approx(1 / 100)
    assert summary["dice"]["share_of_time"] == pytest.approx(6 / 18)
    assert "0.33 of the time" in as_markdown({**summary, "minutes": 1})


def test_a_target_never_reached_is_shown_as_such():
    from bench.report import as_markdown, summarise

    raw = [
        {"name": "dice", "kind": kind, "curve": [{"seconds": 1, "dice": d}]}
        for kind, d in [("plain", 0.5), ("ours", 0.4)]
    ]
    summary = summarise(raw)
    assert summary["dice"]["our_seconds"] is None
    assert "after –" in as_markdown({**summary, "minutes": 1})
