"""The card that shows progress in a notebook: HTML with plain text beside it; the page's own colours, light or dark."""

import html

from course_lib.progress.standing import SYMBOLS, Standing, day, effort, next_step, total

GREEN = "#2e8b57"  # more than 3 to 1 against white and against JupyterLab's dark page alike
CLEAR = "background:transparent;border:0;color:inherit"
CELL = f"{CLEAR};padding:2px 10px 2px 0;text-align:left;vertical-align:top;font-weight:normal;white-space:normal"


def text(every: list[Standing], here: Standing | None, notes: tuple[str, ...] = ()) -> str:
    """Return the card in plain words."""
    rows = []
    if here:
        rows.append(f"{here.lesson.heading}: {here.solved} of {here.of} solved")
        for name in here.lesson.exercises:
            state, took = here.state(name), effort(here.entries.get(name))
            rows.append(f"  {SYMBOLS[state]} {state:<6}  {name}" + (f" ({took})" if took else ""))
    solved, of = total(every)
    rows += [f"Whole course: {solved} of {of} solved", _next(every, here).replace("<code>", "").replace("</code>", "")]
    return "\n".join([*rows, *notes])


def page(every: list[Standing], here: Standing | None, notes: tuple[str, ...] = ()) -> str:
    """Return the card as HTML: the lesson at hand open, the whole course folded under its total."""
    solved, of = total(every)
    lessons = "".join(_lesson_row(one, one is here) for one in every)
    remarks = "".join(f'<div style="opacity:.8">{html.escape(note)}</div>' for note in notes)
    heads = "".join(f'<th scope="col" style="{CELL};opacity:.8">{name}</th>' for name in ("lesson", "solved", "last"))
    return (
        f'<div role="group" aria-label="Your progress" style="border-left:5px solid {GREEN};padding:4px 12px;'
        'margin:4px 0;max-width:44em">'
        f"{_here(here) if here else ''}"
        f'<details style="margin:6px 0"><summary style="cursor:pointer"><b>Whole course</b>: '
        f"{solved} of {of} solved {bar(solved, of)}</summary>"
        f'<table style="{CLEAR};margin:4px 0;border-collapse:collapse"><thead style="{CLEAR}"><tr style="{CLEAR}">'
        f"{heads}</tr></thead><tbody>{lessons}</tbody></table></details>"
        f"<div>{_next(every, here)}</div>"
        f"{remarks}</div>"
    )


def bar(solved: int, of: int, width: str = "6em") -> str:
    """Return a bar in HTML; the numbers stand beside it in words, so a screen reader passes over it."""
    share = 100 * solved / of if of else 0
    return (
        f'<span aria-hidden="true" style="display:inline-block;width:{width};height:.65em;'
        'border:1px solid currentColor;border-radius:3px;overflow:hidden">'
        f'<span style="display:block;height:100%;width:{share:.0f}%;background:{GREEN}"></span></span>'
    )


def _here(here: Standing) -> str:
    rows = []
    for name in here.lesson.exercises:
        state, took = here.state(name), effort(here.entries.get(name))
        rows.append(
            f'<li style="margin:1px 0"><span aria-hidden="true">{SYMBOLS[state]}</span> {state}: '
            f'<code style="{CLEAR}">{html.escape(name)}</code>'
            + (f' <span style="opacity:.8">({took})</span>' if took else "")
            + "</li>"
        )
    return (
        f"<div><b>{html.escape(here.lesson.heading)}</b>: {here.solved} of {here.of} solved "
        f"{bar(here.solved, here.of)}</div>"
        f'<ul style="list-style:none;margin:4px 0;padding:0">{"".join(rows)}</ul>'
    )


def _lesson_row(one: Standing, here: bool) -> str:
    current = ' aria-current="true"' if here else ""
    title = html.escape(one.lesson.heading)
    return (
        f'<tr style="{CLEAR}"{current}><th scope="row" style="{CELL}">{f"<b>{title}</b>" if here else title}</th>'
        f'<td style="{CELL}">{one.solved} of {one.of} {bar(one.solved, one.of, "3.5em")}</td>'
        f'<td style="{CELL};white-space:nowrap">{day(one.last) or "not yet"}</td></tr>'
    )


def _next(every: list[Standing], here: Standing | None) -> str:
    """Return what to do next, with the exercise's name as code."""
    step = next_step(every, here)
    if step is None:
        return "All exercises are solved."
    lesson, name = step
    where = "" if here and lesson == here.lesson else f" in lesson {lesson.heading}"
    done = "This lesson is done. " if here and not here.next else ""
    return f"{done}Next: <code>{html.escape(name)}</code>{where}."
