"""Pictures out of a notebook's outputs into files of their own, so that pages stay small and load them when needed."""

import base64
import html
import io
import re
from pathlib import Path

import nbformat
from PIL import Image

from course_lib.errors import CourseError

_IMG = re.compile(r'<img\b[^>]*?\ssrc="data:image/(png|webp|jpeg|gif);base64,([^"]+)"[^>]*>')
_BESIDE = re.compile(r"<style scoped>.*?</style>\s*", re.S)  # pandas' own; the site's tables look alike everywhere


def _plain_table(made: str) -> str:
    """Return pandas' HTML without a look of its own and without headers that head nothing."""
    return _BESIDE.sub("", made).replace(' border="1"', "").replace("<th></th>", "<td></td>")


class Album:
    """Numbers the pictures of one page and writes them into a folder.

    Args:
        folder: where the files go; made if missing.
        address: that folder as the page's HTML writes it, without a slash at its end.
        name: what the files' names begin with.
    """

    def __init__(self, folder: Path, address: str, name: str):
        self.folder, self.address, self.name, self.count = folder, address, name, 0

    def without_pictures(self, output: nbformat.NotebookNode) -> None:
        """Move the pictures of one output, be they bare or in its HTML, into files; in place."""
        data = output.get("data", {})
        for kind in ("png", "jpeg"):
            if f"image/{kind}" in data and "text/html" not in data:
                alt = output.get("metadata", {}).get(f"image/{kind}", {}).get("alt", "")
                source = "".join(data.pop(f"image/{kind}").split())
                data["text/html"] = f'<img alt="{html.escape(alt)}" src="data:image/{kind};base64,{source}">'
        if "text/html" in data:
            data["text/html"] = _IMG.sub(self._kept, _plain_table(data["text/html"]))

    def _kept(self, found: re.Match) -> str:
        kind, pixels = found[1], base64.b64decode(found[2])
        if not re.search(r'\salt="[^"]+"', found[0]):
            raise CourseError(
                f"{self.name}: picture {self.count + 1} has no alt text. Show it with plots.show(…, alt=…)."
            )
        self.count += 1
        file = self.folder / f"{self.name}-{self.count:02d}.{kind}"
        self.folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pixels)
        width, height = Image.open(io.BytesIO(pixels)).size
        loaded = f'src="{self.address}/{file.name}" width="{width}" height="{height}" loading="lazy"'
        return re.sub(r'src="data:[^"]+"', lambda _: loaded, found[0])
