"""``course progress``: which exercises are solved, lesson by lesson."""

import argparse
import json
import sys

EXAMPLES = """\
examples:
  course progress                 every lesson: how many exercises are solved
  course progress 05              the exercises of lesson 5, and what is next
  course progress --json          the same for programs
  course progress 05 --forget     begin lesson 5 anew (its notebook: course reset 05)
  course progress --forget        forget everything; a copy is kept

An exercise is solved once an answer was right (a prediction or a text: once it was made), and stays so. What is kept
is one file, progress/progress.json in the course's folder, and nothing is sent anywhere. COURSE_PROGRESS=DIR, set in
the environment, keeps it in another folder; COURSE_PROGRESS=off keeps nothing.
"""
WIDTH = 10  # blocks of a bar


def add_parser(subparsers) -> None:
    """Add ``progress`` to the command line."""
    parser = subparsers.add_parser(
        "progress",
        help="say which exercises you have solved",
        description="Say which exercises you have solved, and what comes next.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lesson", nargs="?", metavar="LESSON", help="a number or a name, such as 05 or 05_tversky")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument("--forget", action="store_true", help="forget it, and keep a copy of what was there")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print where the lessons stand, or forget it."""
    from course_lib import progress
    from course_lib.errors import CourseError

    lesson = progress.find_lesson(options.lesson) if options.lesson else None
    if options.forget and options.json:
        raise CourseError("--forget and --json do not go together: choose one.")
    if progress.place() is None and not options.json:
        print(progress.SWITCHED_OFF)
        return 0
    if options.forget:
        return forget(lesson)
    entries, problem = progress.kept_entries()
    if problem:
        print(problem, file=sys.stderr)
    every = progress.standings(entries)
    if options.json:
        print(as_json(every, lesson))
    else:
        print("\n".join(lesson_rows(every[lesson.number - 1]) if lesson else course_rows(every)))
    return 0


def forget(lesson) -> int:
    """Forget one lesson's progress, or all, and say where the copy is."""
    from course_lib import progress

    copy = progress.forget(lesson.number if lesson else None)
    what = f"lesson {lesson.number}" if lesson else "all lessons"
    if copy is None:
        print(f"There was no progress in {what} to forget.")
    else:
        print(f"Forgot the progress in {what}. As it was before: {copy}")
    return 0


def as_json(every, lesson) -> str:
    """All that is known, for programs."""
    from course_lib import progress
    from course_lib.progress.standing import total

    solved, of = total(every)
    folder = progress.place()
    rows = [one.as_dict() for one in every if lesson in (None, one.lesson)]
    return json.dumps({"kept_in": folder and str(folder), "solved": solved, "of": of, "lessons": rows}, indent=1)


def course_rows(every) -> list[str]:
    """The table of all lessons, a line a lesson, and what to do next."""
    from course_lib import progress
    from course_lib.progress.standing import day, next_step, total

    if not any(one.last for one in every):
        return [
            "Nothing yet. What you solve with check(…) in a lesson shows here.",
            "Begin with lesson 1: course lab",
        ]
    rows = [f"{'lesson':<23} {'solved':<{WIDTH + 9}} last worked on", ""]
    rows += [
        f"{one.lesson.number:>2} · {one.lesson.title:<18} {bar(one.solved, one.of)}  {one.solved} of {one.of}  "
        f"{day(one.last)}".rstrip()
        for one in every
    ]
    solved, of = total(every)
    rows += ["", f"     {'whole course':<18} {bar(solved, of)}  {solved} of {of}", ""]
    here = max(every, key=lambda one: one.last)
    step = next_step(every, here)
    if step is None:
        return [*rows, "All exercises are solved."]
    rows.append(f"Next: {step[1]} in lesson {step[0].heading} (course lab --lesson {step[0].number})")
    return [*rows, *filter(None, [progress.keeping_advice()])]


def lesson_rows(one) -> list[str]:
    """The exercises of one lesson, and the task of the next."""
    from course_lib.progress.standing import SYMBOLS, day, effort

    rows = [f"{one.lesson.heading}: {one.solved} of {one.of} solved", ""]
    wide = max(map(len, one.lesson.exercises))
    for name in one.lesson.exercises:
        entry, state = one.entries.get(name), one.state(name)
        when = day(entry.solved or entry.last) if entry else ""
        rows.append(f"  {SYMBOLS[state]} {state:<6}  {name:<{wide}}  {when:<10}  {effort(entry)}".rstrip())
    if not one.next:
        return [*rows, "", "This lesson is done."]
    from course_lib.check.banks import load_bank

    task = load_bank(f"lesson{one.lesson.number:02d}")[one.next].task
    return [*rows, "", f"Next: {one.next}. {task}", f"Open the lesson: course lab --lesson {one.lesson.number}"]


def bar(solved: int, of: int) -> str:
    """A bar of ten blocks, of plain signs where the terminal has no blocks.

    >>> bar(0, 5), bar(1, 50)[0] == bar(0, 5)[0]
    ('░░░░░░░░░░', False)
    """
    full = max(WIDTH * solved // of, 1) if solved else 0
    blocks = "█" * full + "░" * (WIDTH - full)
    try:
        blocks.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return blocks.translate({ord("█"): "#", ord("░"): "-"})
    return blocks
