"""The template reader, on the project's own template and on the intrinsic functions it must know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.intrinsics import Resolver, TemplateError, read
from local.template import Template, create_table

PROJECT = Path(__file__).resolve().parents[2]
PARAMETERS = {
    "AllowedOrigins": "http://localhost:8080, https://www.example.com",
    "JwtIssuer": "http://issuer.test",
    "JwtAudience": "client-1,client-2",
}


@pytest.fixture(scope="module")
def template() -> Template:
    return Template.load(PROJECT / "template.yaml", PARAMETERS)


def resolve(expression: str, **parameters: str) -> Any:
    document = read(
        f"""
        Parameters:
          Name: {{Type: String, Default: video}}
          Count: {{Type: Number, Default: 3}}
          Many: {{Type: CommaDelimitedList, Default: "a, b"}}
          Needed: {{Type: String}}
        Mappings: {{Sizes: {{small: {{memory: 128}}}}}}
        Conditions:
          IsVideo: !Equals [!Ref Name, video]
          IsThree: !Equals [!Ref Count, 3]
          Both: !And [!Condition IsVideo, !Condition IsThree]
          Neither: !Not [!Or [!Condition IsVideo, !Condition IsThree]]
        Resources:
          Table: {{Type: AWS::DynamoDB::Table}}
          Secret: {{Type: AWS::SecretsManager::Secret}}
        Value: {expression}
        """
    )
    return Resolver(document, parameters, {}).resolve({"value": document["Value"]}).get("value")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("!Ref Name", "video"),
        ("!Ref Count", "3"),
        ("!Ref Many", ["a", "b"]),
        ("!Ref Table", "local-Table"),
        ("!Ref Secret", "arn:aws:secretsmanager:us-east-1:123456789012:secret:local-Secret"),
        ("!Ref AWS::NoValue", None),
        ("!GetAtt Table.Arn", "arn:aws:dynamodb:us-east-1:123456789012:table/local-Table"),
        ("{'Fn::GetAtt': [Table, Arn]}", "arn:aws:dynamodb:us-east-1:123456789012:table/local-Table"),
        ("!Sub '${Table.Arn}/index/${Name}'", "arn:aws:dynamodb:us-east-1:123456789012:table/local-Table/index/video"),
        ("!Sub ['${Own}-${AWS::Region}-${!kept}', {Own: !Ref Count}]", "3-us-east-1-${kept}"),
        ("!Join [',', !Ref Many]", "a,b"),
        ("!Join ['-', [a, !Ref Name, true]]", "a-video-true"),
        ("!Select [1, !Ref Many]", "b"),
        ("!Select [0, !Split ['/', 'x/y']]", "x"),
        ("!FindInMap [Sizes, small, memory]", 128),
        ("!If [IsVideo, 1, 2]", 1),
        ("!If [Both, 1, 2]", 1),
        ("!If [Neither, 1, 2]", 2),
        ("!If [Neither, 1, !Ref AWS::NoValue]", None),
        ("[1, !If [Neither, 2, !Ref AWS::NoValue], 3]", [1, 3]),
    ],
)
def test_an_intrinsic_function_is_resolved(expression: str, value: object) -> None:
    assert resolve(expression) == value


def test_a_parameter_replaces_its_default() -> None:
    assert resolve("!If [IsVideo, yes, no-video]", Name="audio") == "no-video"


def test_a_parameter_that_the_template_does_not_have_is_refused() -> None:
    with pytest.raises(TemplateError, match="no such parameters: Nmae"):
        resolve("!Ref Name", Nmae="typo")


def test_a_parameter_without_a_value_is_named_when_it_is_needed() -> None:
    with pytest.raises(TemplateError, match="the parameter Needed has no value"):
        resolve("!Ref Needed")


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(TemplateError, match="nothing in the template is called Tabel"):
        resolve("!Ref Tabel")


def test_a_schedule_that_is_no_rate_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        """
        Resources:
          NightlyFunction:
            Type: AWS::Serverless::Function
            Properties:
              Handler: nightly.handler
              CodeUri: .
              Events: {Night: {Type: ScheduleV2, Properties: {ScheduleExpression: "cron(0 3 * * ? *)"}}}
        """
    )
    with pytest.raises(TemplateError, match="NightlyFunction: cron"):
        _ = Template.load(path).schedules


def test_every_function_has_a_handler_that_exists(template: Template) -> None:
    assert "CreateUploadFunction" in template.functions
    for function in template.functions.values():
        module = function.handler.rpartition(".")[0]
        assert (function.code / f"{module}.py").is_file(), function.logical_id
        assert [layer.name for layer in function.layers] == ["shared"]


def test_the_environment_joins_globals_and_own_variables(template: Template) -> None:
    environment = template.function_environment("CreateUploadFunction")
    assert environment["TABLE_NAME"] == template.physical_name("LifecycleTable")
    assert environment["ALLOWED_ORIGINS"] == "http://localhost:8080,https://www.example.com"
    assert environment["UPLOAD_TIMEOUT_SECONDS"] == "3600"
    assert environment["MUX_TOKEN_SECRET_ARN"] == template.ref("MuxTokenSecret")
    assert "MUX_WEBHOOK_SECRET_ARN" not in environment


def test_only_the_webhook_and_the_gallery_have_no_authorizer(template: Template) -> None:
    routes = {route.key: route.authorizer for route in template.routes}
    assert routes["POST /uploads"] == "Jwt"
    assert {key for key, authorizer in routes.items() if authorizer is None} == {"POST /webhooks/mux", "GET /gallery"}


def test_a_required_scope_holds_for_every_route_with_an_authorizer(template: Template) -> None:
    assert {route.scopes for route in template.routes} == {()}
    scoped = Template.load(PROJECT / "template.yaml", PARAMETERS | {"JwtScope": "videos/use"})
    assert {route.scopes for route in scoped.routes if route.authorizer} == {("videos/use",)}
    assert {route.scopes for route in scoped.routes if not route.authorizer} == {()}


def test_authorizer_and_cors_come_from_the_parameters(template: Template) -> None:
    authorizer = template.authorizers["Jwt"]
    assert (authorizer.header, authorizer.issuer) == ("authorization", "http://issuer.test")
    assert authorizer.audience == ("client-1", "client-2")
    assert template.cors is not None
    assert template.cors.allow_origins == ("http://localhost:8080", "https://www.example.com")


def test_the_cleanup_runs_at_its_rate(template: Template) -> None:
    (schedule,) = [entry for entry in template.schedules if entry.function == "CleanupFunction"]
    assert (schedule.period, schedule.enabled) == (300, True)


def test_the_cleanup_can_be_switched_off() -> None:
    stopped = Template.load(PROJECT / "template.yaml", {**PARAMETERS, "CleanupState": "DISABLED"})
    assert not any(entry.enabled for entry in stopped.schedules if entry.function == "CleanupFunction")


def test_the_table_is_created_with_its_indexes_and_time_to_live(template: Template) -> None:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        name = create_table(client, template)
        table = client.describe_table(TableName=name)["Table"]
        ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    indexes = {index["IndexName"] for index in table["GlobalSecondaryIndexes"]}
    assert indexes == {"by-owner", "by-owner-and-status", "uploads-by-owner", "library", "due", "gallery"}
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert ttl["AttributeName"] == "ttl"


def test_a_secret_is_found_by_the_arn_of_the_template(template: Template) -> None:
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="us-east-1")
        client.create_secret(Name=template.physical_name("MuxTokenSecret"), SecretString="{}")
        assert client.get_secret_value(SecretId=template.ref("MuxTokenSecret"))["SecretString"] == "{}"
