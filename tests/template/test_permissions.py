"""What each role may do: exact actions on exact resources."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.template.document import Template, listed, of_type

TABLE = "LifecycleTable"
TOKEN = {"MuxTokenSecret": {"secretsmanager:GetSecretValue"}}
BY_OWNER = f"{TABLE}/index/by-owner"
CREATING = TOKEN | {
    TABLE: {"GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"},
    BY_OWNER: {"Query"},
}
EDITING = TOKEN | {TABLE: {"GetItem", "UpdateItem"}}
ALLOWED = {
    "CreateUploadFunctionRole": CREATING,
    "GetUploadFunctionRole": {TABLE: {"GetItem"}},
    "CancelUploadFunctionRole": TOKEN | {TABLE: {"GetItem", "UpdateItem"}},
    "CreateAssetFunctionRole": CREATING,
    "ListAssetsFunctionRole": {
        TABLE: {"BatchGetItem"},
        BY_OWNER: {"Query"},
        f"{TABLE}/index/by-owner-and-status": {"Query"},
        f"{TABLE}/index/library": {"Query"},
    },
    "GetAssetFunctionRole": {TABLE: {"GetItem"}},
    "UpdateAssetFunctionRole": EDITING,
    "DeleteAssetFunctionRole": TOKEN | {TABLE: {"GetItem", "PutItem", "UpdateItem"}},
    "PlaybackIdsFunctionRole": EDITING,
    "PlaybackTokensFunctionRole": {
        TABLE: {"GetItem", "BatchGetItem"},
        "MuxSigningKeySecret": {"secretsmanager:GetSecretValue"},
    },
    "InputInfoFunctionRole": TOKEN | {TABLE: {"GetItem", "UpdateItem"}},
    "TracksFunctionRole": EDITING,
    "StaticRenditionsFunctionRole": EDITING,
    "MasterAccessFunctionRole": EDITING,
    "GalleryFunctionRole": {f"{TABLE}/index/gallery": {"Query"}},
    "UsageFunctionRole": {
        TABLE: {"GetItem", "BatchGetItem"},
        BY_OWNER: {"Query"},
        f"{TABLE}/index/uploads-by-owner": {"Query"},
    },
    "WebhookReceiverFunctionRole": {
        TABLE: {"GetItem", "PutItem", "UpdateItem"},
        "MuxWebhookSecret": {"secretsmanager:GetSecretValue"},
    },
    "CleanupFunctionRole": TOKEN
    | {
        TABLE: {"GetItem", "PutItem", "UpdateItem"},
        f"{TABLE}/index/due": {"Query"},
        BY_OWNER: {"Query"},
        "CleanupFailuresQueue": {"sqs:SendMessage"},
    },
    "CleanupScheduleRole": {
        "CleanupFunction": {"lambda:InvokeFunction"},
        "CleanupFailuresQueue": {"sqs:SendMessage"},
    },
    "ReconcileFunctionRole": TOKEN
    | {
        TABLE: {"GetItem", "BatchGetItem", "PutItem", "UpdateItem"},
        f"{TABLE}/index/library": {"Query"},
        "ReconcileFailuresQueue": {"sqs:SendMessage"},
    },
    "ReconcileScheduleRole": {
        "ReconcileFunction": {"lambda:InvokeFunction"},
        "ReconcileFailuresQueue": {"sqs:SendMessage"},
    },
    "MuxSetupFunctionRole": TOKEN
    | {
        TABLE: {"UpdateItem"},
        "MuxWebhookSecret": {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"},
        "MuxSigningKeySecret": {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"},
        "MuxSetupFailuresQueue": {"sqs:SendMessage"},
    },
    "MuxSetupScheduleRole": {
        "MuxSetupFunction": {"lambda:InvokeFunction"},
        "MuxSetupFailuresQueue": {"sqs:SendMessage"},
    },
    "ChangeFeedRole": {
        f"{TABLE}/stream": {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"},
        "ChangeBus": {"events:PutEvents"},
        "ChangeFeedFailuresQueue": {"sqs:SendMessage"},
    },
}
SERVICES = {
    "CleanupScheduleRole": "scheduler.amazonaws.com",
    "ReconcileScheduleRole": "scheduler.amazonaws.com",
    "MuxSetupScheduleRole": "scheduler.amazonaws.com",
    "ChangeFeedRole": "pipes.amazonaws.com",
}
"""Who takes the roles that are no function's."""
WRITING_LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}


def statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for policy in role["Policies"]:
        yield from listed(policy["PolicyDocument"]["Statement"])


def resource_name(resource: Any) -> str:
    match resource:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return name
        case {"Fn::GetAtt": [str(name), "StreamArn"]}:
            return f"{name}/stream"
        case {"Fn::Sub": str(text)} if text.startswith("${") and "*" not in text:
            return text.removeprefix("${").replace(".Arn}", "")
    raise AssertionError(f"not the ARN of one resource of this stack: {resource}")


def test_each_role_allows_exactly_what_its_function_does(deployed: Template) -> None:
    found: dict[str, dict[str, set[str]]] = {}
    for name, role in of_type(deployed, "AWS::IAM::Role").items():
        allowed: dict[str, set[str]] = defaultdict(set)
        for statement in statements(role):
            assert statement["Effect"] == "Allow"
            assert "NotAction" not in statement
            assert "NotResource" not in statement
            for resource in listed(statement["Resource"]):
                actions = {action.removeprefix("dynamodb:") for action in listed(statement["Action"])}
                if actions != WRITING_LOGS:
                    allowed[resource_name(resource)] |= actions
        found[name] = dict(allowed)
    assert found == ALLOWED


def test_a_function_writes_its_own_log_and_no_other(deployed: Template) -> None:
    for function in of_type(deployed, "AWS::Lambda::Function").values():
        role = of_type(deployed, "AWS::IAM::Role")[function["Role"]["Fn::GetAtt"][0]]
        [logs] = [entry for entry in statements(role) if set(listed(entry["Action"])) & WRITING_LOGS]
        assert set(logs["Action"]) == WRITING_LOGS
        assert logs["Resource"] == {"Fn::GetAtt": [function["LoggingConfig"]["LogGroup"]["Ref"], "Arn"]}


def test_nothing_comes_from_a_managed_policy(deployed: Template) -> None:
    """AWSLambdaBasicExecutionRole, which SAM attaches to roles that it makes, allows writing every log there is."""
    for name, role in of_type(deployed, "AWS::IAM::Role").items():
        assert not role.get("ManagedPolicyArns"), name
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::User"):
        assert not of_type(deployed, kind)


def test_each_function_has_a_role_of_its_own(deployed: Template) -> None:
    functions = of_type(deployed, "AWS::Lambda::Function")
    assert {name: function["Role"] for name, function in functions.items()} == {
        name: {"Fn::GetAtt": [f"{name}Role", "Arn"]} for name in functions
    }


def test_each_role_can_be_taken_by_one_service_only(deployed: Template) -> None:
    for name, role in of_type(deployed, "AWS::IAM::Role").items():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert listed(statement["Principal"]["Service"]) == [SERVICES.get(name, "lambda.amazonaws.com")]
        assert listed(statement["Action"]) == ["sts:AssumeRole"]
    for name in SERVICES:
        (trust,) = deployed["Resources"][name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def wildcards(node: Any, path: str = "") -> Iterator[str]:
    """Every place that allows an action or a resource by a pattern."""
    if isinstance(node, dict):
        if node.get("Effect") == "Allow":
            for key in ("Action", "Resource", "Principal"):
                if any("*" in str(value) for value in listed(node.get(key, []))):
                    yield f"{path}.{key}"
        for key, value in node.items():
            yield from wildcards(value, f"{path}.{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from wildcards(value, f"{path}[{index}]")


def test_nothing_is_allowed_by_a_pattern(deployed: Template) -> None:
    assert not list(wildcards(deployed["Resources"]))


def test_the_search_for_patterns_finds_them() -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": ["dynamodb:*"], "Resource": {"Fn::Sub": "${T.Arn}/*"}}]}
    assert list(wildcards({"Role": policy})) == [".Role.Statement[0].Action", ".Role.Statement[0].Resource"]
