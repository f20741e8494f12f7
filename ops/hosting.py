"""How hosts of static sites are told which headers to send: one function each, from headers to the text of a file."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.page_headers import EMBED, PageHeaders


@dataclass(frozen=True)
class Site:
    """What is to be told: `policy` is the one without frames, `pages` are the HTML files, `folder` is like /a/."""

    headers: PageHeaders
    policy: str
    pages: Sequence[str]
    folder: str = "/"

    def paths(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Every address of a page, with and without .html, and what it is sent beside what every file is."""
        for page in self.pages:
            headers = self.headers.embed if page == EMBED else self.headers.pages
            names = [page, page.removesuffix(".html")]
            for name in ["", *names] if page == "index.html" else names:
                yield self.folder + name, headers


def plain(site: Site) -> str:
    """For a host that has none of the others' ways: the headers by name."""
    parts = (("Every file but embed.html", "index.html"), (EMBED, EMBED))
    return "\n".join(f"{title}\n{_lines(site.headers.of(file), '  ')}" for title, file in parts)


def underscore_headers(site: Site) -> str:
    """The file _headers. Rules that match the same path add up, so no header stands in two of them."""
    rules = [(f"{site.folder}*", site.headers.everything), *site.paths()]
    return "\n".join(f"{path}\n{_lines(headers, '  ')}" for path, headers in rules)


def vercel(site: Site) -> str:
    """The file vercel.json."""
    rules = [(f"{site.folder}(.*)", site.headers.everything), *site.paths()]
    said = [
        {"source": path, "headers": [{"key": name, "value": value} for name, value in headers.items()]}
        for path, headers in rules
    ]
    return json.dumps({"headers": said}, indent=2) + "\n"


def nginx(site: Site) -> str:
    """A file to include in the http block, whose variables the server block uses."""
    embed = r"~/embed(\.html)?$"
    names = {"Content-Security-Policy": "$site_policy", "X-Frame-Options": "$site_frames"}
    maps = "".join(
        f'map $uri {variable} {{\n    default "{site.headers.pages[name]}";\n'
        f'    {embed} "{site.headers.embed.get(name, "")}";\n}}\n'
        for name, variable in names.items()
    )
    # Commented out: it belongs into another block.
    values = {name: f'"{value}"' for name, value in site.headers.everything.items()} | names
    lines = "".join(f"# add_header {name} {value} always;\n" for name, value in values.items())
    return f"{maps}\n# These lines belong into the server block, without the #:\n{lines}"


def apache(site: Site) -> str:
    """The file .htaccess, or a part of the configuration; it needs mod_headers."""

    def sets(headers: Mapping[str, str], indent: str = "") -> str:
        return "".join(f'{indent}Header always set {name} "{value}"\n' for name, value in headers.items())

    unset = "".join(f"  Header always unset {name}\n" for name in site.headers.pages.keys() - site.headers.embed.keys())
    inner = sets(site.headers.embed, "  ") + unset
    return f'{sets(site.headers.of("index.html"))}<FilesMatch "^embed(\\.html)?$">\n{inner}</FilesMatch>\n'


def cloudfront(site: Site) -> str:
    """A CloudFormation template of two response headers policies, for the distribution in front of the bucket."""
    resources = {
        "PagesHeaders": _cloudfront_policy(site, "index.html"),
        "EmbedHeaders": _cloudfront_policy(site, EMBED),
    }
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    return json.dumps({"Resources": resources, "Outputs": outputs}, indent=2) + "\n"


def github_pages(site: Site) -> str:
    """The element for the head of each page: GitHub Pages sends no headers of one's own."""
    return f'<meta http-equiv="Content-Security-Policy" content="{site.policy}">\n'


HOSTS: dict[str, Callable[[Site], str]] = {
    "plain": plain,
    "cloudfront": cloudfront,
    "netlify": underscore_headers,
    "cloudflare-pages": underscore_headers,
    "vercel": vercel,
    "nginx": nginx,
    "apache": apache,
    "github-pages": github_pages,
}


def _lines(headers: Mapping[str, str], indent: str) -> str:
    return "".join(f"{indent}{name}: {value}\n" for name, value in headers.items())


def _cloudfront_policy(site: Site, page: str) -> object:
    headers = site.headers.of(page)
    frames = headers.get("X-Frame-Options")
    name = "embed" if page == EMBED else "pages"
    return {
        "Type": "AWS::CloudFront::ResponseHeadersPolicy",
        "Properties": {
            "ResponseHeadersPolicyConfig": {
                "Name": {"Fn::Sub": f"${{AWS::StackName}}-{name}"},
                "SecurityHeadersConfig": {
                    "ContentSecurityPolicy": {
                        "ContentSecurityPolicy": headers["Content-Security-Policy"],
                        "Override": True,
                    },
                    "ContentTypeOptions": {"Override": True},
                    "ReferrerPolicy": {"ReferrerPolicy": headers["Referrer-Policy"], "Override": True},
                    **({"FrameOptions": {"FrameOption": frames, "Override": True}} if frames else {}),
                },
                "CorsConfig": {
                    "AccessControlAllowCredentials": False,
                    "AccessControlAllowHeaders": {"Items": ["*"]},
                    "AccessControlAllowMethods": {"Items": ["GET", "HEAD"]},
                    "AccessControlAllowOrigins": {"Items": [headers["Access-Control-Allow-Origin"]]},
                    "OriginOverride": True,
                },
            }
        },
    }
