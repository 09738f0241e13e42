"""`check` and `hint`: look the exercise up, judge or hint, show a card. Neither ever raises."""

from typing import Any

from course_lib.check.banks import find_exercise, similar_names
from course_lib.check.cards import Card
from course_lib.check.judging import NOT_ATTEMPTED, NOTED, RIGHT, UNCHECKED, WRONG, Result, judge
from course_lib.progress import note_check, note_hint

attempts: list[Result] = []  # every verdict of this kernel, oldest first; what outlives it, `progress` keeps
_hints_given: dict[str, int] = {}

GREEN, RED, GREY, BLUE = "#2e8b57", "#d1495b", "#8a8f98", "#3a7ca5"


def check(name: str, answer: Any = ..., **given) -> Result:
    """Check an answer and show the verdict. Never raises, whatever the answer does; only an interrupt passes.

    In a notebook at which a person sits, the attempt is noted for `course_lib.progress`.

    Args:
        name: the exercise's name.
        answer: the learner's function, or value.
        given: for exercises on the data at hand, the values from which the right answer follows (``scans=scans``).

    Returns:
        The verdict, which stays silent when it is the last line of a cell.
    """
    exercise = None
    try:
        exercise = find_exercise(name) if isinstance(name, str) else None
        if exercise is None:
            result = Result(str(name)[:60], UNCHECKED, explanation=_unknown(name))
            title = "no such exercise"
        else:
            result, title = judge(exercise, answer, given), exercise.name
        card = _card(result, title)
    except (Exception, SystemExit) as error:
        result = Result(str(name)[:60], UNCHECKED, explanation=f"{type(error).__name__}: {str(error)[:300]}")
        card = Card("?", "Not checked", GREY, result.exercise, ("This check itself failed; go on.", result.explanation))
    attempts.append(result)
    card.show()
    if exercise is not None and result.status in (RIGHT, NOTED, WRONG):
        note_check(exercise.name, exercise.lesson, right=result.status != WRONG)
    return result


def hint(name: str) -> None:
    """Show the next hint for an exercise: three steps, then the way to the solution. Never raises."""
    try:
        exercise = find_exercise(name) if isinstance(name, str) else None
        unknown = "" if exercise else _unknown(name)
    except Exception as error:  # a bank that cannot be loaded
        exercise, unknown = None, f"{type(error).__name__}: {str(error)[:300]}"
    if exercise is None:
        Card("?", "No hint", GREY, "no such exercise", (unknown,)).show()
        return
    step = _hints_given.get(name, 0)
    if step < len(exercise.hints):
        _hints_given[name] = step + 1
        Card("→", f"Hint {step + 1} of {len(exercise.hints)}", BLUE, name, (exercise.hints[step],)).show()
        note_hint(exercise.name, exercise.lesson, step + 1)
    else:
        folder = f"`notebooks/solutions/`, lesson {exercise.lesson:02d}"
        Card("→", "No more hints", BLUE, name, (f"Compare with the solution: {folder}.",)).show()


def _unknown(name: Any) -> str:
    if not isinstance(name, str):
        return 'The name of the exercise comes first, in quotes: `check("name", answer)`.'
    near = similar_names(name)
    meant = " Did you mean " + " or ".join(f"`{other}`" for other in near) + "?" if near else ""
    return f"There is no exercise named `{name}`.{meant}"


def _card(result: Result, title: str) -> Card:
    if result.status == RIGHT:
        return Card("✓", "Right", GREEN, title, tuple(f"✓ {statement}" for statement in result.scores))
    if result.status == NOTED:
        return Card("✓", "Noted", BLUE, title, (result.explanation,))
    if result.status == NOT_ATTEMPTED:
        said = f'Nothing to check yet. Try it, or go on: later cells do not need it. `hint("{title}")` helps.'
        return Card("○", "Not attempted", GREY, title, (said,))
    if result.status == UNCHECKED:
        return Card("?", "Not checked", GREY, title, (result.explanation,))
    return _wrong_card(result, title)


def _wrong_card(result: Result, title: str) -> Card:
    lines = [f"✗ {result.statement}"] if result.statement else []
    lines.append(result.explanation)
    if result.misconception:
        lines.append(f"This looks like: {result.misconception}. {result.says}")
    held = sum(result.scores.values())
    if held:
        lines.append(f"{held} of {len(result.scores)} properties hold.")
    lines.append(f'Change it and check again; `hint("{title}")` helps.')
    return Card("✗", "Not yet", RED, title, tuple(lines), result.details, result.images)
