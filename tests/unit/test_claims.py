"""Who claims a tag is read from the addresses of all webhooks; the older claim wins, and a doubt is none."""

from typing import Any

import pytest

from mux_lifecycle.mux.addresses import Addresses, claimed_tags, is_ours, rivals
from mux_lifecycle.workflows.claims import TagClaimed, contest

type Json = dict[str, Any]

URL = "https://one.execute-api.eu-central-1.amazonaws.com/webhooks/mux"
OTHER = "https://two.execute-api.eu-central-1.amazonaws.com/webhooks/mux"


def webhook(address: object, created_at: str = "2026-11-01T10:00:00.000000Z", id: str = "w") -> Json:  # noqa: A002
    return {"id": id, "address": address, "created_at": created_at, "enabled": False}


@pytest.mark.parametrize(
    ("address", "tags"),
    [
        (f"{URL}?tag=videos", ["videos"]),
        (f"{URL}?retiring=w1&tag=videos", ["videos"]),
        (f"{URL}/pending?tag=videos", ["videos"]),
        ("https://videos.example.com/anything?tag=videos", ["videos"]),
        (f"{URL}?tag=one&tag=two", ["one", "two"]),
        (f"{URL}?tag=a%26b", ["a&b"]),
        (f"{URL}?tag=", [""]),
        (URL, ["videos"]),
        (f"{URL}/pending", ["videos"]),
        (f"{URL}?retiring=w1", ["videos"]),
        ("https://example.com/hooks", []),
        ("https://example.com/webhooks/mux", []),
        ("https://example.com/api/webhooks/mux", []),
        (f"{URL}er", []),
        (f"{URL}/other", []),
        (f"https://example.com/?{URL}", []),
        ("https://[broken?tag=videos", []),
        (None, []),
        (7, []),
    ],
)
def test_an_address_claims_the_tags_in_its_query_or_the_former_default(address: object, tags: list[str]) -> None:
    assert claimed_tags(address) == tags


@pytest.mark.parametrize("tag", ["videos", "a&b=c", "50%", "a+b", "ü", "tag=x"])
def test_the_addresses_of_a_stack_claim_its_tag_and_are_its_own(tag: str) -> None:
    addresses = Addresses(URL, tag)
    for address in (addresses.live, addresses.pending, addresses.retiring("w1")):
        assert claimed_tags(address) == [tag]
        assert is_ours(webhook(address), [URL])
        assert not is_ours(webhook(address), [OTHER])
        assert rivals([webhook(address)], tag, [OTHER])
        assert addresses.is_live(address) == (address == addresses.live)
        assert addresses.is_pending(address) == (address == addresses.pending)


OLD, NEW = "2026-11-01T10:00:00.000000Z", "2026-11-01T10:00:00.000001Z"


@pytest.mark.parametrize(
    ("webhooks", "lost"),
    [
        ([], False),
        ([webhook(f"{URL}?tag=videos")], False),
        ([webhook(f"{OTHER}?tag=others")], False),
        ([webhook(f"{OTHER}?tag=videos")], True),
        ([webhook(OTHER)], True),
        ([webhook(f"{URL}?tag=videos", OLD), webhook(f"{OTHER}?tag=videos", NEW)], False),
        ([webhook(f"{URL}?tag=videos", NEW), webhook(f"{OTHER}?tag=videos", OLD)], True),
        ([webhook(f"{URL}?tag=videos", OLD, "a"), webhook(f"{OTHER}?tag=videos", OLD, "b")], False),
        ([webhook(f"{URL}?tag=videos", OLD, "b"), webhook(f"{OTHER}?tag=videos", OLD, "a")], True),
        ([webhook(URL, OLD), webhook(f"{OTHER}?tag=videos", NEW)], False),
        ([webhook(f"{URL}?tag=videos&retiring=x", OLD), webhook(f"{OTHER}?tag=videos", NEW)], False),
        ([webhook(f"{URL}?tag=videos", OLD), {"id": "x", "address": f"{OTHER}?tag=videos"}], True),
    ],
)
def test_the_older_claim_wins(webhooks: list[Json], lost: bool) -> None:
    for order in (webhooks, webhooks[::-1]):
        if lost:
            with pytest.raises(TagClaimed, match=rf"holds the tag videos .* {OTHER}\. Deploy with another StackTag"):
                contest(order, "videos", [URL])
        else:
            contest(order, "videos", [URL])


def test_exactly_one_of_two_stacks_wins_a_tag() -> None:
    both = [webhook(f"{URL}?tag=videos", OLD, "b"), webhook(f"{OTHER}?tag=videos", OLD, "a")]
    contest(both, "videos", [OTHER])
    with pytest.raises(TagClaimed):
        contest(both, "videos", [URL])


def test_the_words_tell_no_secret_of_an_address() -> None:
    address = "https://user:hidden@two.example.com/hook?tag=videos&key=hidden"  # pragma: allowlist secret
    with pytest.raises(TagClaimed) as raised:
        contest([webhook(address)], "videos", [URL])
    assert "https://two.example.com/hook" in str(raised.value)
    assert "hidden" not in str(raised.value)


def test_where_a_stack_was_before_is_its_own() -> None:
    contest([webhook(f"{OTHER}?tag=videos")], "videos", [URL, OTHER])
