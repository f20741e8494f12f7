"""Answers what functions, routes, table and secrets template.yaml holds: the only module that knows SAM."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, cast

from local.intrinsics import Resolver, TemplateError, read, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef

# What a function is locally; Policies and the like may point at things that exist only in AWS.
FUNCTION_PROPERTIES = ("CodeUri", "Environment", "Events", "Handler", "Layers", "MemorySize", "Timeout")
TABLE_PROPERTIES = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")
SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the HTTP API; `authorizer` is None where the template says NONE."""

    method: str
    path: str
    function: str
    authorizer: str | None
    scopes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule at a fixed rate: `period` in seconds, `input` the JSON text for the function, if any."""

    name: str
    function: str
    period: int
    enabled: bool
    input: str | None


@dataclass(frozen=True, slots=True)
class Function:
    """A function as Lambda runs it: `code` is /var/task, `layers` are /opt/python; `timeout` in seconds."""

    logical_id: str
    name: str
    arn: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    timeout: int
    memory: int
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class JwtAuthorizer:
    """A JWT authorizer of the HTTP API; `header` is the lower-case name of the header with the token."""

    header: str
    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CorsConfiguration:
    """The CORS settings of the HTTP API; `max_age` in seconds."""

    allow_origins: tuple[str, ...]
    allow_methods: tuple[str, ...]
    allow_headers: tuple[str, ...]
    expose_headers: tuple[str, ...]
    allow_credentials: bool
    max_age: int | None


class Template:
    """A SAM template with the values of its parameters (lists as comma-separated text).

    `resources` gives logical ids the value that `Ref` answers for them, such as a secret's ARN. Raises
    TemplateError for an unknown parameter, and for a missing one when something asks for it.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        folder: Path,
        parameters: Mapping[str, str] | None = None,
        resources: Mapping[str, str] | None = None,
    ) -> None:
        self._document = document
        self._folder = folder
        self._resolver = Resolver(document, parameters or {}, resources or {})

    @classmethod
    def load(
        cls,
        path: Path,
        parameters: Mapping[str, str] | None = None,
        resources: Mapping[str, str] | None = None,
    ) -> Self:
        """Read the template at `path`; its CodeUri and ContentUri are relative to that folder."""
        return cls(read(path.read_text(encoding="utf-8")), path.resolve().parent, parameters, resources)

    @cached_property
    def functions(self) -> dict[str, Function]:
        """All functions by logical id."""
        return {name: self._function(name) for name in self._resolver.of_type("AWS::Serverless::Function")}

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """All routes of the HTTP API."""
        return tuple(
            self._route(function, properties) for function, _, kind, properties in self._events() if kind == "HttpApi"
        )

    @cached_property
    def schedules(self) -> tuple[Schedule, ...]:
        """All schedules of either kind of EventBridge; one that is no rate raises TemplateError."""
        return tuple(
            _schedule(function, name, properties)
            for function, name, kind, properties in self._events()
            if kind in {"Schedule", "ScheduleV2"}
        )

    @cached_property
    def authorizers(self) -> dict[str, JwtAuthorizer]:
        """The JWT authorizers of the HTTP API by name."""
        definitions = self._api.get("Auth", {}).get("Authorizers", {})
        return {name: _authorizer(definition) for name, definition in definitions.items()}

    @cached_property
    def cors(self) -> CorsConfiguration | None:
        """The CORS settings of the HTTP API, None without any."""
        settings = self._api.get("CorsConfiguration")
        if not settings:
            return None
        return CorsConfiguration(
            allow_origins=tuple(settings.get("AllowOrigins", ())),
            allow_methods=tuple(settings.get("AllowMethods", ())),
            allow_headers=tuple(settings.get("AllowHeaders", ())),
            expose_headers=tuple(settings.get("ExposeHeaders", ())),
            allow_credentials=scalar(settings.get("AllowCredentials", False)) == "true",
            max_age=int(settings["MaxAge"]) if "MaxAge" in settings else None,
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Logical ids of the secrets; `ref` answers their ARNs."""
        return tuple(self._resolver.of_type("AWS::SecretsManager::Secret"))

    @property
    def tables(self) -> tuple[str, ...]:
        """Logical ids of the tables; `ref` answers their names."""
        return tuple(self._resolver.of_type("AWS::DynamoDB::Table"))

    def ref(self, name: str) -> str:
        """What `Ref` answers for a parameter (lists comma-separated) or a resource."""
        value = self._resolver.ref(name)
        return ",".join(value) if isinstance(value, list) else str(value)

    def physical_name(self, logical_id: str) -> str:
        """The name under which a resource is created locally."""
        return self._resolver.physical_name(logical_id)

    def function_environment(self, logical_id: str) -> dict[str, str]:
        """The environment variables of a function, those of Globals included."""
        return dict(self.functions[logical_id].environment)

    def table_arguments(self, logical_id: str) -> CreateTableInputTypeDef:
        """The keyword arguments with which boto3's `create_table` creates a table of the template.

        Protection against loss (backups, deletion protection, encryption) means nothing here and is left out.
        """
        properties = self._properties(logical_id)
        arguments = {name: properties[name] for name in TABLE_PROPERTIES if name in properties}
        return cast("CreateTableInputTypeDef", {"TableName": self.physical_name(logical_id), **arguments})

    def ttl_attribute(self, logical_id: str) -> str | None:
        """The attribute with the time to live of a table's items, None without one."""
        specification = self._properties(logical_id).get("TimeToLiveSpecification", {})
        enabled = scalar(specification.get("Enabled")) == "true"
        return str(specification["AttributeName"]) if enabled else None

    @cached_property
    def _api(self) -> dict[str, Any]:
        apis = self._resolver.of_type("AWS::Serverless::HttpApi")
        return self._properties(apis[0], "Auth", "CorsConfiguration") if apis else {}

    @cached_property
    def _globals(self) -> dict[str, Any]:
        return dict(self._resolver.resolve(self._document.get("Globals", {}).get("Function", {})))

    def _properties(self, logical_id: str, *names: str) -> dict[str, Any]:
        try:
            own = self._document["Resources"][logical_id].get("Properties", {})
        except KeyError:
            raise TemplateError(f"nothing in the template is called {logical_id}") from None
        wanted = {name: own[name] for name in names if name in own} if names else own
        return dict(self._resolver.resolve(wanted))

    def _function(self, logical_id: str) -> Function:
        own = self._properties(logical_id, *FUNCTION_PROPERTIES)
        both = {**self._globals, **own}
        environment = {**_variables(self._globals), **_variables(own)}
        return Function(
            logical_id=logical_id,
            name=self.physical_name(logical_id),
            arn=self._resolver.arn(logical_id),
            handler=both["Handler"],
            code=self._folder / both["CodeUri"],
            layers=tuple(self._layer(reference) for reference in both.get("Layers", ())),
            timeout=int(both.get("Timeout", 3)),
            memory=int(both.get("MemorySize", 128)),
            environment={name: scalar(value) for name, value in environment.items()},
        )

    def _layer(self, reference: str) -> Path:
        for logical_id in self._resolver.of_type("AWS::Serverless::LayerVersion"):
            if self.ref(logical_id) == reference:
                return self._folder / str(self._properties(logical_id, "ContentUri")["ContentUri"])
        raise TemplateError(f"the layer {reference} is not part of this template")

    def _events(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        for logical_id in self._resolver.of_type("AWS::Serverless::Function"):
            for name, event in self._properties(logical_id, "Events").get("Events", {}).items():
                yield logical_id, name, event["Type"], event.get("Properties", {})

    def _scopes(self, authorizer: str, auth: Mapping[str, Any]) -> tuple[str, ...]:
        """The route's own scopes, else its authorizer's."""
        definition = self._api.get("Auth", {}).get("Authorizers", {}).get(authorizer, {})
        return tuple(auth.get("AuthorizationScopes") or definition.get("AuthorizationScopes", ()))

    def _route(self, function: str, properties: Mapping[str, Any]) -> Route:
        auth = properties.get("Auth", {})
        authorizer = auth.get("Authorizer", self._api.get("Auth", {}).get("DefaultAuthorizer"))
        return Route(
            method=properties["Method"].upper(),
            path=properties["Path"],
            function=function,
            authorizer=None if authorizer == "NONE" else authorizer,
            scopes=self._scopes(authorizer, auth),
        )


def create_table(client: DynamoDBClient, template: Template, logical_id: str = "LifecycleTable") -> str:
    """Create a table of the template, time to live included, and answer its name."""
    arguments = template.table_arguments(logical_id)
    name = arguments["TableName"]
    client.create_table(**arguments)
    attribute = template.ttl_attribute(logical_id)
    if attribute:
        client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"AttributeName": attribute, "Enabled": True}
        )
    return name


def _variables(properties: Mapping[str, Any]) -> dict[str, Any]:
    return dict(properties.get("Environment", {}).get("Variables", {}))


def _schedule(function: str, name: str, properties: Mapping[str, Any]) -> Schedule:
    expression = str(properties.get("ScheduleExpression", properties.get("Schedule")))
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if not rate:
        raise TemplateError(f"{function}: {expression} cannot be run locally, only rates can")
    switched_on = scalar(properties.get("Enabled", True)) == "true"
    return Schedule(
        name=name,
        function=function,
        period=int(rate[1]) * SECONDS[rate[2]],
        enabled=switched_on and properties.get("State", "ENABLED") == "ENABLED",
        input=properties.get("Input"),
    )


def _authorizer(definition: Mapping[str, Any]) -> JwtAuthorizer:
    source = definition.get("IdentitySource", "$request.header.Authorization")
    if not source.startswith("$request.header."):
        raise TemplateError(f"tokens can be read from a header only, not from {source}")
    configuration = definition["JwtConfiguration"]
    return JwtAuthorizer(
        header=source.removeprefix("$request.header.").lower(),
        issuer=configuration["issuer"],
        audience=tuple(configuration["audience"]),
    )
