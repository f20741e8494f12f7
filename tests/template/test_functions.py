"""The functions: handlers, environment, limits, logs."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from mux_lifecycle import aws
from mux_lifecycle.mux import client, webhooks
from mux_lifecycle.workflows import visibility
from tests.template.document import ROOT, Template, of_type

NAMES = [
    "create_upload",
    "get_upload",
    "cancel_upload",
    "create_asset",
    "list_assets",
    "get_asset",
    "update_asset",
    "delete_asset",
    "playback_ids",
    "playback_tokens",
    "input_info",
    "tracks",
    "static_renditions",
    "master_access",
    "gallery",
    "usage",
    "webhook_receiver",
    "cleanup",
    "reconcile",
    "mux_setup",
]
GATEWAY_SECONDS = 30
MUX_WEBHOOK_SECONDS = 5

EVERYWHERE = {
    "TABLE_NAME",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_LOG_LEVEL",
}
ADMIN = {"GROUPS_CLAIM", "ADMIN_GROUP"}
MUX = {"MUX_API_URL", "MUX_TOKEN_SECRET_ARN"}
BUDGETED = MUX | {"MUX_PERCENT_PER_OWNER"}
EDITING = BUDGETED | ADMIN | {"ALLOWED_ORIGINS", "STACK_TAG"}
GIVING_BACK = {"MAX_OPEN_UPLOADS_PER_OWNER", "MAX_ASSETS_PER_OWNER"}
QUOTAS = GIVING_BACK | {"MAX_UPLOADS_PER_DAY_PER_OWNER"}
TOTALS = {"MAX_UPLOADS_PER_DAY", "MAX_STORED_MINUTES", "MAX_DURATION_SECONDS"}
EXTRAS = {"MAX_EXTRAS_PER_DAY_PER_OWNER", "MAX_EXTRAS_PER_DAY"}
NEW_ASSET = (
    QUOTAS
    | TOTALS
    | {"STACK_TAG", "PLAYBACK_POLICY", "VIDEO_QUALITY", "MAX_RESOLUTION_TIER"}
    | {"ALLOWED_ORIGINS", "UPLOAD_TIMEOUT_SECONDS"}
)
ENVIRONMENT = {
    "CreateUploadFunction": BUDGETED | NEW_ASSET,
    "GetUploadFunction": ADMIN,
    "CancelUploadFunction": BUDGETED | ADMIN | GIVING_BACK | {"MUX_ENVIRONMENT_ID", "ALLOWED_ORIGINS", "STACK_TAG"},
    "CreateAssetFunction": BUDGETED | NEW_ASSET | {"URL_IMPORTS"},
    "ListAssetsFunction": ADMIN,
    "GetAssetFunction": ADMIN,
    "UpdateAssetFunction": EDITING,
    "DeleteAssetFunction": BUDGETED | ADMIN | {"MUX_ENVIRONMENT_ID", "ALLOWED_ORIGINS", "MAX_ASSETS_PER_OWNER"},
    "PlaybackIdsFunction": EDITING,
    "PlaybackTokensFunction": ADMIN
    | {"MUX_SIGNING_KEY_SECRET_ARN", "ALLOWED_ORIGINS", "PLAYBACK_TOKEN_SECONDS", "PLAYBACK_RESTRICTION_ID"},
    "InputInfoFunction": BUDGETED | ADMIN | {"STACK_TAG"},
    "TracksFunction": EDITING | EXTRAS,
    "StaticRenditionsFunction": EDITING | EXTRAS,
    "MasterAccessFunction": EDITING,
    "GalleryFunction": set(),
    "UsageFunction": QUOTAS | {"UPLOAD_TIMEOUT_SECONDS"},
    "WebhookReceiverFunction": GIVING_BACK
    | {
        "MUX_WEBHOOK_SECRET_ARN",
        "MUX_ENVIRONMENT_ID",
        "STACK_TAG",
        "AWS_CALL_ATTEMPTS",
    },
    "CleanupFunction": MUX | QUOTAS | TOTALS | {"MAX_EXTRAS_PER_DAY"} | {"MUX_ENVIRONMENT_ID", "STACK_TAG"},
    "ReconcileFunction": MUX
    | GIVING_BACK
    | {"MAX_STORED_MINUTES", "MAX_DURATION_SECONDS", "UPLOAD_TIMEOUT_SECONDS"}
    | {
        "WEBHOOK_URL",
        "MUX_ENVIRONMENT_ID",
        "STACK_TAG",
        "RETAIN_DAYS",
        "RETAIN_ERRORED_DAYS",
        "CANCEL_ABANDONED_UPLOADS_HOURS",
    },
    "MuxSetupFunction": MUX
    | {"MUX_WEBHOOK_SECRET_ARN", "MUX_SIGNING_KEY_SECRET_ARN", "MUX_ENVIRONMENT_ID", "PLAYBACK_TOKEN_SECONDS"}
    | {"MUX_SETUP", "WEBHOOK_URL", "ROTATION_DAYS", "STACK_ID", "URL_SUFFIX", "STACK_TAG"},
}
VALUES = {
    "TABLE_NAME": {"Ref": "LifecycleTable"},
    "MUX_PERCENT_PER_OWNER": {"Ref": "MuxPercentPerOwner"},
    "MUX_API_URL": "https://api.mux.com",
    "MUX_TOKEN_SECRET_ARN": {"Ref": "MuxTokenSecret"},
    "MUX_WEBHOOK_SECRET_ARN": {"Ref": "MuxWebhookSecret"},
    "MUX_SIGNING_KEY_SECRET_ARN": {"Ref": "MuxSigningKeySecret"},
    "PLAYBACK_TOKEN_SECONDS": {"Ref": "MaxPlaybackTokenSeconds"},
    "PLAYBACK_RESTRICTION_ID": {"Ref": "PlaybackRestrictionId"},
    "ALLOWED_ORIGINS": {"Fn::Join": [",", {"Ref": "AllowedOrigins"}]},
    "STACK_TAG": {
        "Fn::If": [
            "HasStackTag",
            {"Ref": "StackTag"},
            {"Fn::Sub": "${AWS::AccountId}/${AWS::Region}/${AWS::StackName}"},
        ]
    },
    "MUX_ENVIRONMENT_ID": {"Ref": "MuxEnvironmentId"},
    "GROUPS_CLAIM": {"Ref": "GroupsClaim"},
    "ADMIN_GROUP": {"Ref": "AdminGroup"},
    "PLAYBACK_POLICY": {"Ref": "DefaultPlaybackPolicy"},
    "VIDEO_QUALITY": {"Ref": "VideoQuality"},
    "MAX_RESOLUTION_TIER": {"Ref": "MaxResolutionTier"},
    "UPLOAD_TIMEOUT_SECONDS": {"Ref": "UploadTimeoutSeconds"},
    "MAX_OPEN_UPLOADS_PER_OWNER": {"Ref": "MaxOpenUploadsPerOwner"},
    "MAX_ASSETS_PER_OWNER": {"Ref": "MaxAssetsPerOwner"},
    "MAX_UPLOADS_PER_DAY_PER_OWNER": {"Ref": "MaxUploadsPerDayPerOwner"},
    "MAX_DURATION_SECONDS": {"Ref": "MaxDurationSeconds"},
    "MAX_EXTRAS_PER_DAY_PER_OWNER": {"Ref": "MaxExtrasPerDayPerOwner"},
    "MAX_UPLOADS_PER_DAY": {"Ref": "MaxUploadsPerDay"},
    "MAX_EXTRAS_PER_DAY": {"Ref": "MaxExtrasPerDay"},
    "MAX_STORED_MINUTES": {"Ref": "MaxStoredMinutes"},
    "URL_IMPORTS": {"Fn::If": ["ImportsUrls", "ENABLED", "DISABLED"]},
    "AWS_CALL_ATTEMPTS": "1",
    "RETAIN_DAYS": {"Ref": "RetainDays"},
    "RETAIN_ERRORED_DAYS": {"Ref": "RetainErroredDays"},
    "CANCEL_ABANDONED_UPLOADS_HOURS": {"Ref": "CancelAbandonedUploadsHours"},
    "MUX_SETUP": {"Ref": "MuxSetup"},
    "WEBHOOK_URL": {"Fn::Sub": "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/webhooks/mux"},
    "ROTATION_DAYS": {"Ref": "RotationDays"},
    "STACK_ID": {"Ref": "AWS::StackId"},
    "URL_SUFFIX": {"Ref": "AWS::URLSuffix"},
    "POWERTOOLS_SERVICE_NAME": {"Ref": "AWS::StackName"},
    "POWERTOOLS_METRICS_NAMESPACE": "MuxLifecycle",
    "POWERTOOLS_LOG_LEVEL": {"Ref": "LogLevel"},
}

type Functions = dict[str, dict[str, Any]]


def logical_id(name: str) -> str:
    return name.title().replace("_", "") + "Function"


def test_each_handler_has_its_function_and_nothing_else_is_deployed(functions: Functions) -> None:
    handlers = {name: properties["Handler"] for name, properties in functions.items()}
    assert handlers == {logical_id(name): f"{name}.handler" for name in NAMES}
    assert {path.stem for path in (ROOT / "functions").glob("*.py")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_handler_is_callable(name: str) -> None:
    assert callable(importlib.import_module(f"functions.{name}").handler)


@pytest.mark.parametrize("name", NAMES)
def test_there_is_an_event_to_invoke_it_with(name: str, functions: Functions) -> None:
    event = json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8"))
    triggers = functions[logical_id(name)]["Events"].values()
    routes = {
        f"{trigger['Properties'].get('Method')} {trigger['Properties'].get('Path')}": trigger for trigger in triggers
    }
    if "routeKey" in event:
        trigger = routes[event["routeKey"]]
        context = event["requestContext"]
        assert event["version"] == "2.0"
        assert event["routeKey"] == context["routeKey"]
        assert event["rawPath"] == context["http"]["path"]
        assert event["rawPath"] == trigger["Properties"]["Path"].format(**event.get("pathParameters", {}))
        assert context["http"]["method"] == trigger["Properties"]["Method"]
        assert all(header == header.lower() for header in event["headers"])
        assert ("authorizer" in context) == ("Auth" not in trigger["Properties"])
    else:
        (trigger,) = triggers
        assert json.dumps(event) == trigger["Properties"]["Input"]


def test_every_event_belongs_to_a_function() -> None:
    assert {path.stem for path in (ROOT / "events").glob("*.json")} == set(NAMES)


def test_the_webhook_event_carries_a_signature_of_its_body() -> None:
    event = json.loads((ROOT / "events" / "webhook_receiver.json").read_text(encoding="utf-8"))
    signature = event["headers"]["mux-signature"]
    signed_at = int(signature.split(",")[0].removeprefix("t="))
    webhooks.verify(event["body"].encode(), signature, ["local-webhook-secret"], now=signed_at)


def test_all_run_on_the_same_runtime_with_the_layer(deployed: Template) -> None:
    for properties in of_type(deployed, "AWS::Lambda::Function").values():
        assert properties["Runtime"] == "python3.13"
        assert properties["Architectures"] == ["arm64"]
        (layer,) = properties["Layers"]
        assert deployed["Resources"][layer["Ref"]]["Type"] == "AWS::Lambda::LayerVersion"
    (layer_version,) = of_type(deployed, "AWS::Lambda::LayerVersion").values()
    assert layer_version["CompatibleRuntimes"] == ["python3.13"]
    assert layer_version["CompatibleArchitectures"] == ["arm64"]


def test_each_gets_the_environment_it_needs_and_no_more(functions: Functions) -> None:
    found = {name: set(properties["Environment"]["Variables"]) for name, properties in functions.items()}
    assert found == {name: EVERYWHERE | needed for name, needed in ENVIRONMENT.items()}


def test_a_variable_means_the_same_everywhere(functions: Functions) -> None:
    for name, properties in functions.items():
        for variable, value in properties["Environment"]["Variables"].items():
            assert value == VALUES[variable], f"{name}: {variable}"


def test_lambda_sees_the_environment_that_the_template_shows(functions: Functions, deployed: Template) -> None:
    for name, properties in of_type(deployed, "AWS::Lambda::Function").items():
        assert properties["Environment"] == functions[name]["Environment"], name


def test_an_answer_is_ours_before_the_gateway_gives_up(functions: Functions) -> None:
    timeouts = {name: properties["Timeout"] for name, properties in functions.items()}
    assert timeouts.pop("WebhookReceiverFunction") < MUX_WEBHOOK_SECONDS
    assert timeouts.pop("CleanupFunction") == 300
    assert timeouts.pop("ReconcileFunction") == 900
    assert timeouts.pop("MuxSetupFunction") == 300
    assert all(timeout < GATEWAY_SECONDS for timeout in timeouts.values()), timeouts


# The longest way of a first request: calls to Mux, and calls to AWS including the one for the secret. A repeated POST
# /assets may also search Mux's list, and now and then a quota is audited before Mux is asked; should that run out of
# time, the intent stands and the cleanup carries on.
LONGEST_WAY = {
    "CreateUploadFunction": (1, 6),
    "GetUploadFunction": (0, 2),
    "CancelUploadFunction": (2, 4),
    "CreateAssetFunction": (1, 7),
    # A search reads 500 records, 100 at a time.
    "ListAssetsFunction": (0, 6),
    "GetAssetFunction": (0, 1),
    "UpdateAssetFunction": (1, 7),
    "PlaybackIdsFunction": (2, 4),
    "PlaybackTokensFunction": (0, 2),
    "InputInfoFunction": (1, 2),
    # Subtitles in five languages: a read, five writes, the secret.
    "TracksFunction": (1, 7),
    "StaticRenditionsFunction": (1, 7),
    "MasterAccessFunction": (1, 7),
    "GalleryFunction": (0, 1),
    "UsageFunction": (0, 5),
    "DeleteAssetFunction": (2, 4),
    "WebhookReceiverFunction": (0, 3),
}


@pytest.mark.parametrize("name", LONGEST_WAY)
def test_the_deadlines_of_all_calls_end_before_the_function_does(name: str, functions: Functions) -> None:
    mux_calls, aws_calls = LONGEST_WAY[name]
    attempts = int(functions[name]["Environment"]["Variables"].get("AWS_CALL_ATTEMPTS", 2))
    aws_seconds = attempts * (aws.CONNECT_SECONDS + aws.READ_SECONDS)
    assert mux_calls * client.CALL_SECONDS + aws_calls * aws_seconds < functions[name]["Timeout"]


def test_a_change_of_visibility_ends_before_the_function_does(functions: Functions) -> None:
    """What comes before the last step is within the time in which steps are begun; a look and two writes may follow."""
    aws_seconds = 2 * (aws.CONNECT_SECONDS + aws.READ_SECONDS)
    longest = visibility.BEGIN_SECONDS + 2 * client.CALL_SECONDS + 2 * aws_seconds
    assert longest < functions["UpdateAssetFunction"]["Timeout"]


OPEN_TO_STRANGERS = {"WebhookReceiverFunction": "Webhook", "GalleryFunction": "Gallery"}


@pytest.mark.parametrize(("function", "word"), OPEN_TO_STRANGERS.items())
def test_a_function_open_to_strangers_can_be_given_executions_of_its_own_but_never_none(
    sam: Template, functions: Functions, function: str, word: str
) -> None:
    parameter = f"{word}ReservedConcurrency"
    reserved = functions[function]["ReservedConcurrentExecutions"]
    assert reserved == {"Fn::If": [f"Has{word}Concurrency", {"Ref": parameter}, {"Ref": "AWS::NoValue"}]}
    assert sam["Conditions"][f"Has{word}Concurrency"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, 0]}]}
    assert sam["Parameters"][parameter]["Default"] == 0, (
        "a new account may set nothing aside: its first deploy would fail"
    )


def test_every_function_without_a_token_in_front_can_have_executions_of_its_own(
    sam: Template, functions: Functions
) -> None:
    """Apart from signed-in people, whom it cannot starve then."""
    without_a_token = {
        name
        for name, resource in sam["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"]["Events"].values()
        if event["Properties"].get("Auth") == {"Authorizer": "NONE"}
    }
    reserved = {name for name, properties in functions.items() if "ReservedConcurrentExecutions" in properties}
    assert without_a_token == reserved == set(OPEN_TO_STRANGERS)


def test_every_log_has_an_end(deployed: Template) -> None:
    groups = of_type(deployed, "AWS::Logs::LogGroup")
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
    used = {
        name: properties["LoggingConfig"]["LogGroup"]["Ref"]
        for name, properties in of_type(deployed, "AWS::Lambda::Function").items()
    }
    assert used == {name: name.removesuffix("Function") + "LogGroup" for name in ENVIRONMENT}
    assert set(groups) == set(used.values()) | {"AccessLogGroup", "ChangeFeedLogGroup"}


def test_no_dead_letter_queue_decorates_a_synchronous_function(functions: Functions) -> None:
    assert not [name for name, properties in functions.items() if "DeadLetterQueue" in properties]
    asynchronous = [name for name, properties in functions.items() if "EventInvokeConfig" in properties]
    assert asynchronous == ["CleanupFunction", "ReconcileFunction", "MuxSetupFunction"]


def test_the_sources_that_the_template_names_exist(sam: Template) -> None:
    for folder in (
        sam["Globals"]["Function"]["CodeUri"],
        sam["Resources"]["SharedLayer"]["Properties"]["ContentUri"],
    ):
        assert Path(ROOT, folder, "Makefile").is_file()
    for name, resource in sam["Resources"].items():
        if resource["Type"] in {"AWS::Serverless::Function", "AWS::Serverless::LayerVersion"}:
            assert resource["Metadata"]["BuildMethod"] == "makefile", name
