"""How the tests of this folder look into a CloudFormation document."""

from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]

# As CloudFormation hands them to the SAM transform: a CommaDelimitedList arrives as a list.
PARAMETERS: Final = {
    "AllowedOrigins": ["https://www.example.com", "http://localhost:8080"],
    "JwtIssuer": "https://issuer.example.com",
    "JwtAudience": ["example-client"],
}

type Template = dict[str, Any]


def of_type(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of one type, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def listed(value: Any) -> list[Any]:
    """What IAM and CloudFormation accept as one value or a list, as a list."""
    return value if isinstance(value, list) else [value]
