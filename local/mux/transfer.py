"""The bytes of one upload: staged request by request, joined without gaps, hashed as they come.

A request's body counts only once it is complete, so a broken one changes nothing. Knows no HTTP but the
`Content-Range` header.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from _hashlib import HASH
    from types import TracebackType

CHUNK_MULTIPLE = 256 * 1024

_BLOCK = 1024 * 1024
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_QUERY = re.compile(r"bytes \*/(\d{1,18}|\*)")


class BadRangeError(Exception):
    """The request's range contradicts itself, its body, or the upload."""


@dataclass(frozen=True)
class ContentRange:
    """Bytes `start` up to, not including, `end` of `total`."""

    start: int
    end: int
    total: int

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def is_last(self) -> bool:
        return self.end == self.total


def is_progress_query(header: str) -> bool:
    return _QUERY.fullmatch(header) is not None


def parse_content_range(header: str) -> ContentRange:
    """Raises BadRangeError for anything but a possible range of a chunked upload."""
    match = _RANGE.fullmatch(header)
    if match is None:
        raise BadRangeError("Content-Range is not understood")
    first, last, total = (int(group) for group in match.groups())
    wanted = ContentRange(first, last + 1, total)
    if last < first or wanted.end > total:
        raise BadRangeError("Content-Range is impossible")
    if not wanted.is_last and wanted.length % CHUNK_MULTIPLE:
        raise BadRangeError("chunks but the last must be multiples of 256 KiB")
    return wanted


class Transfer:
    """What is held of one upload. `folder` keeps its file until `discard`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: Path | None = None
        self._hash = hashlib.sha256()
        self.received = 0
        self.total: int | None = None

    @property
    def complete(self) -> bool:
        return self.total is not None and self.received == self.total

    @property
    def sha256(self) -> str:
        """Of the bytes received so far, in hex."""
        return self._hash.hexdigest()

    @property
    def file(self) -> Path:
        """The complete file, until it is discarded."""
        if self._file is None:
            raise RuntimeError("no file is held")
        return self._file

    def stage(self, start: int) -> StagedBody:
        """Where a request's body is written before it counts; use as a context manager."""
        if start == 0:
            return StagedBody(self._folder, None, hashlib.sha256())
        if start == self.received:
            return StagedBody(self._folder, self._hash, self._hash.copy())
        return StagedBody(self._folder, None, None)

    def commit(self, body: StagedBody, wanted: ContentRange | None) -> bool:
        """Join a complete body with what is held; `wanted` is None when it is the whole file.

        Returns False, changing nothing, if bytes before it are missing. Raises BadRangeError if it does not fit.
        """
        part = wanted or ContentRange(0, body.length, body.length)
        if body.length != part.length:
            raise BadRangeError("the body is not as long as Content-Range says")
        if self.total is not None and part.total != self.total and part.start > 0:
            raise BadRangeError("Content-Range names another total than before")
        if part.start == 0 and part.total != self.total:
            self._restart(part.total)
        if part.start > self.received:
            return False
        self._join(body, part)
        return True

    def take(self) -> Path:
        """Hand the complete file over to the caller; the count and the hash stay."""
        file, self._file = self.file, None
        return file

    def discard(self) -> None:
        """Drop the file; the count and the hash stay."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            self._file = None

    def _restart(self, total: int) -> None:
        self.discard()
        self._hash = hashlib.sha256()
        self.received = 0
        self.total = total

    def _join(self, body: StagedBody, part: ContentRange) -> None:
        if part.start == 0 and part.end >= self.received:
            self._replace(body, part)
        elif part.start == self.received:
            self._append(body, part)
        elif not self._holds(body, part):
            # The client started over with other bytes: what it sends last is what it means.
            self._overwrite(body, part)

    def _replace(self, body: StagedBody, part: ContentRange) -> None:
        self.discard()
        self._file = body.keep()
        self._hash = body.hash or _hash_of(self._file)
        self.received = part.end

    def _append(self, body: StagedBody, part: ContentRange) -> None:
        with self.file.open("ab") as held, body.path.open("rb") as new:
            shutil.copyfileobj(new, held, _BLOCK)
        # Another request may have been joined since this one was staged: then its hash follows other bytes.
        self._hash = body.hash if body.hash and body.follows is self._hash else _hash_of(self.file)
        self.received = part.end

    def _holds(self, body: StagedBody, part: ContentRange) -> bool:
        """Whether the body repeats bytes that are held, all of them."""
        if part.end > self.received:
            return False
        with self.file.open("rb") as held, body.path.open("rb") as new:
            held.seek(part.start)
            while block := new.read(_BLOCK):
                if held.read(len(block)) != block:
                    return False
        return True

    def _overwrite(self, body: StagedBody, part: ContentRange) -> None:
        with self.file.open("r+b") as held, body.path.open("rb") as new:
            held.truncate(part.start)
            held.seek(part.start)
            shutil.copyfileobj(new, held, _BLOCK)
        self._hash = _hash_of(self.file)
        self.received = part.end


class StagedBody:
    """One request's body on its way in; gone after the `with` block unless it was kept.

    `hash` starts as that of the bytes before the body (`follows`), or is None where those are not at hand.
    """

    def __init__(self, folder: Path, follows: HASH | None, hash_so_far: HASH | None) -> None:
        self.length = 0
        self.follows = follows
        self.hash = hash_so_far
        self._folder = folder
        self._kept = False

    def __enter__(self) -> Self:
        self._file = tempfile.NamedTemporaryFile(dir=self._folder, prefix="body-", delete=False)
        self.path = Path(self._file.name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if not self._kept:
            self.path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.length += len(data)
        if self.hash is not None:
            self.hash.update(data)

    def finish(self) -> None:
        """All bytes have come: make them readable by name."""
        self._file.flush()

    def keep(self) -> Path:
        self._kept = True
        return self.path


def _hash_of(path: Path) -> HASH:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256")
