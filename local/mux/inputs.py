"""What an input URL yields. Loopback hosts are fetched as Mux fetches; no other host is ever contacted:
it holds an ordinary video, unless its name ends in `.invalid`, which cannot be read.
"""

from __future__ import annotations

import ipaddress
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import aiohttp

from local.mux import webvtt
from local.mux.probe import Media, probe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FETCH_AGENT = "curl/7.43.0 (Mux)"

_REDIRECTS = 5
_FETCH_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=5, sock_read=30)
_CHUNK = 64 * 1024
_TEXT_LIMIT = 1024 * 1024
_NOT_A_VIDEO = "The input file is not a valid video file."
_NOT_READABLE = "The input file could not be downloaded."
_NOT_SUBTITLES = "The text track could not be parsed."


class InputError(Exception):
    """The input cannot be used; the message is what Mux would tell the customer."""


class Inputs:
    """`folder` holds files while they are looked at, afterwards only those that somebody asked to keep."""

    def __init__(self, session: aiohttp.ClientSession, folder: Path) -> None:
        self._session = session
        self._folder = folder

    async def media(self, url: str) -> Media:
        """Raises InputError."""
        media, file = await self.fetch(url)
        if file:
            file.unlink()
        return media

    async def fetch(self, url: str) -> tuple[Media, Path | None]:
        """The media and the file, which the caller disposes of; no file from a host that is not contacted.

        Raises InputError.
        """
        if not _is_loopback(url):
            return _invented(url), None
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix="input-", delete=False) as file:
            try:
                async for chunk in self._read(url):
                    file.write(chunk)
                file.flush()
                return described(Path(file.name)), Path(file.name)
            except BaseException:
                _drop(file.name)
                raise

    async def subtitles(self, url: str) -> str | None:
        """The URL's subtitles as WebVTT; None from a host that is not contacted. Raises InputError."""
        if not _is_loopback(url):
            _invented(url)
            return None
        content = bytearray()
        async for chunk in self._read(url):
            content += chunk
            if len(content) > _TEXT_LIMIT:
                raise InputError(_NOT_SUBTITLES)
        text = webvtt.read(bytes(content))
        if text is None:
            raise InputError(_NOT_SUBTITLES)
        return text

    async def _read(self, url: str) -> AsyncIterator[bytes]:
        for _ in range(_REDIRECTS):
            try:
                async with self._session.get(
                    url,
                    headers={"User-Agent": FETCH_AGENT},
                    allow_redirects=False,
                    timeout=_FETCH_TIMEOUT,
                ) as response:
                    if response.status == 200:
                        async for chunk in response.content.iter_chunked(_CHUNK):
                            yield chunk
                        return
                    url = urljoin(url, response.headers.get("Location", ""))
                    if response.status not in {301, 302, 303, 307, 308} or not _is_loopback(url):
                        break
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
                break
        raise InputError(_NOT_READABLE)


def _drop(file: str) -> None:
    Path(file).unlink()


def described(path: Path) -> Media:
    """What the file holds; raises InputError if it is no media file."""
    media = probe(path)
    if media is None:
        raise InputError(_NOT_A_VIDEO)
    return media


def is_fetchable(url: str) -> bool:
    """Whether Mux would accept the URL at all."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _invented(url: str) -> Media:
    host = urlsplit(url).hostname or ""
    if host == "invalid" or host.endswith(".invalid"):
        raise InputError(_NOT_READABLE)
    return Media()


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
