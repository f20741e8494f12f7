"""Holds every AWS call of a handler against its role in the template: moto, unlike AWS, allows everything."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

# Lambda itself writes a function's log and tells its failure destination, with the function's role.
_LAMBDA_S_OWN: Final = ("logs:", "sqs:")
# TransactWriteItems needs the permissions of the writes in it.
_TRANSACTED: Final = {"Update": "dynamodb:UpdateItem", "Put": "dynamodb:PutItem", "Delete": "dynamodb:DeleteItem"}


class Permissions:
    """What each function's role allows, and what was `made` of it, as (action, resource).

    `denied` collects calls that AWS would refuse.
    """

    def __init__(self, template: dict[str, Any], secrets: dict[str, str]) -> None:
        self._names = {arn: logical_id for logical_id, arn in secrets.items()}
        self.allowed = dict(_roles(template))
        # Of this thread: a function may be called while another one runs.
        self._function = ContextVar("function", default="")
        self.made: dict[str, set[tuple[str, str]]] = {function: set() for function in self.allowed}
        self.denied: list[tuple[str, str, str]] = []

    @contextmanager
    def of(self, function: str) -> Iterator[None]:
        """Calls inside are those of `function`."""
        outer = self._function.set(function)
        try:
            yield
        finally:
            self._function.reset(outer)

    def check_table(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """For botocore's event `provide-client-params`."""
        where = f"index/{params['IndexName']}" if "IndexName" in params else "table"
        if model.name == "TransactWriteItems":
            for write in params["TransactItems"]:
                self._check(_TRANSACTED[next(iter(write))], where)
        else:
            self._check(f"dynamodb:{model.name}", where)

    def check_secret(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """For botocore's event `provide-client-params`."""
        self._check(f"secretsmanager:{model.name}", self._names.get(params.get("SecretId", ""), ""))

    def _check(self, action: str, where: str) -> None:
        function = self._function.get()
        if not function:
            return
        self.made[function].add((action, where))
        if (action, where) not in self.allowed[function]:
            self.denied.append((function, action, where))


def _roles(document: Any) -> Iterator[tuple[str, set[tuple[str, str]]]]:
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            role = document["Resources"][properties["Role"]["Fn::GetAtt"].removesuffix(".Arn")]["Properties"]
            statements = [
                statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]
            ]
            yield properties["Handler"].removesuffix(".handler"), set(_grants(statements))


def _grants(statements: list[Any]) -> Iterator[tuple[str, str]]:
    for statement in statements:
        actions = [action for action in _listed(statement["Action"]) if not action.startswith(_LAMBDA_S_OWN)]
        for action in actions:
            for resource in _listed(statement["Resource"]):
                yield action, _where(resource)


def _where(resource: Any) -> str:
    """`table`, `index/NAME`, or the logical id of a secret."""
    text = str(resource)
    if "/index/" in text:
        return "index/" + text.partition("/index/")[2].strip("'\"}] ")
    return "table" if "LifecycleTable" in text else next(iter(resource.values()))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
