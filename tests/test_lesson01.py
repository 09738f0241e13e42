"""What lesson 1 says in words comes out of its own cells, as the executed solution shows them."""

import ast
import re

import lessons
import numpy as np
import pytest
from scipy import ndimage

from course_lib import data, plots
from course_lib.errors import DataError


@pytest.fixture(scope="module")
def outputs() -> list[str]:
    """All plain-text outputs of the lesson, in order."""
    return [output.get("text", "") or lessons.plain(output) for output in lessons.outputs_of(1)]


def one_match(pattern: str, outputs: list[str]) -> re.Match:
    found = [match for text in outputs if (match := re.search(pattern, text))]
    assert len(found) == 1, f"{len(found)} outputs match {pattern!r}"
    return found[0]


def test_one_threshold_outlines_the_tumour_badly_even_with_the_answer_in_hand(outputs):
    dice = float(one_match(r"scores a Dice of ([\d.]+)", outputs)[1])
    assert 0.05 < dice < 0.5


def test_some_patient_lacks_a_sequence_and_not_every_one_does(outputs):
    patients = int(one_match(r"(\d+) patients, \d+ slices", outputs)[1])
    lacking = ast.literal_eval(one_match(r"(?s)^\{'\w+': \(.*\}$", outputs)[0])
    assert 1 <= len(lacking) < patients / 2
    assert all(set(names) <= {"pre", "post"} and names for names in lacking.values())


def test_the_patient_shown_lacks_all_that_anybody_here_lacks(outputs):
    lacking = ast.literal_eval(one_match(r"(?s)^\{'\w+': \(.*\}$", outputs)[0])
    assert max(lacking.values(), key=len) == ("pre", "post")


def test_the_tumour_shows_on_slices_in_a_row(outputs):
    count, first, last = map(int, one_match(r"tumour on (\d+) slices, from (\d+) to (\d+)", outputs).groups())
    assert count == last - first + 1 > 10


def test_the_rows_shown_hold_slices_with_tumour_and_without(outputs):
    pixels = [int(line.split()[-1]) for line in one_match(r"(?s) tumor_pixels\n(.+)", outputs)[1].splitlines()]
    assert sorted(value > 0 for value in pixels) == [False, False, True, True, True]


def test_standardising_brings_ends_and_middles_closer_together_and_not_into_one_place():
    scans = data.index_scans(data.find_data())
    if not scans["patient"].str.startswith("PHANTOM").all():
        pytest.skip("the lesson shows phantoms")
    shortest = scans.groupby("patient").size().min()
    stored, _ = data.load_slices(scans.groupby("patient").nth(int(shortest) // 2).head(6), size=64)
    standardised = np.stack([data.standardise(one) for one in stored])
    spans = []
    for images in (stored, standardised):
        heads = [one[..., 1][raw[..., 1] > 0.1 * raw[..., 1].max()] for one, raw in zip(images, stored, strict=True)]
        width = max(map(np.max, heads)) - min(map(np.min, heads))
        spans.append([float(np.ptp([part(head) for head in heads])) / width for part in (np.median, np.max)])
    (middles, ends), (middles_after, ends_after) = spans
    assert 0.02 < middles_after < 0.6 * middles
    assert 0.02 < ends_after < 0.8 * ends


def test_the_three_channels_of_the_slice_shown_are_three_different_pictures(outputs):
    shape = ast.literal_eval(one_match(r"^\(\(\d+, 128, 128, 3\).*\)$", outputs)[0])
    assert shape[0][:3] == shape[1][:3]
    assert shape[0][0] >= 20


@pytest.mark.real
def test_the_numbers_said_of_the_real_set_hold_on_the_part_of_it_that_is_here(real_data):
    scans = data.index_scans(real_data)
    slices = scans.groupby("patient").size()
    assert slices.between(20, 88).all()
    assert (scans.groupby("patient").tumor_pixels.max() > 0).all()
    assert set(scans.institution) <= {"CS", "DU", "EZ", "FG", "HT"}


@pytest.mark.real
def test_the_head_covers_about_a_third_of_a_real_slice(real_data):
    scans = data.index_scans(real_data)
    shares = []
    for _, rows in scans.groupby("patient"):
        flair = data.load_slices(rows, size=64)[0][..., 1]
        shares += [ndimage.binary_fill_holes(one > 0.1 * flair.max()).mean() for one in flair]
    assert np.mean(shares) == pytest.approx(0.36, abs=0.03)


class TestBrightnessCharts:
    """The lesson's own charts."""

    def test_histograms_of_groups_share_their_bins_and_are_scaled_to_one(self):
        ax = plots.histogram({"a": np.arange(100), "b": np.arange(50, 60)})
        widths = {round(bar.get_width(), 6) for bar in ax.patches}
        area = sum(bar.get_width() * bar.get_height() for bar in ax.patches)
        assert len(widths) == 1
        assert area == pytest.approx(2)

    def test_a_group_without_pixels_is_refused_by_name(self):
        with pytest.raises(ValueError, match="tumour"):
            plots.histogram({"tumour": np.array([]), "rest": np.arange(3)})

    @pytest.mark.parametrize(("guess", "lines"), [(30, 2), (12.5, 2), (..., 1), (None, 1), (True, 1)])
    def test_a_guess_is_drawn_only_if_it_is_a_number(self, guess, lines):
        ax = plots.head_shares([0.2, 0.4, 0.3], guess=guess)
        assert len(ax.lines) == lines
        assert "mean 30 %" in ax.get_legend().get_texts()[0].get_text()

    def test_false_colours_shows_the_file_as_it_is(self):
        image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        np.testing.assert_array_equal(plots.false_colours(image).images[0].get_array(), image)

    def test_each_patient_gets_a_violin_before_and_after(self):
        pictures = np.random.default_rng(0).integers(0, 256, (3, 16, 16))
        names = ["TCGA_CS_4941_19960909", "TCGA_DU_5849_19950405", "TCGA_HT_7473_19970826"]
        axes = plots.brightness_by_patient(pictures, pictures / 50, names)
        assert [label.get_text() for label in axes[0].get_yticklabels()] == ["CS_4941", "DU_5849", "HT_7473"]


class TestLooking:
    """The library's own answers to the exercises, on values worked out by hand."""

    def test_a_standardised_sequence_has_mean_zero_and_spread_one_by_itself(self):
        image = np.stack([np.arange(12).reshape(3, 4), 100 + 5 * np.arange(12).reshape(3, 4)], -1).astype("uint8")
        result = data.standardise(image)
        np.testing.assert_allclose(result.mean(axis=(0, 1)), 0, atol=1e-6)
        np.testing.assert_allclose(result.std(axis=(0, 1)), 1, rtol=1e-6)
        np.testing.assert_allclose(result[..., 0], result[..., 1], atol=1e-6)

    def test_an_empty_slice_standardises_to_zeros(self):
        assert not data.standardise(np.zeros((4, 4, 3), np.uint8)).any()

    @pytest.mark.parametrize("shape", [(3, 4, 4), (3, 4, 4, 1)])
    def test_the_largest_slice_is_the_one_with_most_pixels_not_the_highest_values(self, shape):
        masks = np.zeros((3, 4, 4), np.uint8)
        masks[1, 0, 0] = 255
        masks[2, :2, 0] = 1
        assert data.largest_slice(masks.reshape(shape)) == 2

    def test_looking_at_nothing_is_an_error_with_the_shape(self):
        with pytest.raises(DataError, match=r"\(0, 4, 4\)"):
            data.largest_slice(np.zeros((0, 4, 4)))
