"""`make headers`: what it reads from config.js, whom the policy lets pages talk to, and how each host is told."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import ops.__main__ as command
from ops.hosting import HOSTS
from ops.page_headers import page_headers
from ops.site_config import SiteConfigError, site_config
from tests.world import ROOT

CONFIG = {
    "api": "https://abc.execute-api.eu-central-1.amazonaws.com",
    "issuer": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool",
    "stream": "https://stream.mux.com",
    "image": "https://image.mux.com",
    "dataKey": "",
}
ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com"
# The elements' own tests read the same file.
ADDRESSES = json.loads((ROOT / "tests" / "ops" / "addresses.json").read_text(encoding="utf-8"))
SIGN_IN = "https://users.auth.eu-central-1.amazoncognito.com"
POLICY = "Content-Security-Policy"

type Write = Callable[..., Path]


def directives(policy: str) -> dict[str, list[str]]:
    return {name: sources.split() for name, _, sources in (part.partition(" ") for part in policy.split("; "))}


def policy_of(**changes: str) -> dict[str, list[str]]:
    return directives(page_headers(CONFIG | changes, [f"{SIGN_IN}/oauth2/token"]).pages[POLICY])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A site of two pages with a config.js."""

    def written(**changes: str) -> Path:
        for page in ("index.html", "embed.html"):
            (tmp_path / page).touch()
        path = tmp_path / "config.js"
        path.write_text(f"export default {json.dumps(CONFIG | changes)};\n", encoding="utf-8")
        return path

    return written


def told(host: str, path: Path, *options: str) -> str:
    """What the command prints, run as `make headers` runs it."""
    arguments = ["headers", host, "--config", str(path), *(options or ("--sign-in", SIGN_IN))]
    ended = subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "shared"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_pages_talk_to_the_api_the_sign_in_and_mux_and_to_nobody_else() -> None:
    assert policy_of() == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:", "https://*.mux.com"],
        "connect-src": [
            *("'self'", CONFIG["api"], ISSUER, SIGN_IN),
            *("https://*.mux.com", "https://storage.googleapis.com"),
        ],
        "media-src": ["blob:", "https://*.mux.com"],
        "worker-src": ["blob:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }


def test_views_are_reported_only_with_a_data_key() -> None:
    counting = "https://*.litix.io"
    assert counting not in str(policy_of())
    counted = policy_of(dataKey="key")
    assert [name for name, sources in counted.items() if counting in sources] == ["img-src", "connect-src"]


def test_custom_domains_are_in_the_policy() -> None:
    own = policy_of(stream="https://video.example.com/", image="https://pictures.example.com/")
    assert "https://pictures.example.com" in own["img-src"]
    assert {"https://video.example.com", "https://*.mux.com"} <= set(own["media-src"])
    assert {"https://video.example.com", "https://pictures.example.com"} <= set(own["connect-src"])


@pytest.mark.parametrize(("text", "server"), ADDRESSES["same"].items())
def test_blanks_slashes_and_capitals_make_no_difference_to_an_address(text: str, server: str) -> None:
    assert policy_of(api=text)["connect-src"][:2] == list(dict.fromkeys(["'self'", server, ISSUER]))[:2]
    assert policy_of(image=text)["img-src"] == [
        *dict.fromkeys(["'self'", "data:", "blob:", server]),
        "https://*.mux.com",
    ]


@pytest.mark.parametrize("text", ADDRESSES["wrong"])
def test_what_the_elements_refuse_is_refused_by_the_name_of_its_setting(text: str) -> None:
    for name in ("api", "issuer", "stream", "image"):
        with pytest.raises(SiteConfigError, match=f"`{name}`"):
            policy_of(**{name: text})


def test_mux_delivers_from_its_own_hosts_when_nothing_else_is_named() -> None:
    assert policy_of(stream=" ", image="") == policy_of()


@pytest.mark.parametrize(
    "changes",
    [
        {"api": ""},
        {"api": "abc.execute-api.eu-central-1.amazonaws.com"},
        {"api": "http://videos.example.com"},
        {"api": "https://a.example;script-src *"},
        {"api": "https://a.example script-src"},
        {"image": "https://user:pass@a.example/"},  # pragma: allowlist secret
        {"issuer": ""},
        {"stream": "https://a.example;script-src *"},
    ],
    ids=str,
)
def test_a_malformed_address_is_refused_by_name(changes: dict[str, str]) -> None:
    with pytest.raises(SiteConfigError, match=f"`{next(iter(changes))}`"):
        policy_of(**changes)


def test_only_embed_html_may_be_framed() -> None:
    headers = page_headers(CONFIG)
    assert directives(headers.of("embed.html")[POLICY])["frame-ancestors"] == ["*"]
    assert "X-Frame-Options" not in headers.of("embed.html")
    for file in ("index.html", "", "site.js", "a/embed.html"):
        assert directives(headers.of(file)[POLICY])["frame-ancestors"] == ["'none'"]
        assert headers.of(file)["X-Frame-Options"] == "DENY"


def test_the_sites_own_config_is_read_and_must_be_filled_in(tmp_path: Path) -> None:
    source = (ROOT / "site" / "config.js").read_text(encoding="utf-8")
    with pytest.raises(SiteConfigError, match="`api` is"):
        site_config(ROOT / "site" / "config.js")
    filled = tmp_path / "config.js"
    filled.write_text(source.replace("EXAMPLE", "filled"), encoding="utf-8")
    found = site_config(filled)
    assert list(found) == re.findall(r"^  (\w+):", source, re.MULTILINE)
    assert found["api"] == "https://filled.execute-api.eu-central-1.amazonaws.com"
    assert found["dataKey"] == ""
    assert {
        "api",
        "issuer",
        "clientId",
        "token",
        "redirectUri",
        "adminGroup",
        "captions",
        "stream",
        "image",
    } <= found.keys()


def test_quotes_and_comments_are_read_as_javascript_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "config.js"
    path.write_text(
        """/* A "site" */ export default { // who's 'who'
  'api': 'https://a.example', "issuer" : "https://b.example/it\\"s", /* , x: "y" */
  stream: `https://c.example/` // the end
}"""
    )
    assert site_config(path) == {
        "api": "https://a.example",
        "issuer": 'https://b.example/it"s',
        "stream": "https://c.example/",
    }


@pytest.mark.parametrize(
    "source",
    ["", "export const x = 1;", "export default { api: location.origin };", "export default { api: `${x}` };"],
)
def test_a_config_that_is_computed_is_refused(source: str, tmp_path: Path) -> None:
    path = tmp_path / "config.js"
    path.write_text(source)
    with pytest.raises(SiteConfigError, match=r"config\.js must"):
        site_config(path)


@pytest.mark.parametrize("host", ["netlify", "cloudflare-pages"])
def test_rules_for_paths_never_say_a_header_twice_for_one_page(host: str, write: Write) -> None:
    rules: dict[str, dict[str, str]] = {}
    for line in told(host, write()).splitlines():
        if line.startswith("/"):
            rules[line] = {}
        elif line:
            name, _, value = line.strip().partition(": ")
            rules[list(rules)[-1]][name] = value
        assert len(line) < 2000, "Cloudflare reads no longer lines"
    assert list(rules) == ["/*", "/embed.html", "/embed", "/", "/index.html", "/index"]
    for path, headers in rules.items():
        if path != "/*":
            assert not headers.keys() & rules["/*"].keys()
            expected = page_headers(CONFIG, [SIGN_IN]).of("embed.html" if "embed" in path else "index.html")
            assert rules["/*"] | headers == expected


def test_vercel_is_told_the_same_in_json(write: Write) -> None:
    rules = json.loads(told("vercel", write()))["headers"]
    said = {rule["source"]: {header["key"]: header["value"] for header in rule["headers"]} for rule in rules}
    for path, file in (("/", "index.html"), ("/embed.html", "embed.html")):
        assert said["/(.*)"] | said[path] == page_headers(CONFIG, [SIGN_IN]).of(file)


def test_cloudfront_gets_a_policy_for_pages_and_one_for_embed_html(write: Write, tmp_path: Path) -> None:
    template = tmp_path / "headers.json"
    template.write_text(told("cloudfront", write()))
    subprocess.run([Path(sys.executable).with_name("cfn-lint"), "--regions", "us-east-1", "--", template], check=True)
    resources = json.loads(template.read_text())["Resources"]
    security: dict[str, Any] = {
        name: resource["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        for name, resource in resources.items()
    }
    for name, file in (("PagesHeaders", "index.html"), ("EmbedHeaders", "embed.html")):
        headers = page_headers(CONFIG, [SIGN_IN]).of(file)
        assert security[name]["ContentSecurityPolicy"]["ContentSecurityPolicy"] == headers[POLICY]
    assert security["PagesHeaders"]["FrameOptions"]["FrameOption"] == "DENY"
    assert "FrameOptions" not in security["EmbedHeaders"]


def test_nginx_and_apache_make_the_exception_for_embed_html(write: Write) -> None:
    headers = page_headers(CONFIG, [SIGN_IN])
    nginx = told("nginx", write())
    assert f'default "{headers.pages[POLICY]}";\n    ~/embed(\\.html)?$ "{headers.embed[POLICY]}";' in nginx
    assert 'default "DENY";\n    ~/embed(\\.html)?$ "";' in nginx
    assert "# add_header Content-Security-Policy $site_policy always;" in nginx
    everywhere, _, embed = told("apache", write()).partition("<FilesMatch")
    assert f'Header always set {POLICY} "{headers.pages[POLICY]}"' in everywhere
    assert f'Header always set {POLICY} "{headers.embed[POLICY]}"' in embed
    assert "Header always unset X-Frame-Options" in embed


def test_github_pages_gets_an_element_which_cannot_speak_of_frames(write: Write) -> None:
    element = told("github-pages", write())
    assert page_headers(CONFIG, [SIGN_IN]).pages[POLICY] == re.findall('content="(.*)"', element)[0] + (
        "; frame-ancestors 'none'"
    )


def test_github_pages_element_is_put_into_each_page_once(write: Write, tmp_path: Path) -> None:
    config = write()
    for page in ("index.html", "embed.html"):
        (tmp_path / page).write_text('<head>\n  <meta charset="utf-8">\n  <script src="a.js"></script>\n</head>\n')
    assert told("github-pages", config, "--sign-in", SIGN_IN, "--output", str(tmp_path)) == ""
    first = (tmp_path / "index.html").read_text()
    config = write(api="https://other.example.com")
    (tmp_path / "embed.html").write_text(first)
    (tmp_path / "index.html").write_text(first)
    assert told("github-pages", config, "--sign-in", SIGN_IN, "--output", str(tmp_path)) == ""
    for page in ("index.html", "embed.html"):
        text = (tmp_path / page).read_text()
        assert text.splitlines()[2].strip() == told("github-pages", config).strip()
        assert text.count("http-equiv") == 1
        assert "connect-src 'self' https://other.example.com" in text
        assert '<script src="a.js">' in text


def test_a_file_of_headers_is_not_written_over_a_folder(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["headers", "netlify", "--config", str(write()), "--sign-in", SIGN_IN, "--output", str(tmp_path)]
    assert command.main(arguments) == 2
    assert "is a folder" in capsys.readouterr().err


def test_no_page_of_the_site_has_a_policy_that_its_config_knows_nothing_of() -> None:
    """A browser obeys the element and the header: one that was written by hand would forbid what config.js names."""
    pages = list((ROOT / "site").glob("*.html"))
    assert {"index.html", "embed.html"} <= {page.name for page in pages}
    for page in pages:
        assert "content-security-policy" not in page.read_text(encoding="utf-8").lower(), page.name


def test_a_site_in_a_folder_has_its_paths_there(write: Write) -> None:
    said = told("netlify", write(), "--sign-in", SIGN_IN, "--folder", "/videos/")
    assert re.findall("^/.*", said, re.MULTILINE)[:4] == [
        "/videos/*",
        "/videos/embed.html",
        "/videos/embed",
        "/videos/",
    ]


def test_the_headers_are_written_to_a_file_when_asked_for(write: Write, tmp_path: Path) -> None:
    output = tmp_path / "_headers"
    assert told("netlify", write(), "--sign-in", SIGN_IN, "--output", str(output)) == ""
    assert output.read_text() == told("netlify", write())


class Issuer(BaseHTTPRequestHandler):
    """An issuer whose tokens come from another host, like Cognito's."""

    named = ""

    def do_GET(self) -> None:
        document = {"issuer": self.named, "token_endpoint": f"{SIGN_IN}/oauth2/token"}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    url = f"http://127.0.0.1:{server.server_port}/pool"
    monkeypatch.setattr(Issuer, "named", url)
    Thread(target=server.serve_forever).start()
    yield url
    server.shutdown()
    server.server_close()


def test_the_issuer_is_asked_where_it_gives_tokens(issuer: str, write: Write) -> None:
    assert SIGN_IN in directives(told("github-pages", write(issuer=issuer), "--folder", "/"))["connect-src"]


def test_an_issuer_that_calls_itself_otherwise_is_refused(
    issuer: str, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["headers", "plain", "--config", str(write(issuer=f"{issuer}/other"))]) == 2
    assert f"calls itself '{issuer}'" in capsys.readouterr().err


def test_a_slash_at_the_issuers_end_makes_no_difference(issuer: str, write: Write) -> None:
    assert SIGN_IN in directives(told("github-pages", write(issuer=f" {issuer}/ "), "--folder", "/"))["connect-src"]


def test_an_issuer_that_cannot_be_reached_is_named_with_the_way_round(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["headers", "plain", "--config", str(write(issuer="http://127.0.0.1:1/pool"))]) == 2
    assert "SIGN_IN=" in capsys.readouterr().err


def test_the_guide_shows_the_command_for_every_host() -> None:
    guide = (ROOT / "docs" / "static-sites.md").read_text(encoding="utf-8")
    assert set(re.findall(r"make headers HOST=([\w-]+)", guide)) == set(HOSTS)
