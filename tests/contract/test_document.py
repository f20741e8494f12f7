"""openapi.yaml by itself, and against template.yaml."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from local.template import Template
from mux_lifecycle import api, config, errors, languages, models
from mux_lifecycle.mux import tag
from tests.contract.document import ROOT, Json, document, operations, resolved, schemas

PARAMETERS = {
    "AllowedOrigins": "https://www.example.com",
    "JwtIssuer": "https://issuer.example.com",
    "JwtAudience": "client",
}
OPEN_OBJECTS = {"#/components/schemas/MuxEvent", "#/components/schemas/DeletingAsset/allOf/1"}
"""What Mux sends us grows whenever Mux likes; and what only narrows another object."""


def test_it_is_openapi_3_1() -> None:
    validate(document(), cls=OpenAPIV31SpecValidator)


def test_it_has_the_routes_of_the_template_with_the_same_authorization() -> None:
    template = Template.load(ROOT / "template.yaml", PARAMETERS)
    deployed = {route.key: route.authorizer is not None for route in template.routes}
    assert document()["security"] == [{"jwt": []}]
    assert {name: operation.get("security") != [] for name, operation in operations()} == deployed


def test_every_path_parameter_is_described() -> None:
    for name, operation in operations():
        described = {resolved(parameter)["name"] for parameter in operation.get("parameters", [])}
        wanted = {part.strip("{}") for part in name.split("/") if part.startswith("{")}
        assert wanted <= described, name


def test_every_operation_has_an_id_of_its_own_and_all_answers_of_the_gateway() -> None:
    ids = [operation["operationId"] for _, operation in operations()]
    assert len(set(ids)) == len(ids)
    for name, operation in operations():
        assert {"429", "500", "503"} <= set(operation["responses"]), name
        assert ({"401", "403"} <= set(operation["responses"])) == (operation.get("security") != []), name
        assert ("413" in operation["responses"]) == ("requestBody" in operation), name


def test_nothing_is_unbounded() -> None:
    loose = []
    for path, schema in schemas(document()):
        if schema.keys() & {"enum", "const", "oneOf", "allOf"}:
            continue
        types = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
        if "string" in types and "maxLength" not in schema:
            loose.append(path)
        if "array" in types and "maxItems" not in schema:
            loose.append(path)
        if types & {"integer", "number"} and not schema.keys() >= {"minimum", "maximum"}:
            loose.append(path)
        if "object" in types and schema.get("additionalProperties") is not False and path not in OPEN_OBJECTS:
            loose.append(path)
    assert loose == []


def test_everything_has_a_type() -> None:
    """Generators make `unknown` of what has none, also where the values are listed."""
    assert [path for path, schema in schemas(document()) if not schema.keys() & {"type", "oneOf", "allOf"}] == []


def test_the_examples_are_what_they_are_examples_of() -> None:
    for name, operation in operations():
        contents = [("request", operation.get("requestBody", {}).get("content", {}))]
        contents += [(status, resolved(answer).get("content", {})) for status, answer in operation["responses"].items()]
        for part, content in contents:
            for media in content.values():
                found = [media["example"]] if "example" in media else []
                found += [resolved(example)["value"] for example in media.get("examples", {}).values()]
                assert found, f"{name} {part}: no example"
                for example in found:
                    _check(media["schema"], example, f"{name} {part}")


def test_every_parameter_has_an_example() -> None:
    for name, parameter in document()["components"]["parameters"].items():
        _check(parameter["schema"], parameter["example"], name)


def _check(schema: Json, value: Any, where: str) -> None:
    validator = Draft202012Validator(schema | {"components": document()["components"]})
    problems = [error.message for error in validator.iter_errors(value)]
    assert not problems, f"{where}: {problems}"


def test_it_names_every_type_of_error_that_the_code_has() -> None:
    named = document()["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["type"]["enum"]
    assert sorted(named) == sorted({name for _, name in api._STATUS.values()})
    assert errors.ConfigurationError not in api._STATUS


@pytest.mark.parametrize(
    ("pointer", "values"),
    [
        ("SubtitleLanguage", languages.GENERATED_SUBTITLES),
        ("AssetStatus", models.ASSET_STATUSES),
        ("Visibility", tag.VISIBILITIES),
        ("ChosenPolicy", models.PLAYBACK_POLICIES),
        ("NewStaticRendition/properties/resolution", models.RESOLUTIONS),
        ("Mp4Support/properties/mp4_support", models.MP4_SUPPORT),
        ("MasterAccess/properties/master_access", models.MASTER_ACCESS),
    ],
)
def test_its_words_are_those_of_the_code(pointer: str, values: Any) -> None:
    assert sorted(resolved({"$ref": f"#/components/schemas/{pointer}"})["enum"]) == sorted(values)


def test_its_limits_are_those_of_the_code() -> None:
    found = document()["components"]["schemas"]
    assert found["Title"]["maxLength"] == models.MAX_TITLE
    assert found["Name"]["maxLength"] == models.MAX_NAME
    assert found["PlaybackTokensWish"]["properties"]["ttl_seconds"]["maximum"] == models.MAX_TTL
    limit = document()["components"]["parameters"]["Limit"]["schema"]
    assert (limit["maximum"], limit["default"]) == (models.MAX_LIMIT, models.DEFAULT_LIMIT)
    assert str(api.MAX_BODY_BYTES) in document()["components"]["responses"]["PayloadTooLarge"]["description"]
    assert config.PlaybackConfig.from_env({"MUX_SIGNING_KEY_SECRET_ARN": "a"}).max_ttl_seconds <= models.MAX_TTL
