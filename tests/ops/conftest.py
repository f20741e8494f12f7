"""A deployed stack: moto's services filled from template.yaml, an emulated Mux, a server for the API and the issuer.

moto's CloudFormation does not know most of the template's resources, so what it would say stands here; so does
Lambda's part.
"""

import json
import threading
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import boto3
import pytest
import requests
from moto import mock_aws

from local.intrinsics import Resolver
from local.mux import MuxEmulator
from local.template import Template, create_table
from ops.stack import Stack
from tests.world import ROOT, template_document

NAME = "videos"
TAG = "videos-293147a4a9bab6f2"
REGION = "eu-central-1"
ORIGIN = "https://www.example.com"
ACCOUNT = "123456789012"
SIGNING_KEY = {"key_id": "key", "private_key": "c2VjcmV0"}

type Json = dict[str, Any]


@cache
def aws(service: str) -> Any:
    """A client of moto's; made once, for that takes longer than all that is asked of it."""
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


class Site:
    """Answers by path: what the API and the issuer answer."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Json]] = {}
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = answers.get(self.path.partition("?")[0], (404, {"message": "Not Found"}))
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Deployment:
    """What CloudFormation knows of a healthy stack; tests change it, or what stands behind it."""

    def __init__(self, mux: MuxEmulator, site: Site) -> None:
        self.mux = mux
        self.site = site
        self.status = "CREATE_COMPLETE"
        self.concurrency = 1000
        document = template_document()
        self.parameters = {
            name: str(definition.get("Default", "")) for name, definition in document["Parameters"].items()
        } | {
            "AllowedOrigins": ORIGIN,
            "JwtIssuer": f"{site.url}/issuer",
            "JwtAudience": "client",
            "MuxEnvironmentId": mux.environment_id,
            "WebhookReservedConcurrency": "10",
            "GalleryReservedConcurrency": "10",
            "AlarmTopicArn": f"arn:aws:sns:{REGION}:123456789012:alarms",
        }
        self.outputs = {"ApiUrl": site.url, "WebhookUrl": f"{site.url}/webhooks/mux", "StackTag": TAG}
        self.resources: dict[str, tuple[str, str]] = {}
        self._fill(document)
        site.answers["/gallery"] = (200, {"data": [], "next_cursor": None})
        issuer = {"issuer": self.parameters["JwtIssuer"], "jwks_uri": f"{site.url}/issuer/keys"}
        site.answers["/issuer/.well-known/openid-configuration"] = (200, issuer)
        mux.register_webhook(f"{self.outputs['WebhookUrl']}?tag={TAG}")
        limit = {"Amount": "50", "Unit": "USD"}
        budget = {"BudgetName": "month", "BudgetLimit": limit, "BudgetType": "COST", "TimeUnit": "MONTHLY"}
        aws("budgets").create_budget(AccountId=ACCOUNT, Budget=budget)

    def stack(self) -> Stack:
        return Stack(Session(self), NAME)

    def put_secret(self, logical_id: str, value: object) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        aws("secretsmanager").put_secret_value(SecretId=self.resources[logical_id][1], SecretString=text)

    def environment(self, logical_id: str) -> dict[str, str]:
        """A function's, as the template has it; Mux is the emulated one."""
        physical = {name: physical for name, (_, physical) in self.resources.items()}
        parameters = {"AWS::StackName": NAME} | self.parameters
        template = Template(template_document(), ROOT, parameters, resources=physical)
        return template.function_environment(logical_id) | {"MUX_API_URL": self.mux.url}

    def _fill(self, document: Json) -> None:
        resolver = Resolver(document, {"AWS::StackName": NAME} | self.parameters, {})
        for logical_id, resource in document["Resources"].items():
            make = getattr(self, f"_make_{resource['Type'].rpartition('::')[2].lower()}", None)
            if make:
                kind = resource["Type"].replace("AWS::Serverless::Function", "AWS::Lambda::Function")
                physical = make(logical_id, resolver.resolve(resource["Properties"]))
                self.resources[logical_id] = kind.replace("Serverless::HttpApi", "ApiGatewayV2::Api"), physical
        template = Template(document, ROOT, {"AWS::StackName": NAME} | self.parameters)
        table = create_table(aws("dynamodb"), template)
        aws("dynamodb").update_table(TableName=table, DeletionProtectionEnabled=True)
        aws("dynamodb").update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        self.resources["LifecycleTable"] = "AWS::DynamoDB::Table", table

    def _make_secret(self, logical_id: str, _: Json) -> str:
        values: Json = {
            "MuxTokenSecret": {"token_id": self.mux.token_id, "token_secret": self.mux.token_secret},
            "MuxWebhookSecret": {"signing_secrets": ["secret"]},
            "MuxSigningKeySecret": SIGNING_KEY,
        }
        made = aws("secretsmanager").create_secret(Name=logical_id, SecretString=json.dumps(values[logical_id]))
        return str(made["ARN"])

    def _make_queue(self, _: str, properties: Json) -> str:
        return str(aws("sqs").create_queue(QueueName=properties["QueueName"])["QueueUrl"])

    def _make_httpapi(self, _: str, properties: Json) -> str:
        origins = properties["CorsConfiguration"]["AllowOrigins"]
        made = aws("apigatewayv2").create_api(
            Name="videos", ProtocolType="HTTP", CorsConfiguration={"AllowOrigins": origins}
        )
        return str(made["ApiId"])

    def _make_alarm(self, logical_id: str, _: Json) -> str:
        aws("cloudwatch").put_metric_alarm(
            AlarmName=f"{NAME}-{logical_id}",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="M",
            Namespace="N",
            Period=60,
            Statistic="Sum",
            Threshold=0,
        )
        return f"{NAME}-{logical_id}"

    def _make_loggroup(self, _: str, properties: Json) -> str:
        name = str(properties["LogGroupName"])
        aws("logs").create_log_group(logGroupName=name)
        return name

    def _make_function(self, logical_id: str, properties: Json) -> str:
        for name, event in properties["Events"].items():
            if event["Type"] == "ScheduleV2":
                self.schedule(f"{NAME}-{logical_id}", event["Properties"]["State"])
                self.resources[logical_id + name] = "AWS::Scheduler::Schedule", f"{NAME}-{logical_id}"
        return f"{NAME}-{logical_id}"

    def schedule(self, name: str, state: str) -> None:
        target = {"Arn": "arn:aws:lambda:eu-central-1:123456789012:function:f", "RoleArn": "arn:aws:iam::1:role/r"}
        aws("scheduler").create_schedule(
            Name=name,
            State=state,
            ScheduleExpression="rate(5 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )


class Session(boto3.Session):
    """moto's services, and the two that moto has only half of."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(region_name=REGION)
        self._deployment = deployment

    def client(self, service: str, **options: Any) -> Any:  # type: ignore[override]
        if service == "cloudformation":
            return CloudFormation(self._deployment)
        if service == "lambda":
            return Lambda(self._deployment)
        return aws(service)


class CloudFormation:
    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def describe_stacks(self, *, StackName: str) -> Json:  # noqa: N803 - AWS's word
        assert StackName == NAME
        deployment = self._deployment
        return {
            "Stacks": [
                {
                    "StackStatus": deployment.status,
                    "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in deployment.outputs.items()],
                    "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in deployment.parameters.items()],
                }
            ]
        }

    def get_paginator(self, operation: str) -> "CloudFormation":
        assert operation == "list_stack_resources"
        return self

    def paginate(self, *, StackName: str) -> Iterator[Json]:  # noqa: N803 - AWS's word
        assert StackName == NAME
        for logical_id, (kind, physical) in self._deployment.resources.items():
            entry = {"LogicalResourceId": logical_id, "ResourceType": kind, "PhysicalResourceId": physical}
            yield {"StackResourceSummaries": [entry]}


class Lambda:
    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def get_account_settings(self) -> Json:
        return {"AccountLimit": {"ConcurrentExecutions": self._deployment.concurrency}}

    def get_function_configuration(self, *, FunctionName: str) -> Json:  # noqa: N803 - AWS's word
        logical_id = FunctionName.removeprefix(f"{NAME}-")
        return {"Environment": {"Variables": self._deployment.environment(logical_id)}}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def deployment(mux: MuxEmulator, site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(Path("/dev/null")))
    for webhook in _webhooks(mux):
        _mux_call(mux, "DELETE", f"/{webhook['id']}")
    with mock_aws():
        yield Deployment(mux, site)


def _webhooks(mux: MuxEmulator) -> list[Json]:
    found: list[Json] = _mux_call(mux, "GET", "").json()["data"]
    return found


def _mux_call(mux: MuxEmulator, method: str, path: str) -> Any:
    credentials = (mux.token_id, mux.token_secret)
    return requests.request(method, f"{mux.url}/system/v1/webhooks{path}", auth=credentials, timeout=10)
