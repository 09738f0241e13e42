"""Drives a real browser over a real JupyterLab, for tests that ask what a learner sees.

    (folder / "lesson.ipynb").write_text(browser.notebook("1 + 1"))
    with browser.start_lab(folder) as lab, browser.open_page() as page:
        browser.open_notebook(page, lab, "lesson.ipynb")
        browser.run_all(page)
        assert browser.errors(page) == []

A test that uses it carries the marker `browser` and calls `skip_without_browser` first.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMIUM_OPTIONS = (
    "--no-sandbox",  # a container's root user has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
SETTINGS = {  # no news, and every cell on the page even where it is scrolled out of sight
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


class Lab(NamedTuple):
    """A running JupyterLab: its address without a trailing slash, and the token that opens it."""

    url: str
    token: str


def skip_without_browser():
    """Skip the test where Playwright or Chromium is missing, saying which."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")


@contextmanager
def start_lab(folder, environment=None, seconds=60):
    """JupyterLab over `folder` on a free port of this machine, with settings of its own; ended at the end of the block.

    Args:
        folder: what learners would have open.
        environment: variables for the server and its kernels, beside those of this process.
        seconds: how long it may take to answer.

    Yields:
        A `Lab`.
    """
    folder = Path(folder)
    home = folder.parent / f"{folder.name}-jupyter"
    for name, content in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    places = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    lab = Lab(f"http://127.0.0.1:{_free_port()}", secrets.token_hex(16))
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [f"--ServerApp.root_dir={folder}", f"--port={lab.url.rsplit(':', 1)[1]}", "--ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={lab.token}", "--ServerApp.port_retries=0"]
    variables = os.environ | {name: str(place) for name, place in places.items()} | (environment or {})
    home.mkdir(exist_ok=True)
    log = home / "server.log"
    with open(log, "w") as out:
        server = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=variables, cwd=folder)
    try:
        _wait_for(lab, server, log, seconds)
        yield lab
    finally:
        server.terminate()  # the server ends its kernels
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(lab, server, log, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{lab.url}/api?token={lab.token}", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not answer within {seconds} s:\n{log.read_text()[-2000:]}")


@contextmanager
def open_page(width=1300, height=1000):
    """A fresh page of a headless Chromium that remembers every error on its console (see `errors`)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        page = chromium.new_context(viewport={"width": width, "height": height}).new_page()
        page.set_default_timeout(30_000)
        page.course_errors = []
        page.on("pageerror", lambda error: page.course_errors.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.course_errors.append(_place_and_text(said)))
        try:
            yield page
        finally:
            chromium.close()


def _place_and_text(said):
    return f"{said.text} [{said.location.get('url', '')}]"


def errors(page):
    """What went wrong on the page so far, as its console tells it."""
    return list(page.course_errors)


def notebook(*sources):
    """A notebook of code cells with these sources, as JSON."""
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    return json.dumps(
        {
            "cells": [code | {"id": f"cell{number}", "source": source} for number, source in enumerate(sources)],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def open_notebook(page, lab, path, kernel=True):
    """Open one notebook of the lab's folder and wait until its kernel is idle.

    Args:
        page: of `open_page`.
        lab: of `start_lab`.
        path: the notebook, seen from the lab's folder.
        kernel: False to look at it as it was saved, without a kernel.
    """
    page.goto(f"{lab.url}/lab/tree/{path}?reset&token={lab.token}")
    page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", timeout=60_000)
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.context?.isReady")
    if kernel:
        wait_until_idle(page)
    else:
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")


def wait_until_idle(page, seconds=60):
    """Wait until the notebook's kernel has nothing to do."""
    status = "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status"
    page.wait_for_function(f"() => {status} === 'idle'", timeout=seconds * 1000)


def run_all(page, seconds=300):
    """Run every cell of the open notebook, as "Run All Cells" does, and wait until the last is done.

    Raises:
        AssertionError: a cell raised; with its message.
    """
    page.set_default_timeout(seconds * 1000)
    page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.set_default_timeout(30_000)
    wait_until_idle(page, seconds)
    raised = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]')
    assert raised.count() == 0, raised.first.inner_text()


SCREENSHOTS = Path(__file__).parents[1] / "screenshots"  # git-ignored; CI keeps them beside its log


def photograph(page, name):
    """Keep what the page shows now as screenshots/`name`.png, to be looked at by a person."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def shut_out(page, within):
    """What axe-core calls a critical or serious fault in some elements of the page, as readable lines.

    Args:
        page: of `open_page`.
        within: CSS selector of the elements that are looked through.
    """
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=within).response["violations"]
    return [
        f"{fault['id']}: {fault['help']}: {node['html'][:200]}"
        for fault in found
        if fault["impact"] in ("critical", "serious")
        for node in fault["nodes"]
    ]
