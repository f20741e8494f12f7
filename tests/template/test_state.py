"""What must outlive a mistake, and what must stay secret: table, secrets, parameters, outputs."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.document import Template, of_type

# What the function makes of account, region and name: nothing that anybody must not see.
TAG = {"Fn::If": ["HasStackTag", {"Ref": "StackTag"}, {"Fn::GetAtt": ["MuxSetupResource", "tag"]}]}
SECRETS = {"MuxTokenSecret", "MuxWebhookSecret", "MuxSigningKeySecret"}
TOKEN_LIFETIME = "MaxPlaybackTokenSeconds"
"""A number: named after a token, but it holds none."""


@pytest.fixture(scope="module")
def table(deployed: Template) -> dict[str, Any]:
    (properties,) = of_type(deployed, "AWS::DynamoDB::Table").values()
    return properties


@pytest.mark.parametrize("name", sorted(SECRETS | {"LifecycleTable"}))
def test_deleting_or_replacing_the_stack_keeps_it(deployed: Template, name: str) -> None:
    resource = deployed["Resources"][name]
    # A first deployment that fails leaves no empty secrets, which cost money; an empty table is free, and protected.
    assert resource["DeletionPolicy"] == ("RetainExceptOnCreate" if name in SECRETS else "Retain")
    assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_table_is_protected_restorable_and_encrypted(sam: Template, table: dict[str, Any]) -> None:
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["DeletionProtectionEnabled"] == {"Ref": "TableDeletionProtection"}
    assert sam["Parameters"]["TableDeletionProtection"]["Default"] == "true"
    assert "TableName" not in table, "a kept table must not block the next stack"


def test_keys_and_indexes(table: dict[str, Any]) -> None:
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    types = {entry["AttributeName"]: entry["AttributeType"] for entry in table["AttributeDefinitions"]}
    indexes = {}
    for index in table["GlobalSecondaryIndexes"]:
        keys = [f"{key['AttributeName']} {types[key['AttributeName']]}" for key in index["KeySchema"]]
        indexes[index["IndexName"]] = (*keys, index["Projection"]["ProjectionType"])
    assert indexes == {
        "by-owner": ("owner S", "sort S", "ALL"),
        "by-owner-and-status": ("owner_status S", "sort S", "ALL"),
        "uploads-by-owner": ("owner S", "asked_at N", "INCLUDE"),
        "library": ("library S", "sort S", "KEYS_ONLY"),
        "due": ("due S", "due_at N", "KEYS_ONLY"),
        "gallery": ("gallery S", "sort S", "INCLUDE"),
    }


def test_secrets_are_made_empty(deployed: Template) -> None:
    secrets = of_type(deployed, "AWS::SecretsManager::Secret")
    assert set(secrets) == SECRETS
    for properties in secrets.values():
        assert properties.keys() == {"Description"}


def texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key)
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)
    else:
        yield str(node)


def test_no_secret_passes_through_a_parameter_an_output_or_the_environment(deployed: Template) -> None:
    secret = re.compile(r"secret|password|token|private|signing", re.IGNORECASE)
    assert [name for name in deployed["Parameters"] if secret.search(name)] == [TOKEN_LIFETIME]
    assert deployed["Parameters"][TOKEN_LIFETIME]["Type"] == "Number"
    for output, properties in deployed["Outputs"].items():
        assert properties["Value"].keys() <= {"Ref", "Fn::Sub"} or properties["Value"] == TAG, output
    for name, function in of_type(deployed, "AWS::Lambda::Function").items():
        for variable, value in function["Environment"]["Variables"].items():
            if secret.search(variable) and value != {"Ref": TOKEN_LIFETIME}:
                assert variable.endswith("_SECRET_ARN"), f"{name}: {variable}"
                assert value["Ref"] in SECRETS
    assert not [text for text in texts(deployed) if "{{resolve:" in text]


def test_outputs_tell_what_an_operator_needs_next(deployed: Template) -> None:
    outputs = deployed["Outputs"]
    assert {"ApiUrl", "WebhookUrl", "TableName", *(f"{secret}Arn" for secret in SECRETS)} <= set(outputs)
    for secret in SECRETS:
        output = outputs[f"{secret}Arn"]
        assert output["Value"] == {"Ref": secret}
        assert "aws secretsmanager put-secret-value" in output["Description"]
        assert "--secret-string file://" in output["Description"], "a shell remembers what stands on a command line"


def test_every_parameter_is_explained_bounded_and_grouped(sam: Template) -> None:
    groups = sam["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(sam["Parameters"])
    for name, parameter in sam["Parameters"].items():
        assert parameter["Description"], name
        assert parameter.keys() & {"AllowedPattern", "AllowedValues", "MinValue"}, name
        assert ("MinValue" in parameter) == ("MaxValue" in parameter), name
        assert ("AllowedPattern" in parameter) == ("ConstraintDescription" in parameter), "a pattern explains nothing"
    needed = {name for name, parameter in sam["Parameters"].items() if "Default" not in parameter}
    assert not needed, "a first deploy may press Enter for all"


def test_every_default_is_allowed(sam: Template) -> None:
    for name, parameter in sam["Parameters"].items():
        if "Default" not in parameter:
            continue
        default = parameter["Default"]
        assert default is not None
        assert default in parameter.get("AllowedValues", [default]), name
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), str(default)), name
        if parameter["Type"] == "Number" and "MinValue" in parameter:
            assert parameter["MinValue"] <= default <= parameter["MaxValue"], name


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("StackTag", "videos-2", "Videos"),
        ("StackTag", "v", "a" * 33),
        ("StackTag", "a" * 32, "a#b"),
        ("MuxEnvironmentId", "", "k3v9zq "),
        ("PlaybackRestrictionId", "", "a b"),
        ("PlaybackRestrictionId", "Jw3mT02kQe7RzL9b", "x" * 129),
        ("JwtIssuer", "", "http://issuer.example.com"),
        ("JwtIssuer", "https://issuer.example.com/", "issuer.example.com"),
        ("SignInCallbackUrls", "https://www.example.com/videos/", "http://www.example.com/"),
        ("SignInCallbackUrls", "http://localhost:8080", "https://www.example.com/#videos"),
        ("SignInDomainPrefix", "", "-videos"),
        ("SignInDomainPrefix", "videos-2", "Videos"),
        ("JwtIssuer", "https://issuer.example.com/pool", "https://issuer.example.com?a"),
        ("AlarmTopicArn", "arn:aws:sns:eu-central-1:123456789012:alarms", "alarms"),
        ("AdminGroup", "video-admins", "a b"),
    ],
)
def test_patterns_tell_good_values_from_bad(sam: Template, name: str, good: str, bad: str) -> None:
    pattern = sam["Parameters"][name]["AllowedPattern"]
    assert re.fullmatch(pattern, good)
    assert not re.fullmatch(pattern, bad)
