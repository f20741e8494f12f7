"""The template twice: as it is written (SAM), and as CloudFormation deploys it (translated, offline)."""

import copy
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from tests.template.document import PARAMETERS, ROOT, Template, of_type


@pytest.fixture(scope="session")
def sam() -> Template:
    """template.yaml as it is written; intrinsic functions in their long form."""
    template: Template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return template


@pytest.fixture(scope="session")
def deployed(sam: Template) -> Template:
    """The CloudFormation that SAM makes of the template."""
    packaged = copy.deepcopy(sam)
    packaged["Globals"]["Function"]["CodeUri"] = "s3://bucket/functions"
    packaged["Resources"]["SharedLayer"]["Properties"]["ContentUri"] = "s3://bucket/layer"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        template: Template = Translator({}, Parser()).translate(packaged, PARAMETERS)
    return template


@pytest.fixture(scope="session")
def functions(sam: Template) -> dict[str, dict[str, Any]]:
    """The functions by logical id, with what they take from Globals."""
    shared = sam["Globals"]["Function"]
    merged = {}
    for name, resource in of_type(sam, "AWS::Serverless::Function").items():
        variables = shared["Environment"]["Variables"] | resource.get("Environment", {}).get("Variables", {})
        merged[name] = {**shared, **resource, "Environment": {"Variables": variables}}
    return merged
