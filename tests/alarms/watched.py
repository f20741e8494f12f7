"""A world watched as CloudWatch watches a stack: the functions' EMF lines, and what Lambda and SQS would count."""

import json
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

import pytest

from local.intrinsics import Resolver
from tests.alarms.evaluator import Metrics, fires
from tests.world import Answer, World, template_document

SERVICE: Final = "videos"
"""POWERTOOLS_SERVICE_NAME of all tests; in AWS it is the stack's name."""
MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86_400

type Json = dict[str, Any]


class Watched:
    """Owners, Mux and schedules call the functions of a world; alarms look on."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        self.world = world
        self.metrics = Metrics()
        self.all_executions_taken = False
        self._capsys = capsys
        self._document = template_document()
        self._resolver = Resolver(self._document, {"AWS::StackName": SERVICE}, {})

    @cached_property
    def alarms(self) -> dict[str, Json]:
        """Every alarm of the template by logical id, resolved."""
        names = self._resolver.of_type("AWS::CloudWatch::Alarm")
        return {name: self._resolver.resolve(self._document["Resources"][name]["Properties"]) for name in names}

    @cached_property
    def conditional_alarms(self) -> set[str]:
        """Those that a parameter takes away."""
        return {name for name in self.alarms if "Condition" in self._document["Resources"][name]}

    def dashboard(self, parameters: dict[str, str]) -> Json:
        """The body of the dashboard."""
        resolver = Resolver(self._document, {"AWS::StackName": SERVICE} | parameters, {})
        body: Json = json.loads(
            resolver.resolve(self._document["Resources"]["Dashboard"]["Properties"]["DashboardBody"])
        )
        return body

    def ringing(self) -> set[str]:
        """The alarms that are in the state ALARM now."""
        return {name for name, alarm in self.alarms.items() if fires(alarm, self.metrics, time.time())}

    def call(self, function: str, **event: Any) -> Answer | None:
        """A request; None when the function failed, which API Gateway answers with 500."""
        found: Answer | None = self._invoked(function, lambda: self.world.call(function, **event))
        return found

    def deliver(self, event: object, **how: Any) -> Answer | None:
        """One webhook."""
        found: Answer | None = self._invoked("webhook_receiver", lambda: self.world.deliver(event, **how))
        return found

    def start(self, function: str, event: Json | None = None) -> Json | None:
        """An asynchronous invocation as a schedule's: Lambda repeats it, then tells the failure destination."""
        run = {
            "cleanup": self.world.schedule,
            "reconcile": self.world.reconcile,
            "mux_setup": self.world.setup,
        }[function]
        settings = self._properties(function)["EventInvokeConfig"]
        for _ in range(settings["MaximumRetryAttempts"] + 1):
            report: Json | None = self._invoked(function, lambda: run(event))
            if report is not None:
                return report
        queue = settings["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"].removesuffix(".Arn")
        self.message_in(queue)
        return None

    def message_in(self, queue: str) -> None:
        """A message lies in a queue (logical id)."""
        name = self._resolver.resolve({"Fn::GetAtt": [queue, "QueueName"]})
        self._add("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": name})

    def pipe_failed(self, metric: str = "ExecutionFailed") -> None:
        """The change feed's pipe could not deliver a batch, or some of it (`ExecutionPartiallyFailed`)."""
        self._add("AWS/EventBridge/Pipes", metric, {"PipeName": self._resolver.ref("ChangeFeedPipe")})

    def _invoked(self, function: str, invoke: Callable[[], Any]) -> Any:
        """What Lambda counts of an invocation, and what the function says of it itself."""
        name = {"FunctionName": self._resolver.ref(self._logical_id(function))}
        if self.all_executions_taken:
            self._add("AWS/Lambda", "Throttles", {})
            return None
        self._add("AWS/Lambda", "Invocations", name)
        result, failed = None, 0
        try:
            result = invoke()
        except Exception:
            failed = 1
        self._add("AWS/Lambda", "Errors", name, failed)
        self._read_emf()
        return result

    def _read_emf(self) -> None:
        for line in self._capsys.readouterr().out.splitlines():
            emf = json.loads(line)
            for directive in emf.get("_aws", {}).get("CloudWatchMetrics", []):
                for metric, names in [(m, d) for m in directive["Metrics"] for d in directive["Dimensions"]]:
                    dimensions = {name: emf[name] for name in names}
                    for value in emf[metric["Name"]]:
                        at = emf["_aws"]["Timestamp"] / 1000
                        self.metrics.add(directive["Namespace"], metric["Name"], dimensions, at, value)

    def _add(self, namespace: str, name: str, dimensions: dict[str, str], value: float = 1) -> None:
        self.metrics.add(namespace, name, dimensions, time.time(), value)

    def _logical_id(self, function: str) -> str:
        module = function.partition(":")[0]
        return next(
            name
            for name in self._resolver.of_type("AWS::Serverless::Function")
            if self._document["Resources"][name]["Properties"]["Handler"] == f"{module}.handler"
        )

    def _properties(self, function: str) -> Json:
        properties: Json = self._document["Resources"][self._logical_id(function)]["Properties"]
        return properties
