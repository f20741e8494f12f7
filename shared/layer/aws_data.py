"""botocore's data, cut down to the AWS calls that the code makes. Loading whole models is most of a cold start.

A service is named where the code makes its client, `_client("dynamodb")`; an operation, wherever its method's name
stands: `client.get_item(…)` or `call("get_item")`. A word that only looks like one keeps an operation too many.
"""

import ast
import gzip
import json
import re
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from layer.errors import MovedError

type Json = dict[str, Any]

# Without `partitions.json`, and each service's rules that belong to it, botocore finds endpoints as it always did, in
# `endpoints.json`: the same ones, once per client. Rules it would follow again for every call.
_SHARED: Final = ("endpoints.json", "sdk-default-configuration.json")
_MAKES_A_CLIENT: Final = "_client"
_EXTRAS: Final = {"get_paginator": "paginators-1", "get_waiter": "waiters-2"}
"""What a service has to offer beside its operations, by the method that asks for it."""


_AS_IT_COMES: Final = "AttributeValue"
_BINARY: Final = frozenset({"B", "BS"})
"""A value of DynamoDB's is JSON like `{"S": "text"}` on both sides of botocore, unless it is binary. It and
whatever holds nothing else (an item, a list of items) pass through as documents; botocore would ask each value for each
of ten types, which is half of a list's processor time."""
_DOCUMENT: Final[Json] = {"type": "structure", "members": {}, "document": True}


@dataclass
class Words:
    """What the code says that can have to do with AWS."""

    services: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


def spoken(sources: Iterable[bytes]) -> Words:
    """The services that the sources make clients of, and every attribute and text in them."""
    words = Words()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(service)), *_]) if (
                    name == _MAKES_A_CLIENT
                ):
                    words.services.add(service)
                case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                    words.names.add(name)
    return words


def trim(data: Path, words: Words) -> None:
    """Leave in botocore's folder `data` what these words can ask for. Raises MovedError."""
    if not words.services:
        raise MovedError(f"no {_MAKES_A_CLIENT}(…) names a service")
    kept = {name: _read(data / name) for name in _SHARED}
    kept["endpoints.json"] = _endpoints(kept["endpoints.json"], words.services)
    for service in words.services:
        kept |= _service(data, service, words.names)
    shutil.rmtree(data)
    for name, content in kept.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")


def trimmed_model(model: Json, operations: Iterable[str], names: Collection[str]) -> Json:
    """A service model with these operations, the shapes they need as far as `names` says, and no documentation."""
    chosen = {name: model["operations"][name] for name in sorted(operations)}
    shapes: Json = {}
    waiting = sorted(_shape_names(chosen))
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shape = model["shapes"][name]
            shapes[name] = _DOCUMENT if _passes_through(name, model["shapes"], names) else shape
            waiting += sorted(_shape_names(shapes[name]))
    rest = {key: value for key, value in model.items() if key not in {"operations", "shapes"}}
    found: Json = _undocumented(rest | {"operations": chosen, "shapes": shapes})
    return found


def _passes_through(name: str, shapes: Json, names: Collection[str]) -> bool:
    shape = shapes[name]
    content = shape.get("member") if shape["type"] == "list" else shape.get("value")
    if content:
        return _passes_through(content["shape"], shapes, names)
    return name == _AS_IT_COMES and not _BINARY.intersection(names)


def _service(data: Path, service: str, names: set[str]) -> dict[str, Json]:
    versions = sorted(folder.name for folder in (data / service).glob("*") if list(folder.glob("service-2.json*")))
    if not versions:
        raise MovedError(f"botocore has no model of {service}")
    folder = Path(service) / versions[-1]
    model = _corrected(data / folder)
    operations = [name for name in model["operations"] if _method(name) in names]
    if not operations:
        raise MovedError(f"a client of {service} is made, but no operation of it is named")
    files = {"service-2": trimmed_model(model, operations, names)}
    files |= {name: _read(data / folder / f"{name}.json") for method, name in _EXTRAS.items() if method in names}
    return {f"{folder}/{name}.json": content for name, content in files.items()}


def _corrected(folder: Path) -> Json:
    """The service's model with the corrections that botocore keeps beside it."""
    model = _read(folder / "service-2.json")
    for extras in folder.glob("service-2.sdk-extras.json*"):
        model = _merged(model, _read(extras).get("merge", {}))
    return model


def _merged(base: Json, correction: Json) -> Json:
    return base | {
        name: _merged(base[name], value) if isinstance(value, dict) and isinstance(base.get(name), dict) else value
        for name, value in correction.items()
    }


def _endpoints(endpoints: Json, services: set[str]) -> Json:
    for partition in endpoints["partitions"]:
        found = partition["services"]
        partition["services"] = {name: found[name] for name in sorted(services & found.keys())}
    return endpoints


def _read(path: Path) -> Json:
    """JSON, compressed or not."""
    packed = path.with_name(f"{path.name.removesuffix('.gz')}.gz")
    if not packed.is_file() and not path.is_file():
        raise MovedError(f"botocore has no {path.name} in {path.parent}")
    content = gzip.decompress(packed.read_bytes()) if packed.is_file() else path.read_bytes()
    found: Json = json.loads(content)
    return found


def _shape_names(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {value["shape"]} if isinstance(value.get("shape"), str) else set()
        return own.union(*(_shape_names(entry) for entry in value.values()))
    if isinstance(value, list):
        return set().union(*(_shape_names(entry) for entry in value))
    return set()


def _undocumented(value: Any) -> Any:
    """Without the texts; a member may be called documentation, so only texts go."""
    if isinstance(value, dict):
        return {
            key: _undocumented(entry)
            for key, entry in value.items()
            if not (key == "documentation" and isinstance(entry, str))
        }
    return [_undocumented(entry) for entry in value] if isinstance(value, list) else value


def _method(operation: str) -> str:
    """The method of a client: get_item for GetItem."""
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", operation)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()
