"""The template twice: as it is written (SAM), and as CloudFormation deploys it (translated, offline)."""

from typing import Any

import pytest

from tests.template.document import Template, of_type
from tests.template.translation import translated, written


@pytest.fixture(scope="session")
def sam() -> Template:
    """template.yaml as it is written; intrinsic functions in their long form."""
    return written()


@pytest.fixture(scope="session")
def deployed() -> Template:
    """The CloudFormation that SAM makes of the template."""
    return translated()


@pytest.fixture(scope="session")
def functions(sam: Template) -> dict[str, dict[str, Any]]:
    """The functions by logical id, with what they take from Globals."""
    shared = sam["Globals"]["Function"]
    merged = {}
    for name, resource in of_type(sam, "AWS::Serverless::Function").items():
        variables = shared["Environment"]["Variables"] | resource.get("Environment", {}).get("Variables", {})
        merged[name] = {**shared, **resource, "Environment": {"Variables": variables}}
    return merged
