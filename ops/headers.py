"""`make headers`: the headers that a host is to send with the pages of a site, from the site's own config.js."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import requests

from ops.hosting import HOSTS, Site
from ops.page_headers import content_policy, page_headers
from ops.site_config import SiteConfigError, site_config

_SECONDS = 10
# What a page asks by itself; to the others it goes.
_ASKED = ("token_endpoint", "revocation_endpoint")


def headers(host: str, path: Path, sign_in: Sequence[str] = (), folder: str = "/") -> str:
    """What to tell a host (one of HOSTS). `sign_in` spares the question to the issuer. Raises SiteConfigError."""
    config = site_config(path)
    asked = sign_in or endpoints(config)
    pages = sorted(page.name for page in path.parent.glob("*.html"))
    folder = "/" + folder.strip("/") + ("/" if folder.strip("/") else "")
    return HOSTS[host](Site(page_headers(config, asked), content_policy(config, asked), pages, folder))


def endpoints(config: Mapping[str, str]) -> list[str]:
    """Where the issuer answers pages, as its discovery document says; Cognito does so on another host."""
    issuer = config.get("issuer", "")
    url = f"{issuer.removesuffix('/')}/.well-known/openid-configuration"
    try:
        answer = requests.get(url, timeout=_SECONDS)
        answer.raise_for_status()
        document = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise SiteConfigError(
            f"{url} cannot be read ({type(error).__name__}). Mend `issuer` in config.js, or name the host where the "
            "issuer gives tokens with SIGN_IN=https://…"
        ) from error
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        named = document.get("issuer") if isinstance(document, dict) else None
        raise SiteConfigError(f"`issuer` in config.js is {issuer!r}, but what is there calls itself {named!r}")
    return [document[name] for name in _ASKED if isinstance(document.get(name), str)]
