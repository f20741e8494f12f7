"""The API: who reaches which route, from which site."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.document import PARAMETERS, Template, of_type

ROUTES = {
    "POST /uploads": "CreateUploadFunction",
    "GET /uploads/{id}": "GetUploadFunction",
    "DELETE /uploads/{id}": "CancelUploadFunction",
    "POST /assets": "CreateAssetFunction",
    "GET /assets": "ListAssetsFunction",
    "GET /assets/{id}": "GetAssetFunction",
    "PATCH /assets/{id}": "UpdateAssetFunction",
    "DELETE /assets/{id}": "DeleteAssetFunction",
    "POST /assets/{id}/playback-ids": "PlaybackIdsFunction",
    "GET /assets/{id}/playback-ids/{pid}": "PlaybackIdsFunction",
    "DELETE /assets/{id}/playback-ids/{pid}": "PlaybackIdsFunction",
    "POST /assets/{id}/playback-tokens": "PlaybackTokensFunction",
    "POST /playback-tokens": "PlaybackTokensFunction",
    "GET /assets/{id}/input-info": "InputInfoFunction",
    "POST /assets/{id}/tracks": "TracksFunction",
    "PATCH /assets/{id}/tracks/{tid}": "TracksFunction",
    "DELETE /assets/{id}/tracks/{tid}": "TracksFunction",
    "POST /assets/{id}/tracks/{tid}/generate-subtitles": "TracksFunction",
    "POST /assets/{id}/static-renditions": "StaticRenditionsFunction",
    "DELETE /assets/{id}/static-renditions/{rid}": "StaticRenditionsFunction",
    "PUT /assets/{id}/mp4-support": "StaticRenditionsFunction",
    "PUT /assets/{id}/master-access": "MasterAccessFunction",
    "GET /gallery": "GalleryFunction",
    "GET /usage": "UsageFunction",
    "POST /webhooks/mux": "WebhookReceiverFunction",
}
USER_POOL_ISSUER = "https://cognito-idp.${AWS::Region}.${AWS::URLSuffix}/${UserPool}"
WEBHOOK = "POST /webhooks/mux"
OPEN = {WEBHOOK, "GET /gallery"}
"""Mux signs the body of the one; the other shows what is published."""


@pytest.fixture(scope="module")
def document(deployed: Template) -> dict[str, Any]:
    """The OpenAPI document that API Gateway imports."""
    body: dict[str, Any] = of_type(deployed, "AWS::ApiGatewayV2::Api")["HttpApi"]["Body"]
    return body


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_leads_to_its_function(document: dict[str, Any]) -> None:
    found = {}
    for route, operation in operations(document):
        uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        found[route] = re.findall(r"\$\{(\w+)\.Arn\}", uri)
    assert found == {route: [function] for route, function in ROUTES.items()}


def test_every_route_but_the_webhook_and_the_gallery_needs_a_token(document: dict[str, Any]) -> None:
    security = {route: operation.get("security") for route, operation in operations(document)}
    assert all(security.pop(route) == [{"NONE": []}] for route in OPEN)
    assert security
    scopes = [{"Fn::If": ["HasScope", {"Ref": "JwtScope"}, {"Ref": "AWS::NoValue"}]}]
    assert all(needed == [{"Jwt": scopes}] for needed in security.values()), security


def test_tokens_are_checked_against_the_parameters(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert set(schemes) == {"Jwt"}
    assert schemes["Jwt"]["x-amazon-apigateway-authorizer"] == {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {
            "issuer": {"Fn::If": ["MakesUserPool", {"Fn::Sub": USER_POOL_ISSUER}, {"Ref": "JwtIssuer"}]},
            "audience": {"Fn::If": ["MakesUserPool", [{"Ref": "UserPoolClient"}], {"Ref": "JwtAudience"}]},
        },
    }


def test_an_issuer_that_cannot_be_read_fails_the_deployment_and_takes_no_route_away(deployed: Template) -> None:
    (api,) = of_type(deployed, "AWS::ApiGatewayV2::Api").values()
    assert api["FailOnWarnings"] is True


def test_no_function_can_be_reached_around_the_api(sam: Template, deployed: Template) -> None:
    assert not of_type(deployed, "AWS::Lambda::Url")
    permissions = of_type(deployed, "AWS::Lambda::Permission").values()
    assert {permission["Principal"] for permission in permissions} == {"apigateway.amazonaws.com"}
    sources = {permission["SourceArn"]["Fn::Sub"][0].split("${__Stage__}/")[1] for permission in permissions}
    assert sources == {re.sub(r"\{\w+\}", "*", route.replace(" ", "")) for route in ROUTES}
    events = [
        event
        for properties in of_type(sam, "AWS::Serverless::Function").values()
        for event in properties["Events"].values()
    ]
    assert {event["Type"] for event in events} == {"HttpApi", "ScheduleV2"}
    assert len(events) == len(ROUTES) + 3


def test_cors_allows_the_listed_sites_and_nothing_else(sam: Template, document: dict[str, Any]) -> None:
    assert document["x-amazon-apigateway-cors"] == {
        "allowOrigins": PARAMETERS["AllowedOrigins"],
        "allowMethods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
        "allowHeaders": ["authorization", "content-type", "idempotency-key"],
        "exposeHeaders": ["retry-after"],
        "maxAge": 600,
    }
    assert sam["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"]["AllowOrigins"] == {"Ref": "AllowedOrigins"}
    assert sam["Parameters"]["AllowedOrigins"]["Default"].startswith("http://localhost:"), "nobody else's site"


def test_cors_covers_every_method_that_a_browser_uses(document: dict[str, Any]) -> None:
    used = {route.split()[0] for route, _ in operations(document) if route != WEBHOOK}
    assert used == set(document["x-amazon-apigateway-cors"]["allowMethods"])


@pytest.mark.parametrize(
    "origin",
    [
        "https://www.example.com",
        "https://example.com:8443",
        "https://a",
        "http://localhost:8080",
        "http://127.0.0.1:5173",
    ],
)
def test_an_exact_origin_is_accepted(sam: Template, origin: str) -> None:
    assert re.fullmatch(sam["Parameters"]["AllowedOrigins"]["AllowedPattern"], origin)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "*",
        "null",
        "https://*",
        "https://*.example.com",
        "https://www.example.com/",
        "https://www.example.com/app",
        "https://WWW.example.com",
        "https://user@example.com",
        "http://www.example.com",
        "http://localhost",
        "http://localhost.example.com:80",
        "http://127x0x0x1:80",
        "https://",
        "https://-example.com",
        "https://example.com:",
        "www.example.com",
    ],
)
def test_anything_but_an_exact_origin_is_refused(sam: Template, origin: str) -> None:
    assert not re.fullmatch(sam["Parameters"]["AllowedOrigins"]["AllowedPattern"], origin)


def test_every_route_without_a_token_has_a_throttle_of_its_own(deployed: Template, document: dict[str, Any]) -> None:
    (stage,) = of_type(deployed, "AWS::ApiGatewayV2::Stage").values()
    throttles = stage["RouteSettings"]
    assert set(throttles) == {
        route for route, operation in operations(document) if operation.get("security") == [{"NONE": []}]
    }
    for limits in throttles.values():
        assert set(limits) == {"ThrottlingRateLimit", "ThrottlingBurstLimit"}
        assert all(isinstance(limit, int) for limit in limits.values()), "CloudFormation would hand a !Ref on as text"
        assert 0 < limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"]


def test_the_webhook_takes_more_at_once_than_other_routes_and_always_what_mux_sends(
    sam: Template, deployed: Template
) -> None:
    """A video a second, ten events each; more than that all day would be a stranger's, and costs (docs/costs.md)."""
    (stage,) = of_type(deployed, "AWS::ApiGatewayV2::Stage").values()
    webhook = stage["RouteSettings"][WEBHOOK]
    assert webhook["ThrottlingBurstLimit"] > sam["Parameters"]["ThrottlingBurstLimit"]["Default"]
    assert webhook["ThrottlingRateLimit"] > 10


def test_the_gallery_takes_less_than_other_routes(sam: Template, deployed: Template) -> None:
    (stage,) = of_type(deployed, "AWS::ApiGatewayV2::Stage").values()
    for limit in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
        assert stage["RouteSettings"]["GET /gallery"][limit] < sam["Parameters"][limit]["Default"]


def test_a_route_has_its_throttle_only_once_it_exists(sam: Template, deployed: Template) -> None:
    """API Gateway refuses a stage whose settings name a route that is not there. One document brings all."""
    (stage,) = of_type(deployed, "AWS::ApiGatewayV2::Stage").values()
    assert stage["ApiId"] == {"Ref": "HttpApi"}
    assert not of_type(deployed, "AWS::ApiGatewayV2::Route")
    assert set(stage["RouteSettings"]) <= set(ROUTES)
    assert sam["Resources"]["HttpApi"]["Properties"]["RouteSettings"] == stage["RouteSettings"]


def test_every_other_route_is_throttled_by_the_parameters(deployed: Template) -> None:
    (stage,) = of_type(deployed, "AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": {"Ref": "ThrottlingRateLimit"},
        "ThrottlingBurstLimit": {"Ref": "ThrottlingBurstLimit"},
    }


def test_the_access_log_is_json_without_what_callers_write(deployed: Template) -> None:
    (stage,) = of_type(deployed, "AWS::ApiGatewayV2::Stage").values()
    settings = stage["AccessLogSettings"]
    assert settings["DestinationArn"] == {"Fn::GetAtt": ["AccessLogGroup", "Arn"]}
    line = json.loads(settings["Format"])
    assert {"$context.requestId", "$context.status", "$context.routeKey"} <= set(line.values())
    written_by_callers = re.compile(r"path|query|userAgent|claims|header", re.IGNORECASE)
    assert not [value for value in line.values() if written_by_callers.search(value)]
