"""Which addresses are handed to Mux: public host names over https, in whatever disguise the others come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mux_lifecycle import input_url
from mux_lifecycle.errors import InvalidRequest

PATH = "/video.mp4"
LONG_LABEL = "a" * 63
LONG_HOST = f"{LONG_LABEL}.{LONG_LABEL}.{LONG_LABEL}.{'a' * 57}.com"

ACCEPTED = [
    "https://example.com/video.mp4",
    "https://example.com",
    "https://example.com/",
    "https://example.com?key=value",
    "https://example.com#t=7",
    "https://example.com:443/video.mp4",
    "https://example.com:/video.mp4",
    "HTTPS://EXAMPLE.COM/Video.MP4",
    "https://a.b.c.example.co.uk/x",
    "https://1.example.com/x",
    "https://127.example.com/x",
    "https://a-b.example.com/x",
    "https://a--b.example.com/x",
    "https://bucket.s3.eu-central-1.amazonaws.com/key?X-Amz-Signature=abc%2Fdef&X-Amz-Expires=60",
    "https://example.com/a@b/c:d/%20/..;/x?u=https://10.0.0.1/&v=[1]",
    "https://xn--bcher-kva.example/x",
    "https://example.xn--p1ai/x",
    "https://example.xn--vermgensberater-ctb/x",
    f"https://example.xn--{'a' * 59}/x",
    "https://example.xn--a/x",
    f"https://example.{LONG_LABEL}/x",
    "https://missing.invalid/x",
    "https://localhost.example.com/x",
    "https://internal.example.com/x",
    "https://notlocal.com/x",
    f"https://{LONG_LABEL}.com/x",
    f"https://{LONG_HOST}/x",
    "https://example.com/" + "a" * (2048 - 20),
]

SCHEMES = [
    "",
    "http://",
    "ftp://",
    "file://",
    "mux://",
    "gopher://",
    "javascript:",
    "//",
    "https:",
    "https:/",
    "https:///",
]
REFUSED = [
    *(f"{scheme}example.com{PATH}" for scheme in SCHEMES),
    *("mux://assets/Sea02kQe7RzL9bVd01sYhNpC8uGf6JtAaEi3oWqM00", "file:///etc/passwd", "data:video/mp4;base64,AAAA"),
    *(
        "https://",
        "https:///video.mp4",
        "https://?x",
        "https://#x",
        "https://:443/x",
        "https://.",
        "https://..",
        "https",
    ),
]

HOSTS = {
    "dotted IPv4": [
        *("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "8.8.8.8"),
        *("255.255.255.255",),
    ],
    "short IPv4": ["127.1", "10.1", "127.0.1", "0", "1"],
    "decimal IPv4": ["2130706433", "2852039166", "017700000001"],
    "octal IPv4": ["0177.0.0.1", "0177.0.0.01", "00000177.1", "0251.0376.0251.0376"],
    "hexadecimal IPv4": [
        *("0x7f.0.0.1", "0x7f000001", "0x7f.1", "127.0.0.0x1", "0xA9FEA9FE", "1.2.3.0xff", "0x0"),
        *("a.0x7f",),
    ],
    "IPv6": [
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[fe80::1%25eth0]", "[2001:db8::1]", "::1", "[::1"),
        *("::1]", "[v1.a]", "[]"),
    ],
    "single label": ["localhost", "LOCALHOST", "metadata", "intranet", "com", "a"],
    "private name": [
        *("localhost.localdomain", "metadata.google.internal", "db.corp", "nas.home", "x.localhost"),
        *("printer.local", "a.lan", "a.intranet", "a.private", "a.onion", "1.0.0.127.in-addr.arpa"),
        *("a.home.arpa", "A.INTERNAL"),
    ],
    "trailing dot": ["example.com.", "localhost.", "127.0.0.1.", "metadata.google.internal.", "example.com.."],
    "leading dot": [".example.com", "..example.com", "example..com"],
    "bad label": [
        *("-a.com", "a-.com", "a.-com", "a.com-", "a_b.com", "a!b.com", "a*b.com", "*.example.com"),
        *("$host.com", "a" * 64 + ".com", "a." + "a" * 64, "a" + LONG_HOST, "a.c", "a.1", "a.1com"),
        LONG_HOST.replace(".com", "a.com"),
        *("a.c0m", "a.xn--", "a.xn--_", "a.xn--" + "a" * 60),
    ],
    "percent": [
        *("127.0.0.1%00.example.com", "%31%32%37.0.0.1", "example%2ecom", "example.com%2f"),
        *("example.com%00",),
    ],
    "user name": [
        *("user@example.com", "user:secret@example.com", ":@example.com", "@example.com"),
        *("example.com@127.0.0.1",),
    ],
    "confusing user name": [
        "127.0.0.1:443@example.com",
        "a@b@example.com",
        "[::1]@example.com",
        "example.com;@10.0.0.1",
    ],
    "port": [
        *("example.com:80", "example.com:8443", "example.com:0", "example.com:444", "example.com:-443"),
        *("example.com:+443", "example.com:443:443", "example.com:65536", "example.com:99999999999"),
        *("example.com:https", "example.com:4 43", "example.com:0x1bb", "example.com:443.0"),
    ],
    "backslash": ["example.com\\@127.0.0.1", "127.0.0.1\\.example.com", "\\example.com", "example.com\\"],
    "blank": [
        *("example.com ", " example.com", "exa mple.com", "example.com\t", "example\n.com"),
        *("example.com\r", "\x00example.com"),
    ],
    "beyond ASCII": [
        *("exämple.com", "example。com", "ｅｘａｍｐｌｅ.com", "①②⑦.⓪.⓪.①", "127。0。0。1", "ⓛocalhost"),
        *("example.com\u200b",),
    ],
}


@pytest.mark.parametrize("url", ACCEPTED, ids=lambda url: url[:60])
def test_a_public_host_is_accepted_as_it_is(url: str) -> None:
    assert input_url.checked(url) == url


@pytest.mark.parametrize("url", REFUSED)
def test_anything_but_https_with_a_host_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest):
        input_url.checked(url)


@pytest.mark.parametrize(("kind", "host"), [(kind, host) for kind, hosts in HOSTS.items() for host in hosts])
def test_any_other_host_is_refused(kind: str, host: str) -> None:
    for url in (f"https://{host}{PATH}", f"https://{host}", f"https://{host}?x", f"https://{host}#x"):
        with pytest.raises(InvalidRequest) as raised:
            input_url.checked(url)
        [message] = raised.value.messages
        assert message.startswith("input: ")
        assert host not in message or len(host) < 6


@pytest.mark.parametrize(
    "value", [None, 7, True, [], {}, ["https://example.com"], {"url": "https://example.com"}, b"x"], ids=repr
)
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(InvalidRequest, match="text"):
        input_url.checked(value)


@pytest.mark.parametrize("url", ["", "https://example.com/" + "a" * (2049 - 20)], ids=["empty", "2049"])
def test_the_length_is_limited(url: str) -> None:
    with pytest.raises(InvalidRequest, match="1 to 2048 characters"):
        input_url.checked(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("x", "must begin with https://"),
        ("https:/example.com", "must begin with https://"),
        ("https://example.com/a\\b", "must be ASCII without spaces; percent-encode other characters"),
        ("https://exämple.com", "must be ASCII without spaces; percent-encode other characters"),
        ("http://example.com", "must begin with https://"),
        ("https://[", "not a valid URL"),
        ("https://user@example.com", "must not hold a user name or password"),
        ("https://example.com:80", "must use port 443"),
        ("https://127.0.0.1", "must name a public host, not an address"),
    ],
)
def test_each_refusal_says_what_to_change(url: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        input_url.checked(url)
    assert raised.value.messages == [f"input: {reason}"]


@given(st.ip_addresses())
def test_no_address_is_a_host(address: object) -> None:
    for host in (str(address), f"[{address}]", str(int(address)), hex(int(address)), oct(int(address))):  # type: ignore[call-overload]
        with pytest.raises(InvalidRequest):
            input_url.checked(f"https://{host}/x")


@given(st.text(max_size=60))
def test_no_text_does_anything_but_pass_or_be_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com{text}"):
        try:
            passed = input_url.checked(url)
        except InvalidRequest:
            continue
        assert passed == url
