"""The running stack is closed to web pages: no port of it serves a foreign name, and what has no login serves no page.

Whatever is sent here, a page in a browser can send, too.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.embedded import LocalStack
from tests.local.listening import PROC, family, listening

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REGION = "us-east-1"
LOOPBACK = "0100007F"
REBOUND = ("evil.test", "evil.localhost", "127.0.0.1.evil.test", "localhost.evil.test", "[::1]", "192.0.2.1")
FROM_PAGES = (
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8080"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)
CALLS = {
    "secretsmanager": ("secretsmanager.GetSecretValue", '{"SecretId": "local-MuxTokenSecret"}'),
    "dynamodb": ("DynamoDB_20120810.ListTables", "{}"),
}
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def before() -> set[int]:
    """Ports of this process that are not the stack's."""
    return set(listening(os.getpid())) if sys.platform == "linux" else set()


@pytest.fixture(scope="module")
def stack(before: set[int]) -> Iterator[LocalStack]:
    with LocalStack(processing_seconds=0.05) as running:
        running.invoke("CleanupFunction")
        yield running


@pytest.fixture(scope="module")
def variables(stack: LocalStack) -> dict[str, str]:
    """What a shell has after it has sourced the stack's file."""
    script = f'. "{stack.aws_file}" && env -0'
    told = subprocess.run(["sh", "-euc", script], env={}, capture_output=True, text=True, check=True).stdout
    pairs = (line.partition("=") for line in told.split("\0") if line)
    return {name: value for name, _, value in pairs if name.startswith("AWS_")}


@pytest.fixture(scope="module")
def key(variables: dict[str, str]) -> str:
    return variables["AWS_ACCESS_KEY_ID"]


def client(service: str, variables: Mapping[str, str]) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )


def call(stack: LocalStack, service: str, key: str, **headers: str) -> requests.Response:
    """A signed call of the local AWS."""
    target, body = CALLS[service]
    usual = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", f"{stack.aws_url}/", headers=usual, data=body.encode())
    SigV4Auth(Credentials(key, "local"), service, REGION).add_auth(request)
    signed = dict(request.headers.items())
    return requests.post(f"{stack.aws_url}/", data=body, headers={**signed, **headers}, timeout=30)


def is_refused(answer: requests.Response) -> bool:
    """Whether it tells a page nothing: neither what was asked for, nor that the page may look."""
    cors = [name for name in answer.headers if name.lower().startswith("access-control-")]
    return answer.status_code == 403 and not cors and "local-token-secret" not in answer.text


def test_the_key_of_the_run_opens_the_table_and_the_secrets(variables: dict[str, str]) -> None:
    assert client("dynamodb", variables).list_tables()["TableNames"]
    secrets = client("secretsmanager", variables)
    names = [secret["Name"] for secret in secrets.list_secrets()["SecretList"]]
    told = [secrets.get_secret_value(SecretId=name)["SecretString"] for name in names if "Token" in name]
    assert "local-token-secret" in told[0]


@pytest.mark.parametrize("service", CALLS)
def test_no_other_key_opens_the_local_aws(stack: LocalStack, key: str, service: str) -> None:
    example = "AKIAIOSFODNN7EXAMPLE"  # pragma: allowlist secret
    for other in ("local", "testing", example, key[:-1], key.lower(), f"{key}0"):
        assert is_refused(call(stack, service, other)), other
    target, body = CALLS[service]
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    assert is_refused(requests.post(stack.aws_url, data=body, headers=headers, timeout=30))
    scope = f"{key}/20261130/{REGION}/{service}/aws4_request"
    for authorization in (f"AWS4-HMAC-SHA256 Credential={scope}", key, f"Basic {key}", f"Bearer {scope}"):
        answer = requests.post(
            stack.aws_url, data=body, headers={**headers, "Authorization": authorization}, timeout=30
        )
        assert is_refused(answer), authorization
    assert is_refused(requests.post(f"{stack.aws_url}/?X-Amz-Credential={scope}", data=body, timeout=30))


@pytest.mark.parametrize("service", CALLS)
def test_no_page_uses_the_local_aws_even_with_the_key(stack: LocalStack, key: str, service: str) -> None:
    assert call(stack, service, key).status_code != 403
    for headers in FROM_PAGES:
        assert is_refused(call(stack, service, key, **headers)), headers
    for host in REBOUND:
        assert is_refused(call(stack, service, key, Host=host)), host
    asked = {"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"}
    assert is_refused(requests.options(stack.aws_url, headers=asked, timeout=30))


def test_no_answer_of_the_local_aws_lets_a_page_look(stack: LocalStack, key: str) -> None:
    answers = [call(stack, service, key) for service in CALLS]
    found = {name for answer in answers for name in answer.headers if name.lower().startswith("access-control-")}
    assert found == set()


@pytest.mark.parametrize(
    ("service", "method", "path", "body"),
    [
        ("iam", "POST", "/", "Action=ListUsers&Version=2010-05-08"),
        ("sts", "POST", "/", "Action=GetCallerIdentity&Version=2011-06-15"),
        ("sqs", "POST", "/", "Action=ListQueues"),
        ("lambda", "GET", "/2015-03-31/functions", ""),
        ("s3", "GET", "/", ""),
        ("s3", "PUT", "/bucket", ""),
        ("dynamodb", "GET", "/", ""),
        ("dynamodb", "POST", "/2015-03-31/functions", "{}"),
        ("dynamodb", "POST", "/?Action=ListUsers", "{}"),
    ],
)
def test_there_is_no_other_service_even_for_who_has_the_key(
    stack: LocalStack, key: str, service: str, method: str, path: str, body: str
) -> None:
    request = AWSRequest(method, stack.aws_url + path, data=body.encode())
    SigV4Auth(Credentials(key, "local"), service, REGION).add_auth(request)
    answer = requests.request(
        method, stack.aws_url + path, data=body, headers=dict(request.headers.items()), timeout=30
    )
    assert is_refused(answer)
    assert "nothing else" in answer.text


def test_a_call_of_one_service_signed_for_another_is_refused(stack: LocalStack, key: str) -> None:
    for target in ("DynamoDBStreams_20120810.ListStreams", "AWSCognitoIdentityProviderService.ListUserPools", ""):
        for service in CALLS:
            assert is_refused(call(stack, service, key, **{"X-Amz-Target": target})), target
    assert is_refused(call(stack, "dynamodb", key, **{"X-Amz-Target": CALLS["secretsmanager"][0]}))


@pytest.mark.parametrize("path", ["moto-api/", "moto-api/data.json", "moto-api/reset", "2015-03-31/functions", "%00"])
def test_motos_own_pages_are_closed(stack: LocalStack, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        assert is_refused(requests.request(method, f"{stack.aws_url}/{path}", timeout=30)), method


def test_the_key_is_another_in_each_run_and_nobody_else_reads_it(
    stack: LocalStack, variables: dict[str, str], key: str
) -> None:
    assert re.fullmatch("LOCAL[0-9A-F]{32}", key)
    assert stat.S_IMODE(stack.aws_file.stat().st_mode) == 0o600
    assert {variables[name] for name in variables} >= {stack.aws_url}
    with LocalStack() as other:
        assert key not in other.aws_file.read_text()
        assert is_refused(call(other, "dynamodb", key))
        file = other.aws_file
    assert not file.exists()


def test_a_file_that_others_could_read_is_replaced(stack: LocalStack, tmp_path: Any) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    with LocalStack(aws_files=tmp_path) as first:
        file = first.aws_file
        port = int(first.api_url.rpartition(":")[2])
    file.symlink_to(kept)
    with LocalStack(aws_files=tmp_path, api_port=port):
        assert stat.S_IMODE(file.lstat().st_mode) == 0o600
        assert "AWS_ACCESS_KEY_ID" in file.read_text()
    assert kept.read_text() == "mine"


@only_linux
def test_the_key_stands_in_no_command_line_and_in_no_log(stack: LocalStack, key: str) -> None:
    lines = [(PROC / str(pid) / "cmdline").read_text() for pid in family(os.getpid())]
    assert any("local.aws" in line for line in lines)
    assert not [line for line in lines if key in line]
    logs = list(stack.aws_file.parent.parent.rglob("*.log"))
    assert logs
    assert not [log for log in logs if key in log.read_text()]


@only_linux
def test_every_port_listens_on_this_machine_only_and_serves_no_foreign_name(
    stack: LocalStack, before: set[int]
) -> None:
    ports = {port: address for port, address in listening(os.getpid()).items() if port not in before}
    known = {int(url.rpartition(":")[2]) for url in (stack.api_url, stack.mux_url, stack.aws_url, stack.site_url)}
    assert known < set(ports), "the functions' own ports are there, too"
    assert set(ports.values()) == {LOOPBACK}
    for port in ports:
        for host in REBOUND:
            name = f"{host}:{port}"
            for headers in ({"Host": name}, {"Host": name, "Origin": f"http://{name}"}):
                for method, path in (("GET", "/"), ("POST", "/"), ("GET", "/missing"), ("OPTIONS", "/")):
                    answer = requests.request(method, f"http://127.0.0.1:{port}{path}", headers=headers, timeout=30)
                    assert answer.status_code == 403, (port, headers, method, path)


@pytest.mark.parametrize(
    "path", ["/assets", "/gallery", "/webhooks/mux", "/missing", "/_local/health", "/_local/state"]
)
def test_the_api_serves_no_foreign_name(stack: LocalStack, path: str) -> None:
    headers = {"Authorization": f"Bearer {stack.token('alice')}"}
    for host in REBOUND:
        answer = requests.get(stack.api_url + path, headers={**headers, "Host": host}, timeout=30)
        assert is_refused(answer), host
    for host in ("127.0.0.1", "localhost:8000"):
        answer = requests.get(stack.api_url + path, headers={**headers, "Host": host}, timeout=30)
        assert answer.status_code != 403


@pytest.mark.parametrize("path", ["/", "/config.js", "/missing", "/elements/index.js"])
def test_the_site_serves_no_foreign_name(stack: LocalStack, path: str) -> None:
    assert {
        requests.get(stack.site_url + path, headers={"Host": host}, timeout=30).status_code for host in REBOUND
    } == {403}


@pytest.mark.parametrize("path", ["health", "state", "status.js", ".well-known/openid-configuration", "authorize"])
def test_no_other_page_takes_the_stacks_own_routes_as_a_picture_a_script_or_a_frame(
    stack: LocalStack, path: str
) -> None:
    """A browser names no origin for these, and says all the same that the page is another one."""
    for site in ("cross-site", "same-site"):
        for mode, kind in (("no-cors", "image"), ("no-cors", "script"), ("navigate", "iframe"), ("no-cors", "empty")):
            page = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": kind}
            assert is_refused(requests.get(f"{stack.api_url}/_local/{path}", headers=page, timeout=30)), page


def test_a_link_leads_to_the_status_page_and_to_the_sign_in(stack: LocalStack) -> None:
    link = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert requests.get(f"{stack.api_url}/_local/", headers=link, timeout=30).status_code == 200
    query = {
        "redirect_uri": f"{stack.site_url}/",
        "client_id": "local-client",
        "response_type": "code",
        "code_challenge": "x",
        "code_challenge_method": "S256",
    }
    page = requests.get(f"{stack.api_url}/_local/authorize", params=query, headers=link, timeout=30)
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["token", "functions/CleanupFunction/invoke", "clock", "faults", "test-upload"])
def test_no_form_of_another_page_sets_anything_off(stack: LocalStack, path: str) -> None:
    """A form sends any text without asking first; with it goes the origin, and after a redirect `null`."""
    method = "PUT" if path == "faults" else "POST"
    for origin in ("https://evil.test", "null", "http://127.0.0.1:1", "http://evil.localhost:8080"):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            headers = {"Origin": origin, "Content-Type": kind, "Sec-Fetch-Site": "cross-site"}
            answer = requests.request(
                method, f"{stack.api_url}/_local/{path}", data='{"sub": "alice"}', headers=headers, timeout=30
            )
            assert is_refused(answer), headers
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert is_refused(requests.post(f"{stack.api_url}/_local/{path}", data="{}", headers=followed, timeout=30))


@only_linux
def test_no_page_takes_an_event_away_from_a_function(stack: LocalStack, before: set[int]) -> None:
    """Who asks a Runtime API for the next event gets it, with the token of who has sent it."""
    known = {int(url.rpartition(":")[2]) for url in (stack.api_url, stack.mux_url, stack.aws_url, stack.site_url)}
    ports = set(listening(os.getpid())) - before - known
    assert ports
    for port in ports:
        for headers in (*FROM_PAGES, {"Host": f"evil.test:{port}"}):
            for method, path in (("GET", "next"), ("POST", "x/response"), ("POST", "x/error")):
                url = f"http://127.0.0.1:{port}/2018-06-01/runtime/invocation/{path}"
                assert is_refused(requests.request(method, url, headers=headers, timeout=5)), (path, headers)
    assert isinstance(stack.invoke("CleanupFunction"), dict)
