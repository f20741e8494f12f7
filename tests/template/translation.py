"""template.yaml as CloudFormation deploys it: SAM's own translator, offline. As a program it prints that, as JSON."""

import json
import os
from unittest import mock

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from tests.template.document import PARAMETERS, ROOT, Template


def written() -> Template:
    """template.yaml as it is written; intrinsic functions in their long form."""
    template: Template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return template


def translated() -> Template:
    """The CloudFormation that SAM makes of the template."""
    packaged = written()
    packaged["Globals"]["Function"]["CodeUri"] = "s3://bucket/functions"
    packaged["Resources"]["SharedLayer"]["Properties"]["ContentUri"] = "s3://bucket/layer"
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "eu-central-1"}):
        template: Template = Translator({}, Parser()).translate(packaged, PARAMETERS)
    return template


if __name__ == "__main__":
    print(json.dumps(translated(), indent=2))
