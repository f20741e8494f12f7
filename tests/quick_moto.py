"""Makes moto's UpdateItem, of which the tests do tens of thousands, and its answers with items twice as fast, and lets
nothing else pass.

moto parses every update expression anew, three times a call, and checks it in time that is quadratic in its length. Of
each value in an answer it asks whether it is one of ten types, by all names that the type might have.
"""

import pickle
from functools import cache
from typing import Any

from moto.core.serialize import JSONSerializer
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.parsing.validators import ActionCountValidator, OverlappingPathsValidator

_parse = UpdateExpressionParser.make
_serialize_structure = JSONSerializer._serialize_type_structure
_PLAIN = frozenset({"S", "N", "BOOL", "NULL", "SS", "NS"})


@cache
def _parsed(expression: str) -> Any:
    """The syntax tree. Nobody changes it: what works on it makes a copy first."""
    tree = _parse(expression)
    pickled = pickle.dumps(tree)
    tree.__deepcopy__ = lambda _: pickle.loads(pickled)  # noqa: S301 - written two lines above
    return tree


def _serialize(self: JSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """A value that is neither binary nor nested is answered as it is stored."""
    if shape.name == "AttributeValue" and type(value) is dict and _PLAIN.issuperset(value):
        serialized[key] = value
    else:
        _serialize_structure(self, serialized, value, shape, key)


def install() -> None:
    """For the rest of the process."""
    JSONSerializer._serialize_type_structure = _serialize  # type: ignore[assignment, method-assign]
    UpdateExpressionParser.make = _parsed
    # Both look at a whole subtree; what is wrong with any part is seen from the root.
    ActionCountValidator.traverse = ActionCountValidator.verify_action_counts
    OverlappingPathsValidator.traverse = OverlappingPathsValidator.check_for_overlapping_paths
