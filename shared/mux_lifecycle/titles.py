"""Titles: how they are stored, and how a search compares them."""

import unicodedata


def normalized(title: str) -> str:
    """The title in Unicode's form NFC: the same letters are the same text, whatever keyboard or system wrote them."""
    return unicodedata.normalize("NFC", title)


def folded(text: str) -> str:
    """What a search compares: without differences of case, of Unicode form and of width."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
