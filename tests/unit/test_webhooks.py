"""Signatures: what Mux's own SDKs accept is accepted, and nothing else is."""

import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mux_lifecycle.errors import InvalidSignature, SecretUnavailable
from mux_lifecycle.mux import webhooks

SECRET = "SuperSecret123"
NOW = 1_565_125_718
BODY = b'{"test":"body"}'
V1 = "854ece4c22acef7c66b57d4e504153bc512595e8e9c772ece2a68150548c19a7"

# The test vectors of Mux's SDKs for Node and Elixir.
VECTORS = [
    (BODY, NOW, V1),
    (
        b'{"test":{"nested":{"nanos":718234, "seconds":1691711005}}}',
        NOW,
        "bd315c24bce1c2b8ad325696f26530c8ef7d7d830afb7c1381903705d04607be",
    ),
    (b"payload", 1_591_664_030, "e43496b6aae982c4c2fd6f8e92935f1d90216f1f64d56024e72390acfb988272"),
]

ACCEPTED = {
    "as sent": f"t={NOW},v1={V1}",
    "a wrong one first": f"t={NOW},v1=invalid-sig,v1={V1}",
    "a wrong one last": f"t={NOW},v1={V1},v1={'0' * 64}",
    "another order": f"v1={V1},t={NOW}",
    "spaces": f"t={NOW}, v1={V1} ",
    "an unknown scheme": f"t={NOW},v0=abc,v1={V1},v2=def",
    "an element without a value": f"t={NOW},flag,v1={V1},",
}

REFUSED = {
    "nothing": "",
    "only commas": ",,,",
    "only text": "hello",
    "no time": f"v1={V1}",
    "no signature": f"t={NOW}",
    "an empty signature": f"t={NOW},v1=",
    "another scheme": f"t={NOW},v0={V1},v2={V1}",
    "the scheme in another case": f"t={NOW},V1={V1}",
    "the time in another case": f"T={NOW},v1={V1}",
    "two times": f"t={NOW},t={NOW},v1={V1}",
    "a fresh time beside a signed one": f"t={NOW + 1},t={NOW},v1={V1}",
    "two headers joined": f"t={NOW},v1={V1},t={NOW},v1={V1}",
    "another time": f"t={NOW + 1},v1={V1}",
    "upper case": f"t={NOW},v1={V1.upper()}",
    "cut": f"t={NOW},v1={V1[:-1]}",
    "longer": f"t={NOW},v1={V1}0",
    "a space within": f"t={NOW},v1= {V1}",
    "not ASCII": f"t={NOW},v1={V1},v1=é",
    "full-width digits": f"t={str(NOW).translate({ord('0') + n: 0xFF10 + n for n in range(10)})},v1={V1}",
    "a superscript": f"t=²,v1={V1}",
    "a NUL": f"t={NOW}\x00,v1={V1}",
    "a line break": f"t={NOW}\n1,v1={V1}",
    "a negative time": f"t=-{NOW},v1={V1}",
    "a signed time": f"t=+{NOW},v1={V1}",
    "a float": f"t={NOW}.0,v1={V1}",
    "an exponent": f"t=1e9,v1={V1}",
    "underscores": f"t=1_565_125_718,v1={V1}",
    "hexadecimal": f"t={NOW:#x},v1={V1}",
    "an empty time": f"t=,v1={V1}",
    "13 digits": f"t={NOW}000,v1={V1}",
    "5,000 digits": f"t={'9' * 5000},v1={V1}",
    "4,097 characters": f"t={NOW},v1={V1},x={'x' * (4097 - 83)}",
}


def verified(body: bytes, header: str, *secrets: object, now: float = NOW) -> bool:
    try:
        webhooks.verify(body, header, secrets or (SECRET,), now=now)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize(("body", "timestamp", "digest"), VECTORS, ids=["plain", "nested", "text"])
def test_the_published_vectors(body: bytes, timestamp: int, digest: str) -> None:
    header = f"t={timestamp},v1={digest}"
    assert webhooks.sign(body, SECRET, timestamp=timestamp) == header
    assert verified(body, header, now=timestamp)
    assert not verified(body + b" ", header, now=timestamp)
    assert not verified(body, header, "supersecret123", now=timestamp)


@pytest.mark.parametrize("header", ACCEPTED.values(), ids=ACCEPTED)
def test_a_header_with_one_right_signature_is_accepted(header: str) -> None:
    assert verified(BODY, header)


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED)
def test_any_other_header_is_refused(header: str) -> None:
    assert not verified(BODY, header)


def test_a_header_of_4096_characters_is_read() -> None:
    header = f"t={NOW},v1={V1},x="
    assert verified(BODY, header + "x" * (4096 - len(header)))
    assert not verified(BODY, header + "x" * (4097 - len(header)))


@pytest.mark.parametrize(
    ("age", "accepted"), [(0, True), (299, True), (300, True), (300.001, False), (301, False), (86_400, False)]
)
@pytest.mark.parametrize("direction", [1, -1], ids=["late", "early"])
def test_the_window_is_300_seconds_both_ways(age: float, direction: int, accepted: bool) -> None:
    assert verified(BODY, ACCEPTED["as sent"], now=NOW + direction * age) is accepted


def test_a_time_of_12_digits_is_read() -> None:
    far = 999_999_999_999
    assert verified(BODY, webhooks.sign(BODY, SECRET, timestamp=far), now=far)
    assert not verified(BODY, webhooks.sign(BODY, SECRET, timestamp=far + 1), now=far + 1)


def test_the_signed_time_is_the_number_not_its_digits() -> None:
    digest = hmac.new(SECRET.encode(), b"0%d.%s" % (NOW, BODY), hashlib.sha256).hexdigest()
    assert not verified(BODY, f"t=0{NOW},v1={digest}")


def test_any_of_several_secrets_will_do_and_a_retired_one_not() -> None:
    header = webhooks.sign(BODY, "new", timestamp=NOW)
    assert verified(BODY, header, "new", "old")
    assert verified(BODY, header, "old", "new")
    assert not verified(BODY, header, "old", "older")


@pytest.mark.parametrize("secret", ["", " ", "\t\n", "None", "null", None, 0, 7, b"bytes", ["a"], {}], ids=repr)
def test_what_is_no_secret_verifies_nothing(secret: object) -> None:
    """An attacker may well guess what an unset secret turns into."""
    header = webhooks.sign(BODY, str(secret), timestamp=NOW)
    assert not verified(BODY, header, secret)
    assert verified(BODY, webhooks.sign(BODY, SECRET, timestamp=NOW), secret, SECRET)


def test_no_secrets_verify_nothing() -> None:
    with pytest.raises(InvalidSignature):
        webhooks.verify(BODY, ACCEPTED["as sent"], [], now=NOW)


def test_a_secret_is_its_own_text() -> None:
    """Neither decoded nor trimmed: UTF-8, spaces and all."""
    for secret in ("whsec_YWJj", " padded ", "schlüssel", "x" * 1000):
        assert verified(BODY, webhooks.sign(BODY, secret, timestamp=NOW), secret)
    assert not verified(BODY, webhooks.sign(BODY, "padded", timestamp=NOW), " padded ")


@given(st.binary(max_size=200), st.text(min_size=1, max_size=40).filter(str.strip), st.integers(0, 999_999_999_999))
def test_what_is_signed_is_verified(body: bytes, secret: str, timestamp: int) -> None:
    assume_usable = secret not in ("None", "null")
    assert verified(body, webhooks.sign(body, secret, timestamp=timestamp), secret, now=timestamp) is assume_usable


@given(st.text(max_size=200))
def test_no_header_does_anything_but_fail(header: str) -> None:
    assert not verified(BODY, header)
    assert not verified(BODY, f"t={NOW},v1={header}")


@given(st.binary(max_size=60), st.integers(0, 10_000), st.integers(1, 255))
def test_no_altered_body_passes(body: bytes, at: int, difference: int) -> None:
    header = webhooks.sign(body, SECRET, timestamp=NOW)
    altered = bytearray(body or b"x")
    altered[at % len(altered)] ^= difference
    assert verified(bytes(altered), header) is (bytes(altered) == body)


class Secrets:
    """Signing secrets as remembered, and as they really are."""

    def __init__(self, remembered: list[object], fresh: list[object]) -> None:
        self.values = {False: remembered, True: fresh}
        self.asked: list[bool] = []

    def __call__(self, *, reread: bool = False) -> list[object]:
        self.asked.append(reread)
        return self.values[reread]


def event(body: bytes, secrets: Secrets, *, secret: str = SECRET) -> Any:
    return webhooks.verified_event(body, webhooks.sign(body, secret, timestamp=NOW), secrets, now=NOW)


def test_a_remembered_secret_is_enough() -> None:
    secrets = Secrets([SECRET], [])
    assert event(BODY, secrets) == {"test": "body"}
    assert secrets.asked == [False]


def test_a_forged_body_is_digested_once_for_each_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second digest of the same body with the same secret would double what a flood costs."""
    forged = webhooks.sign(BODY, "forged", timestamp=NOW)
    digests: list[object] = []
    digest = webhooks._digest

    def counted(body: bytes, secret: object, timestamp: int) -> str:
        digests.append(secret)
        return digest(body, secret, timestamp)

    monkeypatch.setattr(webhooks, "_digest", counted)
    secrets = Secrets(["one", "two"], ["one", "two"])
    with pytest.raises(InvalidSignature):
        webhooks.verified_event(BODY, forged, secrets, now=NOW)
    assert (digests, secrets.asked) == (["one", "two"], [False, True])


def test_a_mismatch_asks_for_fresh_secrets_once() -> None:
    secrets = Secrets(["old"], ["old", SECRET])
    assert event(BODY, secrets) == {"test": "body"}
    assert secrets.asked == [False, True]
    secrets = Secrets(["old"], ["older"])
    with pytest.raises(InvalidSignature):
        event(BODY, secrets)
    assert secrets.asked == [False, True]


@pytest.mark.parametrize("values", [[], [""], [" ", None], ["None"], [7]], ids=repr)
def test_without_any_secret_mux_is_told_to_try_again(values: list[object]) -> None:
    with pytest.raises(SecretUnavailable) as raised:
        event(BODY, Secrets(values, [SECRET]), secret="None")
    assert (raised.value.messages, raised.value.retry_after) == (["no webhook signing secret is set"], 60)
    with pytest.raises(SecretUnavailable):
        event(BODY, Secrets(["other"], values))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"7", b'"text"', b"{", b"\xff", b"{" * 9, b"[" * 20_000, b"9" * 5000]
)
def test_a_signed_body_that_is_no_object_holds_no_event(body: bytes) -> None:
    assert event(body, Secrets([SECRET], [])) is None


@pytest.mark.parametrize(
    ("environment", "expected", "same"),
    [
        ({"id": "k3v9zq"}, "k3v9zq", True),
        ({"id": "k3v9zq"}, "", True),
        (None, "", True),
        ({"id": "other1"}, "k3v9zq", False),
        ({"id": None}, "k3v9zq", False),
        ({}, "k3v9zq", False),
        ("k3v9zq", "k3v9zq", False),
        (None, "k3v9zq", False),
    ],
)
def test_the_environment_an_event_is_from(environment: object, expected: str, same: bool) -> None:
    assert webhooks.is_from({"environment": environment}, expected) is same


def test_an_event_without_environment_is_from_none() -> None:
    assert not webhooks.is_from({}, "k3v9zq")
    assert webhooks.is_from({}, "")


def test_fields_for_the_log_are_short_text() -> None:
    assert webhooks.field({"id": "a"}, "id") == "a"
    assert webhooks.field({"id": "a" * 129}, "id") == "a" * 128
    assert webhooks.field({"id": "a\ud800b"}, "id") == "a?b"
    assert [webhooks.field(event, "id") for event in (None, {}, {"id": 7}, {"id": None})] == [""] * 4
