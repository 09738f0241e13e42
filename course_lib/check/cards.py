"""The card that shows a verdict or a hint: HTML in a notebook, else plain text; symbol and word, never colour alone."""

import base64
import html
import io
import sys
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

PIXELS = 120  # width and height to which a small image is blown up


@dataclass(frozen=True)
class Card:
    """What one card says.

    Attributes:
        symbol: "✓", "✗", …
        word: what the symbol means ("Right").
        colour: of the bar on the left, a CSS colour.
        title: the name of the exercise.
        lines: sentences; `code` in backquotes.
        details: pairs of label and text; the text is shown as it stands, in a fixed-width font.
        images: expected and given 2-D array, drawn side by side.
    """

    symbol: str
    word: str
    colour: str
    title: str
    lines: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    images: tuple = field(default=())

    def text(self) -> str:
        """Return the card as plain text."""
        rows = [f"{self.symbol} {self.word}: {self.title}", *(f"  {line}" for line in self.lines)]
        for label, value in self.details:
            parted = "\n" in value
            rows.append(f"  {label}:" + ("" if parted else f" {value}"))
            rows += [f"    {row}" for row in value.splitlines()] if parted else []
        return "\n".join(rows)

    def html(self) -> str:
        """Return the card as HTML; text and background colours are the page's own, so that it suits a dark one too."""
        lines = "".join(f"<div>{_with_code(line)}</div>" for line in self.lines)
        clear = "background:transparent"
        cell = f"padding:2px 10px 2px 0;vertical-align:top;text-align:left;{clear}"
        rows = "".join(
            f'<tr style="{clear}"><th scope="row" style="{cell};font-weight:normal;opacity:.75">'
            f"{html.escape(label)}</th>"
            f'<td style="{cell}"><pre style="margin:0;color:inherit;{clear}">{html.escape(value)}</pre></td></tr>'
            for label, value in self.details
        )
        table = f'<table style="margin:4px 0;border:0">{rows}</table>' if rows else ""
        return (
            f'<div role="status" lang="en" style="border-left:5px solid {self.colour};padding:4px 12px;margin:4px 0">'
            f"<div><b>{self.symbol} {html.escape(self.word)}</b>: {html.escape(self.title)}</div>"
            f"{lines}{table}{_pictures(*self.images) if self.images else ''}</div>"
        )

    def show(self) -> None:
        """Display the card in a notebook, print it elsewhere."""
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        if shell is not None and hasattr(shell, "kernel"):
            from IPython.display import display

            display({"text/html": self.html(), "text/plain": self.text()}, raw=True)
        else:
            print(self.text())


def _with_code(line: str) -> str:
    """Escape a line and turn `backquoted` parts into code."""
    parts = html.escape(line, quote=False).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(f"<code>{part}</code>" if odd % 2 else part for odd, part in enumerate(parts))


def _pictures(expected, got) -> str:
    """Return HTML with the expected and the given image, and where they differ; "" if they cannot be drawn so."""
    left, right = (
        np.squeeze(np.asarray(image)) if isinstance(image, np.ndarray) else np.zeros(0) for image in (expected, got)
    )
    if (
        left.ndim != 2
        or left.shape != right.shape
        or min(left.shape) < 2
        or left.dtype.kind + right.dtype.kind not in _DRAWN
    ):
        return ""
    left, right = (np.nan_to_num(image.astype(np.float64)) for image in (left, right))
    low, high = min(left.min(), right.min()), max(left.max(), right.max())
    span = (high - low) or 1.0
    drawn = [
        ("expected", (left - low) / span),
        ("got", (right - low) / span),
        ("where they differ", (np.abs(left - right) > 1e-6 * span).astype(np.float64)),
    ]
    return "".join(
        '<figure style="display:inline-block;margin:4px 12px 4px 0">'
        f'<img alt="{name}, drawn as an image" src="{_png(image)}">'
        f"<figcaption>{name}</figcaption></figure>"
        for name, image in drawn
    )


_DRAWN = {a + b for a in "biuf" for b in "biuf"}


def _png(image: np.ndarray) -> str:
    """Return a grey image of values 0 to 1 as a data address, blown up without smoothing."""
    zoom = max(1, PIXELS // max(image.shape))
    pixels = np.kron(np.round(image * 255).astype(np.uint8), np.ones((zoom, zoom), np.uint8))
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
