"""What a stranger finds in the README holds: links lead somewhere, commands exist, figures are those of the tables."""

import itertools
import re
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

import begin
from course_lib import evaluation
from course_lib.cli import build_parser
from tools import refresh_readme, repository

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ("README.md", "data/README.md", "data/model/README.md", "data/encoder/README.md", "results/README.md")
PAGES += ("instructor/guide.md",)
LESSONS = sorted(path.stem for path in (ROOT / "notebooks" / "source").glob("*.py"))
# results/README.md shows the leak from the day on which the leak was measured.
AWAITED = set() if (ROOT / "results" / "leak_summary.csv").exists() else {"leak.png", "leak.csv"}


def prose(page):
    """A page without its code."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.sub(r"`[^`\n]+`", "`", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))


def links(page):
    """(text, target) of every link and picture of a page; of a picture that is a link, the picture's and the link's."""
    text = prose(page)
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", text)
    return pictures + re.findall(r"(?<!!)\[((?:!\[[^\]]*\]\([^)\s]+\)|[^\]])*)\]\(([^)\s]+)\)", text)


def anchor(heading):
    """A heading as GitHub names it in addresses."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def outside(target):
    return target.startswith(("https://", "http://", "mailto:"))


def shell_lines():
    """The commands of the README's blocks, without comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, flags=re.S | re.M)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.split("#")[0].strip()]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_the_repository_itself_leads_to_something(page):
    lost = []
    for text, target in links(page):
        path, _, place = target.partition("#")
        if outside(target) or path in AWAITED:
            continue
        file = (ROOT / page).parent / path if path else ROOT / page
        if not file.exists():
            lost.append(target)
        elif place and place not in {anchor(h) for h in re.findall(r"^#+ (.*)$", file.read_text("utf-8"), flags=re.M)}:
            lost.append(f"{target}: no such heading")
        assert text.strip(), f"{page}: a link to {target} that says nothing"
    assert not lost


@pytest.mark.parametrize("page", PAGES)
def test_headings_come_in_order(page):
    levels = [len(marks) for marks in re.findall(r"^(#+) ", prose(page), flags=re.M)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("page", PAGES)
def test_pictures_are_described_in_words(page):
    for words, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", prose(page)):
        least = 8 if outside(target) else 40  # a badge, a figure
        assert len(words) >= least, f"{page}: {target} needs words for those who do not see it"


def test_one_link_text_leads_to_one_place():
    places = {}
    for text, target in links("README.md"):
        if not text.startswith("!"):
            places.setdefault(text, set()).add(target)
    assert {text for text, targets in places.items() if len(targets) > 1} == set()
    assert not {"here", "link", "this", "click here"} & {text.lower() for text in places}


def test_links_that_open_a_lesson_elsewhere_are_those_of_the_address_and_the_version():
    assert refresh_readme.refreshed(README) == README, "run: python -m tools.refresh_readme"
    targets = [target for _, target in links("README.md")]
    for name in LESSONS:
        assert repository.colab_link(name) in targets
        assert f"notebooks/solutions/{name}.ipynb" in targets
    assert repository.kaggle_link(LESSONS[0]) in targets
    assert repository.binder_link(LESSONS[0]) in targets


def test_a_new_address_and_version_reach_every_link(monkeypatch):
    before = repository.owner_and_name()
    monkeypatch.setattr(repository, "address", lambda: "https://github.com/somebody/else")
    monkeypatch.setattr(repository, "tag", lambda: "v9.8.7")
    moved = refresh_readme.refreshed(README)
    assert before not in moved
    assert moved.count("v9.8.7") == len(LESSONS) + 3
    assert "https://somebody.github.io/else/" in moved


def test_the_workflow_of_the_badge_exists():
    named = set(re.findall(r"actions/workflows/([\w.-]+?)(?:/badge\.svg)?\)", README))
    assert named
    assert all((ROOT / ".github" / "workflows" / name).exists() for name in named)


def test_every_lesson_has_its_row_with_the_minutes_that_the_lesson_itself_says():
    for name in LESSONS:
        minutes = re.search(rf"^\| \[{name[:2]} .*\| (\d+) \|", README, flags=re.M)[1]
        first = (ROOT / "notebooks" / "source" / f"{name}.py").read_text(encoding="utf-8")[:4000]
        assert re.search(rf"\b{minutes} min", first), f"{name}: the README says {minutes} minutes"


def test_every_command_of_the_readme_exists_with_its_options():
    helped = build_parser()._subparsers._group_actions[0].choices
    spoken = shell_lines() + re.findall(r"`(course [a-z]+[^`]*)`", README)
    commands = [line.split() for line in spoken if line.startswith("course ")]
    assert {words[1] for words in commands} <= set(helped)
    for words in commands:
        known = helped[words[1]].format_help()
        assert all(word in known for word in words if word.startswith("--"))


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    named = {line.split()[1] for line in shell_lines() if line.startswith("make ")}
    named |= set(re.findall(r"`make ([a-z]+)`", README))
    assert {"lab", "test"} <= named <= targets


def test_the_sentence_on_how_good_it_gets_says_what_the_scores_say():
    scores = pd.read_csv(ROOT / "results" / "shipped" / "scores.csv")
    row = evaluation.summary(scores[scores["way"] == "plain"]).loc["dice"]
    said = re.search(
        r"on (\d+) real patients.*mean Dice of (\.\d+) \(95 % interval (\.\d+) to (\.\d+)\) and a median of (\.\d+)",
        README,
        flags=re.S,
    )
    assert int(said[1]) == scores["patient"].nunique()
    figures = [float(number) for number in said.groups()[1:]]
    assert figures == pytest.approx([row["mean"], row["low"], row["high"], row["median"]], abs=0.0051)


def test_the_moving_picture_moves_rests_on_its_end_and_is_small_enough_for_a_phone():
    path = ROOT / "data" / "images" / "training.gif"
    assert path.stat().st_size <= 1_500_000
    with Image.open(path) as picture:
        assert picture.info["loop"] == 0
        pauses = []
        for k in range(picture.n_frames):
            picture.seek(k)
            pauses.append(picture.info["duration"])
    assert len(pauses) >= 10
    assert pauses[-1] >= 3000
    assert min(pauses) >= 334  # nothing flashes more than three times a second


def test_what_is_asked_of_begin_py_is_something_it_does():
    named = set(re.findall(r"python begin\.py ([a-z]+)", README))
    assert {"test", "course"} <= named <= set(begin.STEPS)


def test_the_first_heading_of_the_changes_is_the_version_of_the_project():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"v{re.search(r'^## (.*)$', changes, flags=re.M)[1]}" == repository.tag()
