"""What `make doctor`, `make logs`, `make erase`, `make headers` and `make site` run: `python -m ops doctor` etc."""

import argparse
import sys
from pathlib import Path

from ops import assemble, doctor, erase, headers, local_stack, logs
from ops.hosting import HOSTS
from ops.site_config import SiteConfigError
from ops.stack import OperatorError, Stack, signed_in
from ops.target import Target


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 when all is well, 1 when something is left to do, 2 when the tool could not do its work."""
    options = _parser().parse_args(arguments)
    try:
        if options.tool == "headers":
            text = headers.headers(options.host, options.config, options.sign_in, options.folder)
            if options.output and options.output.is_dir():
                headers.into_pages(text, options.host, options.output)
            else:
                _write(text, options.output)
            return 0
        if options.tool == "site":
            assemble.assemble(options.site, options.elements, options.output)
            return 0
        return 0 if _asked(options) else 1
    except (OperatorError, SiteConfigError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        if options.tool != "erase":
            return 0
        print("interrupted: nothing is lost, run it again", file=sys.stderr)
        return 1


def _asked(options: argparse.Namespace) -> bool:
    """Do what concerns one stack; answers whether nothing is left to do."""
    if options.tool == "erase":
        erase.checked_owner(options.owner)
        return erase.erase(_place(options), options.owner, options.confirm, _say)
    stack = Stack(signed_in(options.region), options.stack)
    if options.tool == "doctor":
        return doctor.examine(stack, print)
    wish = logs.Wish(
        function=options.function,
        level=options.level.upper(),
        request=options.request,
        since_seconds=logs.seconds(options.since),
        follow=options.follow == "yes",
    )
    logs.show(stack, wish, _say)
    return True


def _place(options: argparse.Namespace) -> Target:
    """Where to erase an owner from."""
    if options.local:
        return local_stack.target(options.local)
    return Target.deployed(Stack(signed_in(options.region), options.stack))


def _write(text: str, path: Path | None) -> None:
    if path:
        path.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


def _say(text: str) -> None:
    print(text, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__, allow_abbrev=False)
    tools = parser.add_subparsers(dest="tool", required=True)
    of_stack = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    of_stack.add_argument("--stack", required=True, help="the stack's name")
    of_stack.add_argument("--region", default="", help="else the one of AWS_REGION or of the AWS profile")
    tools.add_parser("doctor", parents=[of_stack], allow_abbrev=False, help="check a deployed stack")
    said = tools.add_parser("logs", parents=[of_stack], allow_abbrev=False, help="follow a deployed stack's logs")
    said.add_argument("--function", default="", help="one function, such as create_upload")
    said.add_argument("--level", default="INFO", choices=[*logs.LEVELS, *map(str.lower, logs.LEVELS)])
    said.add_argument("--request", default="", help="one request, by API Gateway's or Lambda's id")
    said.add_argument("--since", default="10m", help="90s, 10m, 2h, 1d (default: %(default)s)")
    said.add_argument("--follow", default="yes", choices=["yes", "no"])
    gone = tools.add_parser("erase", allow_abbrev=False, help="erase everything of one owner")
    where = gone.add_mutually_exclusive_group(required=True)
    where.add_argument("--stack", default="", help="the stack's name")
    where.add_argument("--local", default="", help="or the port of the local stack's API")
    gone.add_argument("--region", default="", help="else the one of AWS_REGION or of the AWS profile")
    gone.add_argument("--owner", required=True, help="the sub in their tokens, letter for letter")
    gone.add_argument("--confirm", default="", help="what the dry run shows; without it nothing is changed")
    sent = tools.add_parser("headers", allow_abbrev=False, help="the headers that a host sends with the site's pages")
    sent.add_argument("host", choices=HOSTS)
    sent.add_argument("--config", type=Path, default=Path("site/config.js"), help="default: %(default)s")
    sent.add_argument("--output", type=Path, help="a file, or a folder of pages (github-pages)")
    sent.add_argument("--folder", default="/", help="where the site lies on its host, such as /videos/")
    sent.add_argument("--sign-in", nargs="*", default=[], help="hosts of the issuer, for when it cannot be asked")
    made = tools.add_parser("site", allow_abbrev=False, help="a folder to deploy: the site and its elements")
    made.add_argument("--site", type=Path, default=Path("site"), help="default: %(default)s")
    made.add_argument("--elements", type=Path, default=Path("elements/dist"), help="default: %(default)s")
    made.add_argument("--output", type=Path, required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
