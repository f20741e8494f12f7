"""What the layer's build keeps: all that the code can reach and ask AWS for, and nothing else."""

import gzip
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.loaders import Loader

from layer.aws_data import Words, spoken, trim
from layer.deferral import NOTICE, defer
from layer.distributions import installed
from layer.errors import MovedError
from layer.imports import reachable

DATA = Path(botocore.BOTOCORE_ROOT) / "data"
REFUSED = "ConditionalCheckFailedException"
SHARED = ("endpoints.json", "sdk-default-configuration.json")
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
    for name in (*SHARED, "partitions.json"):
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
    client = session.create_client("dynamodb", region_name="eu-central-1")
    assert getattr(client.exceptions, REFUSED).__name__ == REFUSED
    client.close()


@pytest.mark.parametrize(
    ("region", "chosen", "host"),
    [
        ("eu-central-1", {}, "dynamodb.eu-central-1.amazonaws.com"),
        ("cn-north-1", {}, "dynamodb.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", {}, "dynamodb.us-gov-west-1.amazonaws.com"),
        ("ap-somewhere-7", {}, "dynamodb.ap-somewhere-7.amazonaws.com"),
        ("us-east-1", {"use_fips_endpoint": True}, "dynamodb-fips.us-east-1.amazonaws.com"),
        ("eu-west-1", {"use_dualstack_endpoint": True}, "dynamodb.eu-west-1.api.aws"),
    ],
)
def test_calls_go_where_botocore_would_send_them(data: Path, region: str, chosen: dict[str, Any], host: str) -> None:
    """Without the rules for endpoints, which the build leaves out."""
    trim(data, spoken([TABLE_AND_SECRETS]))
    assert not [path for path in data.rglob("*") if "rule" in path.name or "partitions" in path.name]
    session = botocore.session.Session()
    session.register_component("data_loader", Loader([str(data)], include_default_search_paths=False))
    client: Any = session.create_client("dynamodb", region_name=region, config=Config(**chosen))
    asked: list[str] = []

    def answer(request: AWSRequest, **_: Any) -> AWSResponse:
        asked.append(str(request.url))
        return AWSResponse(str(request.url), 200, HTTPHeaders(), Raw(b"{}"))

    client.meta.events.register("before-send.dynamodb", answer)
    client.update_item(TableName="t", Key={"pk": {"S": "a"}})
    assert asked == [f"https://{host}/"]
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
        "paginators-1.json",
        "service-2.json",
    ]


def moved_endpoints(data: Path) -> None:
    (data / "endpoints.json").rename(data / "endpoints-2.json")


def moved_model(data: Path) -> None:
    for model in data.glob("dynamodb/*/service-2.json.gz"):
        model.rename(model.with_name("service-3.json.gz"))


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


SELDOM = "import heavy.one\nfrom heavy import two as second, one as first\n"
METHOD = 'def used():\n    return A().a()\nclass A:\n    def a(self):\n        "Text."\n        return first.NAME\n'


@pytest.mark.parametrize(
    "module",
    [
        SELDOM + "def used():\n    return second.NAME\n",
        SELDOM + METHOD,
        SELDOM + "def used():\n    def inner():\n        return lambda: heavy.one.NAME\n    return inner()()\n",
    ],
)
def test_an_import_waits_until_a_function_uses_it(tmp_path: Path, module: str) -> None:
    write(tmp_path, heavy__="", heavy__one="NAME = 'one'", heavy__two="NAME = 'two'", light=module)
    defer(tmp_path, ["heavy"], untouched="ours")
    shown = "import sys, light; print('heavy' in sys.modules, light.used())"
    done = subprocess.run([sys.executable, "-c", shown], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "two" if "second." in module else "one"]
    assert (tmp_path / "light.py").read_text().startswith(NOTICE)
    assert (tmp_path / "heavy" / "one.py").read_text() == "NAME = 'one'"


@pytest.mark.parametrize(
    "module",
    [
        "from heavy import one\nVALUE = one.NAME\n",
        "from heavy import one\ndef used(value=one.NAME): return value\n",
        "from heavy import one\n@one.wrapped\ndef used(): ...\n",
        "from heavy import one\ndef used(one):\n    return one\n",
        "from heavy import one\ndef used():\n    global one\n    one = 1\n",
        "from heavy import one\nif one:\n    one = 2\n",
        "from heavy import one\n__all__ = ['one']\n",
        "from heavy import one, taken\ndef used():\n    return one\n",
        "from heavy import *\ndef used():\n    return one\n",
        "try:\n    from heavy import one\nexcept ImportError:\n    one = None\ndef used():\n    return one\n",
        "import heavy.one, light\ndef used():\n    return heavy\n",
    ],
)
def test_an_import_that_may_be_missed_stays(tmp_path: Path, module: str) -> None:
    other = "from light import taken\n"
    waits = "import heavy\ndef used():\n    return heavy\n"
    write(tmp_path, heavy__="", heavy__one="", light=module, other=other, ours=waits, waits=waits)
    defer(tmp_path, ["heavy"], untouched="ours")
    assert (tmp_path / "light.py").read_text() == module
    assert (tmp_path / "ours.py").read_text() == waits
    assert (tmp_path / "waits.py").read_text() != waits


def test_an_import_that_nobody_can_wait_with_stops_the_build(tmp_path: Path) -> None:
    write(tmp_path, light="import heavy\nVALUE = heavy\n")
    with pytest.raises(MovedError, match="heavy"):
        defer(tmp_path, ["heavy"], untouched="ours")


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
