"""The headers of a site's pages, from its config.js: who may frame them, and whom they talk to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from ops.site_config import SiteConfigError

# The one page that is made for the frames of other sites.
EMBED = "embed.html"
MUX = "https://*.mux.com"
# Where Mux takes uploads is below *.mux.com today; URLs of its older kind are Google's.
UPLOADS = (MUX, "https://storage.googleapis.com")
COUNTING = "https://*.litix.io"
_POLICY = "Content-Security-Policy"
_SERVER = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1):[0-9]{1,5}")
_PATH = re.compile(r"[A-Za-z0-9._~@/-]*")


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
            # Pages of other sites load the modules of the drop-in uploader.
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
    counting = (COUNTING,) if config.get("dataKey") else ()
    talked_to = (server(config, "api"), server(config, "issuer"), *map(_server, sign_in))
    return "; ".join(
        (
            "default-src 'none'",
            _sources("script-src 'self'", _components(config)),
            # For the styles inside Mux's elements.
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
    """The origin of an address in the configuration. Raises SiteConfigError."""
    return _server(config.get(name, ""), f"`{name}` in config.js")


def _server(url: str, what: str = "an address of the sign-in service") -> str:
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if not _SERVER.fullmatch(origin):
        raise SiteConfigError(f"{what} is {url!r}: it must be like https://videos.example.com")
    return origin


def _components(config: Mapping[str, str]) -> tuple[str, ...]:
    """Where Mux's elements are; a folder of the site itself needs no more."""
    base = config.get("components", "")
    if not urlsplit(base).netloc:
        return ()
    folder = urlsplit(urljoin(base, "@mux/"))
    if not _PATH.fullmatch(folder.path):
        raise SiteConfigError(f"`components` in config.js is {base!r}: its path holds more than letters and digits")
    return (server(config, "components") + folder.path,)


def _sources(directive: str, hosts: Iterable[str]) -> str:
    """The directive with its hosts, each once, and none that the wildcard stands for."""
    once = list(dict.fromkeys(hosts))
    covered = [host for host in once if MUX in once and host != MUX and host.endswith(".mux.com")]
    return " ".join([directive, *(host for host in once if host not in covered)])
