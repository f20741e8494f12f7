"""Reads a CloudFormation template and resolves its intrinsic functions; it knows no resource's meaning."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PSEUDO_PARAMETERS = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/local/3f2c41d0-c1aa-11f0-9c1c-0a1b2c3d4e5f",
    "AWS::StackName": "local",
    "AWS::URLSuffix": "amazonaws.com",
}
ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
    "AWS::Serverless::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
}
LIST_PARAMETERS = {"CommaDelimitedList", "List<Number>", "List<String>"}

_NO_VALUE = object()


class TemplateError(Exception):
    """The template says something that cannot be resolved here."""


def read(text: str) -> dict[str, Any]:
    """Parse a template, `!Sub` and the other short forms becoming `Fn::Sub`."""
    document = yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    if not isinstance(document, dict) or "Resources" not in document:
        raise TemplateError("not a template: it has no Resources")
    return document


def scalar(value: object) -> str:
    """A value as CloudFormation writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Resolver:
    """Answers what an expression of a template is worth, given the values of its parameters.

    `resources` gives logical ids the value that `Ref` answers for them; without one a resource is called
    `<stack name>-<logical id>`. Raises TemplateError for an unknown parameter at once, and for a missing one
    when an expression needs it.
    """

    def __init__(
        self, document: Mapping[str, Any], parameters: Mapping[str, str], resources: Mapping[str, str]
    ) -> None:
        self._document = document
        self._values = parameters
        self._physical = resources
        unknown = parameters.keys() - document.get("Parameters", {}).keys() - PSEUDO_PARAMETERS.keys()
        if unknown:
            raise TemplateError(f"no such parameters: {', '.join(sorted(unknown))}")

    def resolve(self, value: Any) -> Any:
        """`value` with every intrinsic function in it replaced by its result."""
        if isinstance(value, dict):
            if len(value) == 1:
                name, argument = next(iter(value.items()))
                if name in self._functions:
                    return self._functions[name](argument)
            resolved = {key: self.resolve(item) for key, item in value.items()}
            return {key: item for key, item in resolved.items() if item is not _NO_VALUE}
        if isinstance(value, list):
            items = [self.resolve(item) for item in value]
            return [item for item in items if item is not _NO_VALUE]
        return value

    def of_type(self, kind: str) -> list[str]:
        """Logical ids of the resources of one type."""
        return [name for name, resource in self._document["Resources"].items() if resource["Type"] == kind]

    def ref(self, name: str) -> Any:
        """What `Ref` answers: a parameter's value (a list for list types) or a resource's name or ARN."""
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in PSEUDO_PARAMETERS:
            return self._values.get(name, PSEUDO_PARAMETERS[name])
        if name in self._document.get("Parameters", {}):
            return self._parameter(name)
        if name in self._physical:
            return self._physical[name]
        secret = self._type(name) == "AWS::SecretsManager::Secret"
        return self.arn(name) if secret else self.physical_name(name)

    def physical_name(self, logical_id: str) -> str:
        """The name under which a resource is created locally."""
        return self._physical.get(logical_id, f"{self.ref('AWS::StackName')}-{logical_id}")

    def arn(self, logical_id: str) -> str:
        """The ARN of a resource; that of a secret lacks the random end, which AWS accepts."""
        pattern = ARNS.get(self._type(logical_id), "arn:aws:local:{region}:{account}:{name}")
        return pattern.format(
            region=self.ref("AWS::Region"),
            account=self.ref("AWS::AccountId"),
            name=self.physical_name(logical_id),
        )

    def _type(self, logical_id: str) -> str:
        try:
            return str(self._document["Resources"][logical_id]["Type"])
        except KeyError:
            raise TemplateError(f"nothing in the template is called {logical_id}") from None

    def _parameter(self, name: str) -> str | list[str]:
        definition = self._document["Parameters"][name]
        value = self._values.get(name, definition.get("Default"))
        if value is None:
            raise TemplateError(f"the parameter {name} has no value")
        if definition["Type"] in LIST_PARAMETERS:
            return [item.strip() for item in scalar(value).split(",")]
        return scalar(value)

    @cached_property
    def _functions(self) -> dict[str, Callable[[Any], Any]]:
        return {
            "Ref": self.ref,
            "Condition": self._condition,
            "Fn::And": lambda items: all(self._truths(items)),
            "Fn::Equals": lambda pair: scalar(self.resolve(pair[0])) == scalar(self.resolve(pair[1])),
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAtt": self._get_att,
            "Fn::If": lambda choice: self.resolve(choice[1 if self._condition(choice[0]) else 2]),
            "Fn::Join": lambda pair: str(pair[0]).join(scalar(item) for item in self.resolve(pair[1])),
            "Fn::Not": lambda item: not self.resolve(item[0]),
            "Fn::Or": lambda items: any(self._truths(items)),
            "Fn::Select": lambda pair: self.resolve(pair[1])[int(self.resolve(pair[0]))],
            "Fn::Split": lambda pair: scalar(self.resolve(pair[1])).split(pair[0]),
            "Fn::Sub": self._sub,
        }

    def _truths(self, items: Sequence[Any]) -> Iterator[bool]:
        return (bool(self.resolve(item)) for item in items)

    def _condition(self, name: str) -> bool:
        return bool(self.resolve(self._document["Conditions"][name]))

    def _find_in_map(self, path: Sequence[Any]) -> Any:
        value = self._document["Mappings"]
        for key in path:
            value = value[self.resolve(key)]
        return value

    def _get_att(self, path: str | Sequence[str]) -> str:
        logical_id, attribute = path.split(".", 1) if isinstance(path, str) else list(path)
        return self.arn(logical_id) if attribute == "Arn" else f"{self.physical_name(logical_id)}.{attribute}"

    def _sub(self, argument: str | list[Any]) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def replaced(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return scalar(self.resolve(own[name]))
            return self._get_att(name) if "." in name else scalar(self.ref(name))

        return re.sub(r"\$\{([^}]+)\}", replaced, text)


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        value = node.value
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _short_form)
