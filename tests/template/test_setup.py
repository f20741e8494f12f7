"""CloudFormation asks the setup function once per deployment, after all it needs, and does not wait for ever."""

import pytest

from mux_lifecycle import runtime
from tests.template.document import Template, of_type

RESOURCE = "MuxSetupResource"


def test_the_function_is_asked_when_anything_that_matters_changes(deployed: Template) -> None:
    (properties,) = of_type(deployed, "Custom::MuxSetup").values()
    schemes = of_type(deployed, "AWS::ApiGatewayV2::Api")["HttpApi"]["Body"]["components"]["securitySchemes"]
    authorizer = schemes["Jwt"]["x-amazon-apigateway-authorizer"]
    functions_tag = deployed["Resources"]["MuxSetupFunction"]["Properties"]["Environment"]["Variables"]["STACK_TAG"]
    assert properties == {
        "ServiceToken": {"Fn::GetAtt": ["MuxSetupFunction", "Arn"]},
        "ServiceTimeout": 900,
        "WebhookUrl": deployed["Outputs"]["WebhookUrl"]["Value"],
        "MuxEnvironmentId": {"Ref": "MuxEnvironmentId"},
        "MuxSetup": {"Ref": "MuxSetup"},
        "StackTag": functions_tag,
        "JwtIssuer": authorizer["jwtConfiguration"]["issuer"],
        "AcceptedJwtIssuerChange": {
            "Fn::If": [
                "AcceptsUserPool",
                authorizer["jwtConfiguration"]["issuer"]["Fn::If"][1],
                {"Ref": "AcceptedJwtIssuerChange"},
            ]
        },
        "Release": properties["Release"],
    }
    layer = deployed["Resources"][properties["Release"]["Ref"]]
    assert layer["Type"] == "AWS::Lambda::LayerVersion", "whose name changes with its contents"


def test_a_webhook_is_registered_when_it_can_be_served_and_removed_before_it_cannot(deployed: Template) -> None:
    needed = set(deployed["Resources"][RESOURCE]["DependsOn"])
    # Without its own settings for retries, Lambda would repeat a request for six hours.
    settings = "MuxSetupFunctionEventInvokeConfig"
    assert needed == {"HttpApiApiGatewayDefaultStage", "WebhookReceiverFunction", settings}
    assert needed <= set(deployed["Resources"])
    assert not [name for name, other in deployed["Resources"].items() if RESOURCE in str(other.get("DependsOn"))]


def test_the_last_repetition_ends_before_cloudformation_gives_up(deployed: Template) -> None:
    """What it does after that would be done to a stack that has been rolled back."""
    (config,) = [
        config
        for config in of_type(deployed, "AWS::Lambda::EventInvokeConfig").values()
        if config["FunctionName"] == {"Ref": "MuxSetupFunction"}
    ]
    timeout = of_type(deployed, "AWS::Lambda::Function")["MuxSetupFunction"]["Timeout"]
    resource = deployed["Resources"][RESOURCE]["Properties"]
    assert config["MaximumEventAgeInSeconds"] + timeout < resource["ServiceTimeout"]


def test_nobody_has_to_register_anything_by_default(sam: Template) -> None:
    assert sam["Parameters"]["MuxSetup"]["Default"] == "automatic"
    assert sam["Parameters"]["RotationDays"]["Default"] == 0


def test_the_function_answers_for_the_resource_that_the_template_has(
    deployed: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STACK_ID", "URL_SUFFIX", "WEBHOOK_URL"):
        monkeypatch.setenv(name, "of the stack")
    runtime._setup_config.cache_clear()
    resource = runtime.setup_resource()
    runtime._setup_config.cache_clear()
    assert deployed["Resources"][resource.logical_id]["Type"] == resource.type
    assert set(resource.properties) <= set(deployed["Resources"][resource.logical_id]["Properties"])
