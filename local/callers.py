"""Tells the programs of this machine from pages in a browser, by headers that a page cannot choose.

Any page of the web can send requests to this machine, and can let a name of its own lead here.
"""

from __future__ import annotations

import re

NAMES = "127.0.0.1 or localhost"
_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]{1,5})?", re.IGNORECASE)
_NO_OTHER_PAGE = {"none", "same-origin"}


def names_this_machine(host: str | None) -> bool:
    """Whether a Host header names this machine. A page whose own name leads here sends that name."""
    return host is not None and _HOST.fullmatch(host) is not None


def sent_by_another_page(fetch_site: str | None) -> bool:
    """Whether a browser says, in Sec-Fetch-Site, that a page of another origin sent the request."""
    return fetch_site is not None and fetch_site not in _NO_OTHER_PAGE


def sent_by_a_page(origin: str | None, fetch_site: str | None) -> bool:
    """Whether a page sent the request: it names its origin, or the browser says that it has another one."""
    return origin is not None or sent_by_another_page(fetch_site)
