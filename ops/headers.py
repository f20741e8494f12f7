"""`make headers`: the headers that a host is to send with the pages of a site, from the site's own config.js."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests

from ops.hosting import HOSTS, Site
from ops.page_headers import content_policy, page_headers
from ops.site_config import SiteConfigError, site_config

_SECONDS = 10
_POLICY_ELEMENT = re.compile(r"[ \t]*<meta\s+http-equiv=[\"']?Content-Security-Policy[^>]*>\n?", re.IGNORECASE)
_CHARSET = re.compile(r"(?P<indent>[ \t]*)<meta\s+charset=[^>]*>\n?", re.IGNORECASE)
# What a page asks by itself; to the others it goes.
_ASKED = ("token_endpoint", "revocation_endpoint")


def headers(host: str, path: Path, sign_in: Sequence[str] = (), folder: str = "/") -> str:
    """What to tell a host (one of HOSTS). `sign_in` spares the question to the issuer. Raises SiteConfigError."""
    config = site_config(path)
    asked = sign_in or endpoints(config)
    pages = sorted(page.name for page in path.parent.glob("*.html"))
    folder = "/" + folder.strip("/") + ("/" if folder.strip("/") else "")
    return HOSTS[host](Site(page_headers(config, asked), content_policy(config, asked), pages, folder))


def into_pages(element: str, host: str, folder: Path) -> None:
    """Put the element into each page of a folder, in the place of the one before. Raises SiteConfigError."""
    if host != "github-pages":
        raise SiteConfigError(f"{folder} is a folder: what {host} reads is one file, name it with OUT=")
    pages = sorted(folder.glob("*.html"))
    if not pages:
        raise SiteConfigError(f"{folder} has no pages: run make site first")
    for page in pages:
        text = _POLICY_ELEMENT.sub("", page.read_text(encoding="utf-8"))
        # Before anything that the policy is about.
        text, count = _CHARSET.subn(lambda charset: charset[0] + charset["indent"] + element, text, count=1)
        if not count:
            raise SiteConfigError(f"{page} has no <meta charset> to put the policy behind")
        page.write_text(text, encoding="utf-8")


def endpoints(config: Mapping[str, str]) -> list[str]:
    """Where the issuer answers pages, as its discovery document says; Cognito does so on another host."""
    issuer = config.get("issuer", "").strip()
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        answer = requests.get(url, timeout=_SECONDS)
        answer.raise_for_status()
        document = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise SiteConfigError(
            f"{url} cannot be read ({type(error).__name__}). Mend `issuer` in config.js, or name the host where the "
            "issuer gives tokens with SIGN_IN=https://…"
        ) from error
    named = document.get("issuer") if isinstance(document, dict) else None
    if not isinstance(named, str) or named.rstrip("/") != issuer.rstrip("/"):
        raise SiteConfigError(f"`issuer` in config.js is {issuer!r}, but what is there calls itself {named!r}")
    return [document[name] for name in _ASKED if isinstance(document.get(name), str)]
