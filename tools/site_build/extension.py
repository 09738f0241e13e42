"""What Sphinx loads: mathematics as MathML (no script, no font from elsewhere), links to source lines, the 404 page."""

import inspect
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.domains.python import PyObject
from sphinx.util import logging

from tools import repository
from tools.site_build.reference import with_bars

log = logging.getLogger(__name__)


def mathml(tex: str, block: bool) -> str:
    r"""Return a formula as MathML.

    >>> "<mn>1</mn>" in mathml(r"\tfrac12\,x", block=False)
    True
    """
    tex = re.sub(r"(\\[td]?frac)\s*(\d)\s*(\d)", r"\1{\2}{\3}", tex)  # docutils reads \tfrac12 as twelve over the next
    return tex2mathml(tex, as_block=block)


def _visit(translator, node, block: bool) -> None:
    from docutils.nodes import SkipNode

    try:
        made = mathml(node.astext(), block)
    except MathError as error:
        log.warning("formula %r: %s", node.astext(), error, location=node)
        made = ""
    if block:  # wider than a phone, it is scrolled, by keyboard too
        made = f'<div class="math formula" tabindex="0" role="group" aria-label="Formula">{made}</div>'
    translator.body.append(made)
    raise SkipNode


def _inline(translator, node):
    _visit(translator, node, block=False)


def _block(translator, node):
    _visit(translator, node, block=True)


def source_link(domain: str, info: dict) -> str | None:
    """Return where the repository shows the lines that define an object, for sphinx.ext.linkcode."""
    value = sys.modules.get(info["module"])
    for part in info["fullname"].split("."):
        value = getattr(value, part, None)
    try:
        value = inspect.unwrap(value.fget if isinstance(value, property) else value)
        file = Path(inspect.getsourcefile(value)).resolve()
        lines, first = inspect.getsourcelines(value)
        path = file.relative_to(repository.ROOT).as_posix()
    except (TypeError, OSError, ValueError):  # a constant, or another library's
        return None
    return f"{repository.github_link(path)}#L{first}-L{first + len(lines) - 1}"


def pages_address() -> str:
    """Return where GitHub publishes the site of the repository.

    >>> pages_address().endswith("/")
    True
    """
    owner, name = repository.owner_and_name().split("/")
    return f"https://{owner}.github.io/{name}/"


def _from_anywhere(app, page, template, context, doctree):
    """Count the 404 page's links from the site's root, since it is shown in place of any address."""
    if page == "404":
        context["metatags"] = f'<base href="{urlsplit(pages_address()).path}">' + context.get("metatags", "")


def _bars(app, what, name, value, options, lines):
    lines[:] = [with_bars(line) for line in lines]


def _without_fields(app, what, name, value, skip, options):
    """Leave out the fields of named tuples, which their class describes; Python's own text on them says nothing."""
    return True if type(value).__name__ == "_tuplegetter" else skip


def setup(app):
    """Register with Sphinx."""
    for kind in PyObject.doc_field_types:
        if kind.name == "variable":
            kind.label = "Attributes"  # as the docstrings call them
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("autodoc-process-docstring", _bars)
    app.connect("autodoc-skip-member", _without_fields)
    app.connect("html-page-context", _from_anywhere)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
