"""`python -m ops doctor` and `python -m ops logs`: what `make doctor` and `make logs` run."""

import argparse
import sys

from ops import doctor, logs
from ops.stack import OperatorError, Stack, signed_in


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 when all is well, 1 when something is to be mended, 2 when the tool could not do its work."""
    options = _parser().parse_args(arguments)
    try:
        stack = Stack(signed_in(options.region), options.stack)
        if options.tool == "doctor":
            return 0 if doctor.examine(stack, print) else 1
        wish = logs.Wish(
            function=options.function,
            level=options.level.upper(),
            request=options.request,
            since_seconds=logs.seconds(options.since),
            follow=options.follow == "yes",
        )
        logs.show(stack, wish, lambda text: print(text, flush=True))
    except OperatorError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    parser.add_argument("tool", choices=["doctor", "logs"])
    parser.add_argument("--stack", required=True, help="the stack's name")
    parser.add_argument("--region", default="", help="else the one of AWS_REGION or of the AWS profile")
    parser.add_argument("--function", default="", help="one function, such as create_upload")
    parser.add_argument("--level", default="INFO", choices=[*logs.LEVELS, *map(str.lower, logs.LEVELS)])
    parser.add_argument("--request", default="", help="one request, by API Gateway's or Lambda's id")
    parser.add_argument("--since", default="10m", help="90s, 10m, 2h, 1d (default: %(default)s)")
    parser.add_argument("--follow", default="yes", choices=["yes", "no"])
    return parser


if __name__ == "__main__":
    sys.exit(main())
