"""Kaggle's side of the download, through the kaggle package: its login, client and session; and what it refuses."""

import io
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

from course_lib.download.login import NAME, OWNER, PAGE, TOKENS_PAGE, find_login, no_login
from course_lib.errors import DownloadError

_TIMEOUT = (20, 60)  # seconds to connect, and without a byte; the package itself would wait for ever
_CONSENT = ("consent", "licen", "terms", "rules", "accept", "agree", "verif")


class _Adapter(HTTPAdapter):
    """Gives every request of a session a time limit, and those that fetch the archive the range that is lacking."""

    def __init__(self, start: int, validator: str | None):
        super().__init__()
        self.start, self.validator = start, validator

    def send(self, request, stream=False, timeout=None, **settings):
        # The package asks by POST and is sent on, by a redirect, to the storage: the GET is what can go on.
        if self.start and request.method == "GET":
            request.headers["Range"] = f"bytes={self.start}-"
            if self.validator:
                request.headers["If-Range"] = self.validator
        return super().send(request, stream=stream, timeout=timeout or _TIMEOUT, **settings)


@contextmanager
def open_archive(start: int = 0, validator: str | None = None) -> Iterator[requests.Response]:
    """Asks Kaggle for the data set's archive, from byte `start` on.

    Args:
        start: bytes that are there already.
        validator: the ETag or date that came with those bytes. If the archive has changed since, all of it comes.

    Yields:
        The response, its body unread: status 206 if it begins at `start`, 200 if it is the whole archive.

    Raises:
        DownloadError: the kaggle package cannot be imported.
        requests.RequestException: Kaggle refuses or cannot be reached; `explain` makes a sentence of it.
    """
    api = _signed_in()
    from kagglesdk.datasets.types.dataset_api_service import ApiDownloadDatasetRequest

    request = ApiDownloadDatasetRequest()
    request.owner_slug, request.dataset_slug = OWNER, NAME
    with api.build_kaggle_client() as client:
        session = client.http_client()._session
        session.stream = True  # older versions of the package would read the whole archive into memory
        session.headers["Accept-Encoding"] = "identity"  # bytes on the wire are bytes of the archive
        adapter = _Adapter(start, validator)
        for scheme in ("https://", "http://"):
            session.mount(scheme, adapter)
        with closing(client.datasets.dataset_api_client.download_dataset(request)) as response:
            yield response


def _signed_in():
    """The package's API object with the login that it finds; without one it asks as anybody may."""
    api = _api_class()()
    api.config_values = {"username": None, "key": None}
    # Where VERBOSE is set, the package would print the login, and read and print the archive.
    api.args = [word for word in api.args if word not in ("--verbose", "-v")]
    try:
        with redirect_stdout(io.StringIO()):  # it prints a page of help of its own
            api.authenticate()
    except (SystemExit, ValueError, requests.HTTPError):
        pass  # a login that is missing or refused: the answer to the download itself will say so
    except requests.RequestException:
        raise
    except OSError:
        pass  # how versions before 2 say that there is no login
    return api


def _api_class():
    """KaggleApi, past the package's habit to sign in when it is imported and to leave if it cannot."""
    try:
        with redirect_stdout(io.StringIO()):
            from kaggle.api.kaggle_api_extended import KaggleApi
    except ImportError as error:
        problem = f"The package kaggle cannot be used ({error})"
        raise DownloadError(f"{problem}. Install it: {sys.executable} -m pip install --upgrade kaggle six") from error
    except (SystemExit, ValueError, OSError) as error:
        module = sys.modules.get("kaggle.api.kaggle_api_extended")
        if not hasattr(module, "KaggleApi"):
            problem = f"The package kaggle does not start ({error})"
            raise DownloadError(f"{problem}. Let KAGGLE_CONFIG_DIR name a folder that you can write to.") from error
        return module.KaggleApi
    return KaggleApi


def check_is_archive(response: requests.Response, target: Path) -> None:
    """Raises DownloadError where a web page came in place of the archive."""
    if response.headers.get("Content-Type", "").startswith("text/html"):
        if find_login() is None:
            raise DownloadError(no_login(target))
        raise DownloadError(
            f"A web page came in place of the archive, from {response.url.split('?')[0]}. If this network wants you to "
            f"sign in first (a hotel's, a hospital's), do so and run this again; else try another network."
        )


def explain(error: requests.RequestException, target: Path) -> DownloadError:
    """The sentence for what went wrong before the archive came, and the next step."""
    if error.response is not None:
        return DownloadError(_refusal(error.response, target))
    if isinstance(error, requests.exceptions.ProxyError):
        problem = "The proxy does not let this machine reach Kaggle"
        remedy = "Check the variables HTTPS_PROXY and HTTP_PROXY"
    elif isinstance(error, requests.exceptions.SSLError):
        problem = "The connection to Kaggle is not trusted: its certificate does not hold"
        remedy = "Check this machine's clock; behind a company's firewall let REQUESTS_CA_BUNDLE name its certificate"
    elif isinstance(error, requests.Timeout):
        problem, remedy = "Kaggle does not answer", "Check this machine's network"
    elif isinstance(error, requests.ConnectionError):
        problem = "Kaggle cannot be reached"
        remedy = "Check this machine's network; behind a proxy set HTTPS_PROXY to its address"
    else:
        problem, remedy = f"The request to Kaggle failed ({error})", f"See whether {PAGE} opens in a browser"
    return DownloadError(f"{problem}. {remedy}, then run this again.")


def _refusal(response: requests.Response, target: Path) -> str:
    status, login = response.status_code, find_login()
    said = _said(response)
    if status in (401, 403) and login is None:
        return no_login(target)
    if status == 403 and any(word in said.lower() for word in _CONSENT):
        return (
            f"Kaggle wants your consent first ({said}). Open {PAGE} in a browser, signed in as the same user, press "
            "Download there and accept what it asks; then run this again."
        )
    if status in (401, 403):
        return (
            f"Kaggle does not take the login from {login} (status {status}). Make a new token at {TOKENS_PAGE} "
            "(Generate New Token), put it in place of the old one, and run this again."
        )
    if status == 404:
        return (
            f"Kaggle has no data set {OWNER}/{NAME} (status 404): it was moved or withdrawn. See {PAGE}; "
            "scans from elsewhere are used when COURSE_DATA names their folder."
        )
    if status == 429:
        wait = response.headers.get("Retry-After", "")
        when = f"in {wait} seconds" if wait.isdigit() else "in some minutes"
        return f"Kaggle asks for a pause: too many requests (status 429). Run this again {when}."
    trouble = f"Kaggle answers with an error (status {status}{', ' + said if said else ''})"
    return f"{trouble}. Run this again in some minutes; https://status.kaggle.com says whether others have it too."


def _said(response: requests.Response) -> str:
    """The message in Kaggle's answer, where it has one; one line."""
    try:
        message = response.json()["message"]
    except (ValueError, KeyError, TypeError, requests.RequestException):
        return ""
    return " ".join(str(message).split())[:200].rstrip(".")
