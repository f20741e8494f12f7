"""The handlers answer what openapi.yaml says, whatever they are sent: no other status, no other field, never a 5xx."""

import json
import time
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.test import Client

from mux_lifecycle.mux import webhooks
from tests.contract.conftest import Seeds
from tests.contract.document import Json, operations, resolved
from tests.contract.gateway import ADMIN
from tests.mux_events import asset_event
from tests.world import SIGNING_SECRET, World

OPERATIONS = [name for name, _ in operations()]
CONFORMANCE = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CALLERS = ("ada", "bob", ADMIN)
SUCCESSES = {
    (name, int(status))
    for name, operation in operations()
    for status in operation["responses"]
    if status < "300" and (name, status) not in {("DELETE /assets/{id}", "202"), ("POST /webhooks/mux", "200")}
}
"""Two need more than their example: an asset that still prepares, and a signature."""

fuzzed = settings(
    max_examples=12,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def operation_of(contract: BaseSchema, name: str) -> APIOperation[Any, Any, Any, Any]:
    method, path = name.split()
    return contract[path][method]


def send(case: Case[Any], *, caller: str = "ada", **headers: str) -> Response:
    return case.call(headers={"Authorization": f"Bearer {caller}"} | headers)


@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_is_sent_the_answer_is_a_declared_one(contract: BaseSchema, seeds: Seeds, name: str) -> None:
    operation = operation_of(contract, name)
    known = seeds.parameters(operation.path)

    @fuzzed
    @given(case=operation.as_strategy(), caller=st.sampled_from(CALLERS), real=st.data())
    def allowed(case: Case[Any], caller: str, real: st.DataObject) -> None:
        for parameter, value in known.items():
            if real.draw(st.booleans(), label=f"the real {parameter}"):
                case.path_parameters[parameter] = value
        case.validate_response(send(case, caller=caller), checks=CONFORMANCE)

    @fuzzed
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), caller=st.sampled_from(CALLERS))
    def forbidden(case: Case[Any], caller: str) -> None:
        case.validate_response(send(case, caller=caller), checks=[*CONFORMANCE, negative_data_rejection])

    # First what must change nothing, while what is known still exists.
    forbidden()
    allowed()


def example(case_of: APIOperation[Any, Any, Any, Any], name: str, seeds: Seeds) -> Case[Any]:
    """A case made of the operation's own examples, on what exists."""
    described = dict(operations())[name]
    content = described.get("requestBody", {}).get("content", {})
    body: Json = {"body": content["application/json"]["example"], "media_type": "application/json"} if content else {}
    names = [resolved(parameter)["name"] for parameter in described.get("parameters", [])]
    headers = {"Idempotency-Key": str(uuid.uuid4())} if "Idempotency-Key" in names else {}
    return case_of.Case(path_parameters=seeds.parameters(case_of.path), headers=headers, **body)


@pytest.mark.parametrize(("name", "status"), sorted(SUCCESSES))
def test_the_examples_succeed_as_declared(contract: BaseSchema, seeds: Seeds, name: str, status: int) -> None:
    case = example(operation_of(contract, name), name, seeds)
    response = send(case)
    assert response.status_code == status, response.content
    case.validate_response(response, checks=CONFORMANCE)


@pytest.mark.parametrize("name", ["DELETE /assets/{id}"])
def test_what_mux_cannot_delete_now_is_shown_as_being_deleted(
    contract: BaseSchema, world: World, seeds: Seeds, name: str
) -> None:
    case = example(operation_of(contract, name), name, seeds)
    world.mux.set_faults({"api": {"error_rate": 1}})
    try:
        response = send(case)
    finally:
        world.mux.set_faults({})
    assert response.status_code == 202
    case.validate_response(response, checks=CONFORMANCE)


def test_a_signed_event_is_acknowledged(contract: BaseSchema, world: World) -> None:
    case = operation_of(contract, "POST /webhooks/mux").Case()
    raw = json.dumps(asset_event("ready", asset_id="Vb7KpLw2MxQe9Tz4RsN01Hc6YdJgFu8XiAo5Wm3EtCk")).encode()
    signature = webhooks.sign(raw, SIGNING_SECRET, timestamp=int(time.time()))
    headers = {"content-type": "application/json", "mux-signature": signature}
    response = Client(contract.app).post("/webhooks/mux", data=raw, headers=headers)
    assert response.json == {"data": {"outcome": "applied"}}
    case.validate_response(response, checks=CONFORMANCE)
