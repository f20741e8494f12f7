"""The headers of a site's pages, from its config.js: who may frame them, and whom they talk to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ops.site_config import SiteConfigError

# The one page that is made for the frames of other sites.
EMBED = "embed.html"
MUX = "https://*.mux.com"
# Where Mux takes uploads is below *.mux.com today; URLs of its older kind are Google's.
UPLOADS = (MUX, "https://storage.googleapis.com")
COUNTING = "https://*.litix.io"
_POLICY = "Content-Security-Policy"
SELF = "'self'"
# Where Mux delivers from when config.js names nothing else.
_DEFAULTS = {"stream": "https://stream.mux.com", "image": "https://image.mux.com"}
_PORTS = {"https": 443, "http": 80}
_PORT = r"(:[0-9]{1,5})?"
_SERVER = re.compile(rf"https://[a-z0-9.-]+{_PORT}|http://(localhost|127(\.[0-9]{{1,3}}){{3}}){_PORT}")
_PLACEHOLDER = "EXAMPLE"


@dataclass(frozen=True)
class PageHeaders:
    """`everything` is for each file; `pages` beside it for all but embed.html, `embed` beside it for that one."""

    everything: Mapping[str, str]
    pages: Mapping[str, str]
    embed: Mapping[str, str]

    def of(self, file: str) -> Mapping[str, str]:
        return {**self.everything, **(self.embed if file == EMBED else self.pages)}


def page_headers(config: Mapping[str, str], sign_in: Iterable[str] = ()) -> PageHeaders:
    """What a host is to send; `sign_in` are URLs that the issuer answers at beside its own. Raises SiteConfigError."""
    policy = content_policy(config, sign_in)
    return PageHeaders(
        everything={
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "X-Content-Type-Options": "nosniff",
            # Pages of other sites load the elements: modules from another origin need it.
            "Access-Control-Allow-Origin": "*",
        },
        pages={_POLICY: f"{policy}; frame-ancestors 'none'", "X-Frame-Options": "DENY"},
        embed={_POLICY: f"{policy}; frame-ancestors *"},
    )


def content_policy(config: Mapping[str, str], sign_in: Iterable[str] = ()) -> str:
    """The Content-Security-Policy without its word on frames, which a <meta> element cannot say."""
    stream, image = server(config, "stream"), server(config, "image")
    # An emulated Mux is all of Mux; the real one delivers from hosts of its own, whatever the custom domain.
    emulated = stream.startswith("http://")
    mux = () if emulated else (MUX,)
    uploads = () if emulated else UPLOADS
    counting = (COUNTING,) if config.get("dataKey", "").strip() else ()
    talked_to = (server(config, "api"), server(config, "issuer"), *map(_server, sign_in))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            # For the styles inside Mux's player.
            "style-src 'self' 'unsafe-inline'",
            _sources("img-src 'self' data: blob:", (image, *mux, *counting)),
            _sources("connect-src 'self'", (*talked_to, stream, image, *uploads, *counting)),
            _sources("media-src blob:", (stream, *mux)),
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def server(config: Mapping[str, str], name: str) -> str:
    """An address's origin; 'self' for an address that begins with a slash. Raises SiteConfigError."""
    return _server(config.get(name, "").strip() or _DEFAULTS.get(name, ""), f"`{name}` in config.js")


def _server(url: str, what: str = "an address of the sign-in service") -> str:
    """Takes what `address` in elements/src/core/address.ts takes: tests/ops/addresses.json holds both to it."""
    text = url.strip()
    if re.match(r"/(?!/)", text):
        return SELF
    origin = _origin(text)
    if not _SERVER.fullmatch(origin) or _PLACEHOLDER in text:
        raise SiteConfigError(f"{what} is {url!r}: it must be like https://videos.example.com")
    return origin


def _origin(url: str) -> str:
    """As a browser writes it; "" when there is none."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = "" if parts.port in {None, _PORTS.get(parts.scheme)} else f":{parts.port}"
    except ValueError:
        return ""
    return "" if "@" in parts.netloc else f"{parts.scheme}://{host}{port}"


def _sources(directive: str, hosts: Iterable[str]) -> str:
    """The directive with its hosts, each once, and none that the wildcard stands for."""
    once = [host for host in dict.fromkeys(hosts) if host not in directive.split()]
    covered = [host for host in once if MUX in once and host != MUX and host.endswith(".mux.com")]
    return " ".join([directive, *(host for host in once if host not in covered)])
