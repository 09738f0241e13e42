"""Write the README's links to other places anew: to the address and the version that pyproject.toml names.

python tools/refresh_readme.py     # after the address or the version has changed
"""

import re
from collections.abc import Callable

from course_lib.storage import write_atomically
from tools import repository

README = repository.ROOT / "README.md"
_LESSON = r"(?:/|%2F)(\d\d_\w+)\.ipynb"
# What begins such a link, and what it becomes for a lesson.
OPENERS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"https://colab\.research\.google\.com/github/", repository.colab_link),
    (r"https://kaggle\.com/kernels/welcome\?src=", repository.kaggle_link),
    (r"https://mybinder\.org/v2/gh/", repository.binder_link),
)


def site() -> str:
    """Return where GitHub publishes the repository's site.

    >>> site().endswith("/")
    True
    """
    owner, name = repository.owner_and_name().split("/")
    return f"https://{owner}.github.io/{name}/"


def refreshed(text: str) -> str:
    """Return a README's text with every link to the course's own places as it should be now."""
    for start, link in OPENERS:
        text = re.sub(rf"{start}[^)\s]*?{_LESSON}", lambda found, link=link: link(found[1]), text)
    text = re.sub(r"https://github\.com/[^/\s)]+/[^/\s)]+(?=/(?:actions|issues)\b)", repository.address(), text)
    return re.sub(r"https://[\w-]+\.github\.io/[\w-]+/", site(), text)


def main() -> None:
    """Rewrite the README where a link is out of date."""
    before = README.read_text(encoding="utf-8")
    after = refreshed(before)
    if after == before:
        print("README.md: every link is up to date")
        return
    with write_atomically(README) as file:
        file.write(after)
    print("README.md: links written anew")


if __name__ == "__main__":
    main()
