"""What lesson 4 says in words holds in its own output."""

import ast
import re
from html.parser import HTMLParser

import lessons
import pytest


@pytest.fixture(scope="module")
def outputs():
    """Every output of the executed lesson."""
    return lessons.outputs_of(4)


@pytest.fixture(scope="module")
def printed():
    """Everything that it prints."""
    return lessons.printed_by(4)


class Table(HTMLParser):
    """The cells of an HTML table, row by row."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.inside = [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        self.inside = tag in ("td", "th")
        if self.inside:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


def table_with(outputs, column):
    """The shown table that has this column, as text cells: {row: {column: value}}."""
    pages = [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    (page,) = [page for page in pages if f"<th>{column}</th>" in page]
    head, *body = Table(page).rows
    return {row[0]: dict(zip(head[1:], map(float, row[1:]), strict=True)) for row in body}


def test_the_counts_reach_those_of_the_network(printed):
    assert "encoder 20,024,384 + decoder 11,143,809 + statistics 3,840 = 31,172,033" in printed
    assert "31,172,033 numbers, 125 MB; frozen, 11,143,809 of them learn" in printed


def test_half_of_what_counts_lies_in_less_than_half_the_width_at_the_bridge(printed):
    found = re.search(r"can see: (\[.*?\])\s+half of what counts: (\[.*?\])", printed)
    can_see, half = (ast.literal_eval(widths) for widths in found.groups())
    assert can_see == [5, 14, 48, 116, 252]
    assert half == sorted(half)
    assert half[-1] < 0.45 * can_see[-1]
    assert half[-1] > 40


def test_exchanged_colours_do_little_and_the_scale_hurts(outputs):
    likeness = table_with(outputs, "red first")
    assert all(row["as it should be"] == 1 for row in likeness.values())
    assert min(row["red first"] for row in likeness.values()) > 0.8
    assert all(row["done twice"] < row["red first"] - 0.03 for row in likeness.values())
    assert likeness["block1_conv2"]["0 to 1"] < likeness["block1_conv2"]["done twice"] - 0.2
    for block in ("block2_conv2", "block5_conv4"):
        assert likeness[block]["0 to 1"] < likeness[block]["done twice"] - 0.05
    between = [likeness[block]["0 to 1"] for block in ("block3_conv4", "block4_conv4")]
    assert min(between) > max(likeness[block]["0 to 1"] for block in ("block1_conv2", "block2_conv2", "block5_conv4"))
    assert all(row["0 to 1"] < row["red first"] - 0.05 for row in likeness.values())


def test_the_encoders_maps_are_loud_on_the_skips_and_hardly_heard_at_the_bridge(printed):
    (line,) = [line for line in printed.splitlines() if line.startswith("spread of the maps:")]
    spreads = [int(value) for value in re.findall(r"block\d_conv\d (\d+)", line)]
    assert len(spreads) == 5
    assert min(spreads[:4]) > 100
    assert spreads[4] < 20


def differences(printed):
    """Gain over scratch, low, high by (patients, encoder)."""
    pattern = r"(\d) patients, ([\w ]+, [\w-]+)\s+against scratch ([+-][\d.]+), interval ([+-][\d.]+) to ([+-][\d.]+)"
    return {(int(n), kind): tuple(map(float, rest)) for n, kind, *rest in re.findall(pattern, printed)}


def test_the_borrowed_frozen_encoder_is_ahead_of_scratch_and_its_interval_clear_of_0(printed):
    gains = differences(printed)
    for number in (2, 8):
        gain, low, _ = gains[number, "borrowed, frozen"]
        assert gain > 0.05
        assert low > 0


def test_most_of_the_lead_is_not_owed_to_freezing_and_the_rate(printed):
    gains = differences(printed)
    for number in (2, 8):
        assert gains[number, "by chance, frozen"][0] < gains[number, "borrowed, frozen"][0] / 2 + 0.01
    assert gains[2, "by chance, frozen"][0] < 0.02
    assert gains[8, "by chance, frozen"][0] > 0


def test_two_patients_gain_no_more_from_the_loan_than_eight(printed):
    gains = differences(printed)
    assert abs(gains[2, "borrowed, frozen"][0] - gains[8, "borrowed, frozen"][0]) < 0.08


def test_fine_tuned_it_is_no_better_than_scratch(printed):
    gains = differences(printed)
    for number in (2, 8):
        assert gains[number, "borrowed, fine-tuned"][0] < 0.02


def test_fed_on_the_wrong_scale_it_loses_much_and_gains_in_no_draw(printed):
    pairs = re.findall(r"draw \d: Dice ([\d.]+) as it should be, ([\d.]+) with 0 to 1", printed)
    assert len(pairs) == 3
    lost = [float(right) - float(wrong) for right, wrong in pairs]
    assert min(lost) > -0.02
    assert sum(lost) / len(lost) > 0.08
