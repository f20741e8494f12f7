"""What the layer's build keeps: all that the code can reach and ask AWS for, and nothing else."""

import gzip
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.loaders import Loader

from layer.aws_data import MovedError, Words, spoken, trim
from layer.distributions import installed
from layer.imports import reachable

DATA = Path(botocore.BOTOCORE_ROOT) / "data"
REFUSED = "ConditionalCheckFailedException"
SHARED = ("endpoints.json", "partitions.json", "sdk-default-configuration.json")
TABLE_AND_SECRETS = b"""
table = _client("dynamodb")
secret = _client("secretsmanager").get_secret_value(SecretId="s")
call(table, "update_item")
"""


def write(folder: Path, **sources: str) -> None:
    """Modules by dotted name, with __ for the dot; a name that ends in it is a package."""
    for name, source in sources.items():
        path = folder.joinpath(*name.split("__"))
        file = path / "__init__.py" if name.endswith("__") else path.with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)


def names(folder: Path, found: set[Path]) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in found)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """botocore's data, as far as these tests touch it."""
    folder = tmp_path / "data"
    for service in ("dynamodb", "secretsmanager", "sqs"):
        shutil.copytree(DATA / service, folder / service)
    for name in SHARED:
        shutil.copy(DATA / name, folder)
    return folder


def operations(data: Path, service: str) -> list[str]:
    [model] = (data / service).rglob("service-2.json")
    return sorted(json.loads(model.read_text())["operations"])


def test_what_imports_reach_stays_wherever_the_statement_stands(tmp_path: Path) -> None:
    write(
        tmp_path,
        ours__="",
        ours__door="import os, alpha.one\nfrom . import window\ndef later():\n    from beta import two",
        ours__window="try:\n    import gamma\nexcept ImportError:\n    gamma = None",
        alpha__="from .three import VALUE",
        alpha__one="",
        alpha__three="VALUE = 1",
        alpha__unused="",
        beta__="",
        beta__two="from ..beta.four import *",
        beta__four="",
        delta="",
    )
    (tmp_path / "beta" / "five.abi3.so").touch()
    (tmp_path / "beta" / "six.abi3.so").touch()
    write(tmp_path, gamma="load('beta.five')")
    assert names(tmp_path, reachable(tmp_path, ["ours.door"])) == [
        "alpha/__init__.py",
        "alpha/one.py",
        "alpha/three.py",
        "beta/__init__.py",
        "beta/five.abi3.so",
        "beta/four.py",
        "beta/two.py",
        "gamma.py",
        "ours/__init__.py",
        "ours/door.py",
        "ours/window.py",
    ]


def test_what_only_type_checkers_import_goes(tmp_path: Path) -> None:
    source = "import typing\nif typing.TYPE_CHECKING:\n    import alpha\nelse:\n    import beta"
    write(tmp_path, ours=source, alpha="", beta="import gamma.one", gamma__="", gamma__one="")
    assert names(tmp_path, reachable(tmp_path, ["ours"], never=("gamma",))) == ["beta.py", "ours.py"]


def test_a_trimmed_model_serves_the_calls_that_the_code_names(data: Path) -> None:
    whole = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
    trim(data, spoken([TABLE_AND_SECRETS]))
    assert {path.name for path in data.iterdir()} == {"dynamodb", "secretsmanager", *SHARED}
    assert operations(data, "dynamodb") == ["UpdateItem"]
    assert operations(data, "secretsmanager") == ["GetSecretValue"]
    assert sum(path.stat().st_size for path in data.rglob("*") if path.is_file()) < whole / 10
    session = botocore.session.Session()
    session.register_component("data_loader", Loader([str(data)], include_default_search_paths=False))
    for region, host in (("eu-central-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn")):
        client = session.create_client("dynamodb", region_name=region)
        assert client.meta.endpoint_url == f"https://dynamodb.{region}.{host}"
        assert getattr(client.exceptions, REFUSED).__name__ == REFUSED
        client.close()


ATTRIBUTES = {"pk": {"S": "a"}, "size": {"N": "1"}, "ids": {"SS": ["b"]}, "old": {"M": {"deep": {"L": [{"N": "2"}]}}}}


class Raw(io.BytesIO):
    """As much of urllib3's response as botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


@pytest.mark.parametrize("types", [b"", b'"B"'])
def test_a_value_of_dynamodbs_is_sent_and_read_as_it_comes(data: Path, types: bytes) -> None:
    """With binary ones, botocore's usual way, which is the same for all others."""
    trim(data, spoken([b'_client("dynamodb").put_item()', types]))
    session = botocore.session.Session()
    session.register_component("data_loader", Loader([str(data)], include_default_search_paths=False))
    client: Any = session.create_client("dynamodb", region_name="eu-central-1")
    sent: list[dict[str, Any]] = []

    def answer(request: AWSRequest, **_: Any) -> AWSResponse:
        sent.append(json.loads(request.body))
        return AWSResponse("https://dynamodb", 200, HTTPHeaders(), Raw(json.dumps({"Attributes": ATTRIBUTES}).encode()))

    client.meta.events.register("before-send.dynamodb", answer)
    found = client.put_item(TableName="t", Item=ATTRIBUTES, ReturnValues="ALL_OLD")
    assert sent[0]["Item"] == found["Attributes"] == ATTRIBUTES
    client.close()


def test_a_client_that_pages_or_waits_gets_what_that_takes(data: Path) -> None:
    trim(data, spoken([b'_client("dynamodb").get_paginator("query")']))
    assert sorted(path.name for path in (data / "dynamodb").rglob("*.json")) == [
        "endpoint-rule-set-1.json",
        "paginators-1.json",
        "service-2.json",
    ]


def moved_endpoints(data: Path) -> None:
    (data / "endpoints.json").rename(data / "endpoints-2.json")


def moved_model(data: Path) -> None:
    for model in data.glob("dynamodb/*/service-2.json.gz"):
        model.rename(model.with_name("service-3.json.gz"))


def moved_rules(data: Path) -> None:
    for rules in data.glob("dynamodb/*/endpoint-rule-set-1.json.gz"):
        rules.unlink()


def renamed_operation(data: Path) -> None:
    for path in data.glob("dynamodb/*/service-2.json.gz"):
        model: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
        model["operations"]["UpdateOneItem"] = model["operations"].pop("UpdateItem")
        path.write_bytes(gzip.compress(json.dumps(model).encode()))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (moved_endpoints, r"no endpoints\.json"),
        (moved_model, "no model of dynamodb"),
        (moved_rules, r"no endpoint-rule-set-1\.json"),
        (renamed_operation, "no operation of it is named"),
    ],
)
def test_a_botocore_that_has_moved_things_stops_the_build(data: Path, change: Any, reason: str) -> None:
    change(data)
    with pytest.raises(MovedError, match=reason):
        trim(data, spoken([TABLE_AND_SECRETS]))


def test_code_that_makes_no_client_stops_the_build(data: Path) -> None:
    with pytest.raises(MovedError, match="names a service"):
        trim(data, Words())


def test_a_distribution_knows_its_files_and_its_papers(tmp_path: Path) -> None:
    write(tmp_path, alpha="")
    notes = tmp_path / "alpha-1.0.dist-info"
    (notes / "licenses").mkdir(parents=True)
    for name in ("METADATA", "WHEEL", "licenses/LICENSE"):
        (notes / name).touch()
    (notes / "RECORD").write_text("alpha.py,sha256=x,0\nalpha-1.0.dist-info/METADATA,,\n")
    [alpha] = installed(tmp_path)
    assert names(tmp_path, set(alpha.files)) == ["alpha.py"]
    assert names(tmp_path, set(alpha.papers)) == [f"{notes.name}/METADATA", f"{notes.name}/licenses/LICENSE"]
