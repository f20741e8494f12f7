"""What `sam build` made: everything that Lambda needs, compiled, and nothing else. `make build` runs this."""

import hashlib
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.intrinsics import read
from tests.artifacts.built import BUILD, LAYER, NATIVE, ROOT, handlers

pytestmark = pytest.mark.artifacts

HANDLERS = {module: BUILD / logical_id for logical_id, module in handlers().items()}
KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE


def zipped(folder: Path) -> int:
    """How many bytes are uploaded: what the SAM CLI packs, as it does."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files(folder):
            archive.write(path, path.relative_to(folder))
    return len(packed.getvalue())


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files(folder)
    }


def sources() -> Iterator[Path]:
    for folder in (LAYER, *HANDLERS.values()):
        yield from folder.rglob("*.py")


@pytest.mark.parametrize("name", HANDLERS)
def test_a_function_is_its_own_handler_and_small(name: str) -> None:
    assert {path.name for path in HANDLERS[name].rglob("*.py")} == {f"{name}.py"}
    assert zipped(HANDLERS[name]) <= 50 * KILOBYTE


def test_the_layer_is_small() -> None:
    assert zipped(LAYER.parent) <= 6 * MEGABYTE


def test_a_second_build_is_the_same(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "shared", tmp_path / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    build = ["make", "-C", str(tmp_path / "shared"), "build-SharedLayer", f"ARTIFACTS_DIR={tmp_path}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run(build, env=environment | {"PATH": search}, capture_output=True, timeout=240, check=True)
    assert hashes(tmp_path / "python") == hashes(LAYER)


def test_the_layer_that_the_tests_run_is_the_built_one_but_for_binaries() -> None:
    for_lambda, for_us = (
        {name: digest for name, digest in hashes(layer).items() if not name.endswith(".so")}
        for layer in (LAYER, NATIVE)
    )
    assert for_lambda == for_us


def test_every_source_is_compiled_for_lambdas_python() -> None:
    """Bytecode that is checked against its source, or missing, would be compiled again at every cold start."""
    unchecked_hash = (0b01).to_bytes(4, "little")
    expected = importlib.util.MAGIC_NUMBER + unchecked_hash
    wrong = []
    for source in sources():
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        if not compiled.is_file() or compiled.read_bytes()[:8] != expected:
            wrong.append(str(source.relative_to(BUILD)))
    assert not wrong


def test_no_path_of_the_build_is_in_the_bytecode() -> None:
    compiled = [path for folder in (LAYER, *HANDLERS.values()) for path in folder.rglob("*.pyc")]
    assert compiled
    assert not [path for path in compiled if str(BUILD).encode() in path.read_bytes()]


def test_binaries_are_for_arm() -> None:
    machine = {path.read_bytes()[18:20] for path in LAYER.rglob("*.so")}
    assert machine == {(183).to_bytes(2, "little")}, "ELF: 183 is AArch64"


def test_the_layer_holds_what_the_lock_file_says() -> None:
    lock = (ROOT / "shared" / "requirements.txt").read_text(encoding="utf-8")
    pinned = {f"{name.replace('-', '_')}-{version}" for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", lock)}
    assert {folder.stem for folder in LAYER.glob("*.dist-info")} == pinned
    assert (LAYER / "mux_lifecycle" / "runtime.py").is_file()


def test_the_layer_knows_the_calls_that_the_roles_allow_and_no_other_service() -> None:
    known = {path.parent.parent.name: path for path in (LAYER / "botocore" / "data").rglob("service-2.json")}
    allowed = [action.split(":") for action in allowed_actions()]
    assert known
    assert known.keys() <= {service for service, _ in allowed}
    for service, model in known.items():
        operations = json.loads(model.read_text())["operations"]
        assert {operation for name, operation in allowed if name == service} <= operations.keys()


def allowed_actions() -> Iterator[str]:
    resources = read((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"]
    for role in [name for name in resources if name.endswith("FunctionRole")]:
        for policy in resources[role]["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                yield from [actions] if isinstance(actions, str) else actions


def test_nothing_unused_is_in_the_layer() -> None:
    kinds = {path.suffix for path in files(LAYER) if ".dist-info" not in str(path)}
    assert kinds == {".py", ".pyc", ".so", ".json", ".pem"}
    assert not [path for path in LAYER.rglob("*") if path.name in {"tests", "RECORD", "bin", "boto3", "event_handler"}]
