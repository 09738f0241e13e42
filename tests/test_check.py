"""What a learner sees: `check` never raises, says which property fails on a case it shows, and knows misconceptions."""

import base64
import io
import re
import sys
import threading
import time
import types

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from course_lib.check import Case, Exercise, Misconception, Property, attempts, banks, case, check, hint, register
from course_lib.check.cards import Card
from course_lib.errors import CourseError

TRUTH = np.array([[1, 1, 0], [0, 0, 0]], bool)
GUESS = np.array([[1, 0, 0], [0, 0, 0]], bool)
NONE = np.zeros((2, 3), bool)


def overlap(truth, guess):
    total = truth.sum() + guess.sum()
    return 1.0 if total == 0 else float(2 * np.logical_and(truth, guess).sum() / total)


def jaccard(truth, guess):
    union = np.logical_or(truth, guess).sum()
    return 1.0 if union == 0 else float(np.logical_and(truth, guess).sum() / union)


def divides_by_nothing(truth, guess):
    return 2 * int(np.logical_and(truth, guess).sum()) / int(truth.sum() + guess.sum())


def exercise(**changes):
    settings = {
        "name": "overlap",
        "lesson": 1,
        "task": "How well two masks overlap.",
        "reference": overlap,
        "properties": [
            Property("The overlap counts twice.", [case(TRUTH, GUESS), case(GUESS, TRUTH)], points=3),
            Property("Two empty masks agree.", [case(NONE, NONE, note="no tumour at all")]),
        ],
        "misconceptions": [
            Misconception("Jaccard index", "There the overlap counts once.", jaccard),
            Misconception("0/0", "Think of two empty masks.", divides_by_nothing),
        ],
        "hints": ("first", "second", "third"),
    }
    return Exercise(**{**settings, **changes})


@pytest.fixture(autouse=True)
def own_exercises(monkeypatch):
    """Each test sees only the exercise above, and no hint given."""
    monkeypatch.setattr(banks, "_own", {})
    monkeypatch.setattr(banks, "bank_names", list)
    monkeypatch.setattr("course_lib.check.core._hints_given", {})
    register(exercise())


def said(capsys):
    return capsys.readouterr().out


# ---- verdicts


def test_a_right_answer_is_right_and_lists_what_holds(capsys):
    result = check("overlap", overlap)
    assert (result.status, result.score) == ("right", 1.0)
    text = said(capsys)
    assert "✓ Right: overlap" in text
    assert "✓ Two empty masks agree." in text


def blank(truth, guess):
    raise NotImplementedError("your turn")


def only_docstring(truth, guess):
    """Say how well two masks overlap."""


def dots(truth, guess): ...


@pytest.mark.parametrize("stub", [blank, only_docstring, dots, ..., None, lambda truth, guess: ...])
def test_an_untouched_stub_is_not_attempted_and_scores_nothing(stub, capsys):
    result = check("overlap", stub)
    assert (result.status, result.score) == ("not attempted", 0.0)
    assert "go on" in said(capsys)


def test_a_forgotten_return_is_not_taken_for_an_untouched_stub(capsys):
    def forgetful(truth, guess):
        overlap(truth, guess)

    assert check("overlap", forgetful).status == "wrong"
    assert "Is a `return` missing?" in said(capsys)


def test_a_wrong_answer_names_the_property_and_shows_the_case(capsys):
    result = check("overlap", lambda truth, guess: 0.25)
    assert (result.status, result.statement) == ("wrong", "The overlap counts twice.")
    text = said(capsys)
    for shown in ("✗ Not yet", "truth:", "[[ True  True False]", "expected 0.666667, got 0.25".capitalize()):
        assert shown in text
    assert result.misconception == ""


def test_a_misconception_is_named_and_explained_without_the_solution(capsys):
    result = check("overlap", jaccard)
    assert result.misconception == "Jaccard index"
    text = said(capsys)
    assert "This looks like: Jaccard index. There the overlap counts once." in text
    assert "2 *" not in text


def test_a_misconception_that_only_shows_as_an_error_is_named_too():
    assert check("overlap", divides_by_nothing).misconception == "0/0"


def test_an_answer_that_equals_a_misconception_on_some_cases_only_is_not_accused():
    def nearly_jaccard(truth, guess):
        return 0.123 if not truth.any() else jaccard(truth, guess)

    result = check("overlap", nearly_jaccard)
    assert (result.status, result.misconception) == ("wrong", "")


def test_points_go_to_the_properties_that_hold():
    result = check("overlap", divides_by_nothing)
    assert result.score == pytest.approx(3 / 4)
    assert result.scores == {"The overlap counts twice.": True, "Two empty masks agree.": False}
    assert check("overlap", jaccard).score == pytest.approx(1 / 4)


def test_a_property_may_judge_outputs_of_which_many_are_right():
    def adds_up(inputs, output):
        return True if sum(output) == inputs[0] else f"The parts add up to {sum(output)}."

    register(
        Exercise(
            name="parts",
            lesson=1,
            task="Cut a whole into parts.",
            reference=lambda whole: [whole],
            properties=[Property("The parts add up to the whole.", [case(5), case(7)], holds=adds_up)],
            misconceptions=[
                Misconception("one lost", "Count them.", lambda whole: [whole - 1], lambda i, o: sum(o) == i[0] - 1)
            ],
        )
    )
    assert check("parts", lambda whole: [1, whole - 1]).status == "right"
    lossy = check("parts", lambda whole: [1, whole - 2])
    assert (lossy.explanation, lossy.misconception) == ("The parts add up to 4.", "one lost")
    assert check("parts", lambda whole: "text").status == "wrong"


def test_where_the_reference_raises_the_answer_must_raise_the_same():
    def square_root(number):
        if number < 0:
            raise ValueError("negative")
        return number**0.5

    register(
        Exercise(
            name="root",
            lesson=1,
            task="Square root.",
            reference=square_root,
            properties=[Property("Root.", [case(4.0)]), Property("Negative numbers are refused.", [case(-1.0)])],
        )
    )
    assert check("root", square_root).status == "right"
    assert "should raise ValueError" in check("root", lambda number: abs(number) ** 0.5).explanation


# ---- answers that misbehave


def test_an_error_is_shown_with_its_line(capsys):
    def clumsy(truth, guess):
        return truth.summ()

    assert check("overlap", clumsy).status == "wrong"
    text = said(capsys)
    assert "AttributeError" in text
    assert "return truth.summ()" in text


def swallows_everything(truth, guess):
    while True:
        try:
            while True:
                pass
        except Exception:
            continue


def test_an_endless_loop_ends_even_if_it_swallows_exceptions():
    register(exercise(seconds=0.3))
    assert "did not end within 0.3 s" in check("overlap", swallows_everything).explanation


def test_an_endless_loop_ends_outside_the_main_thread_too():
    register(exercise(seconds=0.3))
    results = []
    thread = threading.Thread(target=lambda: results.append(check("overlap", swallows_everything)))
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert "did not end" in results[0].explanation


def test_no_alarm_rings_after_the_check_is_over():
    register(exercise(seconds=0.2))
    check("overlap", overlap)
    time.sleep(0.4)


def test_an_answer_that_changes_its_inputs_is_told_so_and_spoils_nothing_else(capsys):
    def spoiler(truth, guess):
        result = overlap(truth, guess)
        truth[:] = False
        return result

    result = check("overlap", spoiler)
    assert result.status == "wrong"
    assert 0 < result.score < 1
    assert "changes argument 1 in place" in said(capsys)
    assert TRUTH.any()
    assert check("overlap", overlap).status == "right"


def test_a_flood_of_output_is_cut(capsys):
    def noisy(truth, guess):
        for _ in range(20_000):
            print("noise", file=sys.stderr)
        return 0.0

    check("overlap", noisy)
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "noise" in captured.out
    assert len(captured.out) < 2_000


def exits(truth, guess):
    sys.exit(3)


def too_deep(truth, guess):
    return too_deep(truth, guess)


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (exits, "SystemExit"),
        (too_deep, "RecursionError"),
        (lambda truth: 1.0, "TypeError"),
        (overlap(TRUTH, GUESS), "without brackets"),
        ("overlap", "got text"),
        (lambda truth, guess: truth, "expected a number, got a boolean array of shape (2, 3)"),
        (lambda truth, guess: float("nan"), "got nan"),
        (lambda truth, guess: True, "expected a number, got True or False"),
        (lambda truth, guess: overlap, "got an object of type function"),
    ],
)
def test_bad_answers_get_a_sentence(answer, names):
    result = check("overlap", answer)
    assert result.status == "wrong"
    assert names.lower() in result.explanation.lower()


def test_an_interrupt_passes():
    def stopped(truth, guess):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("overlap", stopped)


plain = [st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(), st.binary()]
listed = [st.lists(st.integers()), st.dictionaries(st.text(), st.floats())]
arrays = [np.zeros((2, 3)), np.array(None), np.array([]), np.ma.masked, pd.DataFrame({"a": [1]}), object(), int]
anything = st.one_of(*plain, *listed, st.sampled_from(arrays))


@given(answer=anything, output=anything, name=st.one_of(st.just("overlap"), st.text(), st.integers()))
def test_check_and_hint_never_raise(answer, output, name):
    for given_answer in (answer, lambda truth, guess: output):
        assert check(name, given_answer).status in {"wrong", "not attempted", "unchecked"}
    hint(name)


def test_an_unknown_name_gets_a_suggestion(capsys):
    assert check("overlab", overlap).status == "unchecked"
    assert "Did you mean `overlap`?" in said(capsys)
    hint("overlab")
    assert "Did you mean `overlap`?" in said(capsys)


def test_a_forgotten_name_is_explained(capsys):
    assert check(overlap).status == "unchecked"
    assert 'check("name", answer)' in said(capsys)


def test_a_broken_reference_does_not_blame_the_learner(capsys):
    register(Exercise(name="broken", lesson=1, task="", kind="value", reference=lambda: 1 / 0))
    assert check("broken", 3).status == "unchecked"
    assert "This check itself failed; go on." in said(capsys)


# ---- values, choices, predictions, texts


def test_a_value_follows_from_what_the_notebook_gives_and_is_not_given_away(capsys):
    register(
        Exercise(
            name="share",
            lesson=2,
            task="",
            kind="value",
            reference=lambda counts: float(np.mean(counts)),
            misconceptions=[
                Misconception("tumour slices only", "Which are left out?", lambda counts: counts[counts > 0].mean())
            ],
        )
    )
    counts = np.array([0, 0, 6, 10])
    assert check("share", np.float32(4.0), counts=counts).status == "right"
    assert check("share", ..., counts=counts).status == "not attempted"
    assert check("share", 8.0, counts=counts).misconception == "tumour slices only"
    said(capsys)
    assert check("share", 3.5, counts=counts).explanation == "It is too small."
    assert "4" not in said(capsys)
    assert "got text" in check("share", "4", counts=counts).explanation
    assert "call the function" in check("share", np.mean, counts=counts).explanation


def test_a_choice_accepts_an_option_in_any_case_and_knows_wrong_ones():
    register(
        Exercise(
            name="which",
            lesson=1,
            task="",
            kind="choice",
            options=("pre", "FLAIR", "post"),
            reference="post",
            misconceptions=[Misconception("brightest", "Bright is not missing.", "FLAIR")],
        )
    )
    assert check("which", " Post ").status == "right"
    assert check("which", "flair").misconception == "brightest"
    assert "'pre', 'FLAIR', 'post'" in check("which", "T2").explanation
    assert check("which", 2).status == "wrong"
    assert check("which", ...).status == "not attempted"


@pytest.mark.parametrize(
    ("guess", "status"),
    [(40, "noted"), (0, "noted"), (np.float32(99.5), "noted"), (..., "not attempted")]
    + [(wrong, "wrong") for wrong in (101, -1, float("nan"), True, "forty", [40])],
)
def test_a_prediction_is_checked_for_having_been_made(guess, status):
    register(Exercise(name="guess", lesson=1, task="", kind="prediction", between=(0, 100)))
    assert check("guess", guess).status == status


@pytest.mark.parametrize(
    ("guess", "status"), [(0.6, "wrong"), (-0.1, "wrong"), (np.float32(0.6), "wrong"), (0, "noted"), (60, "noted")]
)
def test_a_fraction_is_asked_back_where_hundredths_are_wanted(guess, status):
    register(Exercise(name="guess", lesson=1, task="", kind="prediction", between=(-100, 100), whole=True))
    result = check("guess", guess)
    assert result.status == status
    assert ("Did you mean" in result.explanation) == (status == "wrong")


@pytest.mark.parametrize(
    ("words", "status"),
    [("The two images are the same.", "noted"), ("  \n", "not attempted"), (..., "not attempted"), (7, "wrong")],
)
def test_words_are_kept_for_a_person_and_only_blanks_are_refused(words, status):
    register(Exercise(name="words", lesson=1, task="", kind="free"))
    assert check("words", words).status == status


# ---- hints and the log


def test_hints_come_one_step_a_call_and_end_at_the_solution(capsys):
    for expected in ("Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "notebooks/solutions/"):
        hint("overlap")
        assert expected in said(capsys)


def test_every_verdict_is_remembered_in_order():
    before = len(attempts)
    check("overlap", ...)
    check("overlap", overlap)
    assert [result.status for result in attempts[before:]] == ["not attempted", "right"]


# ---- banks and cards


def test_inputs_that_cannot_be_copied_are_made_anew_for_each_call():
    made = []

    def make():
        made.append(types.SimpleNamespace(lock=threading.Lock(), number=5))  # a lock cannot be copied
        return (made[-1],)

    register(
        Exercise(
            name="locked",
            lesson=1,
            task="",
            reference=lambda thing: thing,
            view=lambda thing: thing.number,
            properties=[Property("It passes the thing on.", [Case(make)])],
        )
    )
    assert check("locked", lambda thing: thing).status == "right"
    assert check("locked", lambda thing: types.SimpleNamespace(number=6)).explanation == "Expected 5, got 6."
    assert len(made) == len({id(thing) for thing in made})


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"kind": "essay"}, "kind 'essay'"),
        ({"reference": 3}, "not a function"),
        ({"properties": []}, "no properties"),
        ({"properties": [Property("Nothing is tried.", [])]}, "no cases"),
        ({"kind": "value", "reference": None}, "no reference"),
        ({"kind": "choice"}, "no options"),
        ({"kind": "prediction"}, "`options` or `between`"),
    ],
)
def test_an_incomplete_exercise_is_refused_by_name(changes, fault):
    with pytest.raises(CourseError, match=f"'overlap'.*{fault}"):
        exercise(**changes)


def test_looking_up_an_exercise_loads_no_later_lesson(monkeypatch):
    loaded = []

    def load(module_name):
        loaded.append(module_name)
        banks._banks[module_name] = {f"of_{module_name}": exercise(name=f"of_{module_name}")}
        return banks._banks[module_name]

    monkeypatch.setattr(banks, "_banks", {})
    monkeypatch.setattr(banks, "bank_names", lambda: ["lesson01", "lesson02", "lesson03"])
    monkeypatch.setattr(banks, "load_bank", load)
    assert banks.find_exercise("of_lesson02").name == "of_lesson02"
    assert loaded == ["lesson01", "lesson02"]


def test_a_card_says_in_words_what_it_says_in_colour_and_escapes_what_learners_wrote():
    card = Card("✗", "Not yet", "#d1495b", "overlap", ("use `a < b`",), (("got", "<script>"),))
    assert "Not yet" in card.html()
    assert "<code>a &lt; b</code>" in card.html()
    assert "<script>" not in card.html()
    assert "<script>" in card.text()


def test_pictures_stand_side_by_side_with_alt_text_where_both_are_images_of_one_shape():
    card = Card("✗", "Not yet", "red", "mask", images=(TRUTH, GUESS))
    page = card.html()
    assert re.findall(r'<img alt="([^"]+)"', page) == [
        f"{name}, drawn as an image" for name in ("expected", "got", "where they differ")
    ]
    third = base64.b64decode(page.split("base64,")[3].split('"')[0])
    picture = np.asarray(Image.open(io.BytesIO(third)))
    assert picture.shape[0] / picture.shape[1] == 2 / 3
    assert picture.astype(bool).mean() == pytest.approx(1 / 6)  # one of six pixels differs
    for odd in (GUESS[:1], 3, "text", np.array([["a", "b"]])):
        assert "<img" not in Card("✗", "Not yet", "red", "mask", images=(TRUTH, odd)).html()


def test_in_a_kernel_the_card_is_html_with_plain_text_beside_it(monkeypatch):
    import IPython

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: types.SimpleNamespace(kernel=object()))
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append((data, raw)))
    result = check("overlap", overlap)
    assert set(shown[0][0]) == {"text/html", "text/plain"}
    assert result._ipython_display_() is None
