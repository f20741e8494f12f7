"""What `sam build` made: everything that Lambda needs, compiled, and nothing else. `make build` runs this."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.native import stand_in

pytestmark = pytest.mark.artifacts

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "build"
LAYER = BUILD / "SharedLayer" / "python"
HANDLERS = {
    path.stem: BUILD / (path.stem.title().replace("_", "") + "Function")
    for path in sorted((ROOT / "functions").glob("*.py"))
}
MEGABYTE = 1024 * 1024

# Imports a handler as Lambda does, then names a module that came from elsewhere than the artefacts and Python itself.
IMPORT = """
import importlib, sys
function, layer, native, name = sys.argv[1:]
python = list(sys.path)
sys.path[:0] = [function, native, layer]
handler = importlib.import_module(name).handler
assert callable(handler), handler
for module in list(sys.modules.values()):
    source = getattr(module, "__file__", None)
    if source and not source.startswith((function, layer, native, *python)):
        sys.exit(f"{module.__name__} comes from {source}")
"""


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def sources() -> Iterator[Path]:
    for folder in (LAYER, *HANDLERS.values()):
        yield from folder.rglob("*.py")


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer's binaries are for ARM."""
    folder = tmp_path_factory.mktemp("native")
    stand_in(LAYER, folder)
    return folder


@pytest.mark.parametrize("name", HANDLERS)
def test_the_handler_imports_with_nothing_but_its_artefact_and_the_layer(name: str, native: Path) -> None:
    command = [sys.executable, "-I", "-S", "-c", IMPORT, str(HANDLERS[name]), str(LAYER), str(native), name]
    done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", HANDLERS)
def test_a_function_is_its_own_handler_and_small(name: str) -> None:
    assert {path.name for path in HANDLERS[name].rglob("*.py")} == {f"{name}.py"}
    assert size(HANDLERS[name]) <= 50 * 1024


def test_the_layer_leaves_room_below_what_lambda_unzips() -> None:
    assert MEGABYTE < size(LAYER) < 100 * MEGABYTE


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


def test_nothing_of_the_laptop_is_in_the_layer() -> None:
    names = {path.name for path in LAYER.iterdir()}
    assert not names & {"bin", "moto", "pytest", "local", "tests", "pip"}
    assert not [path for path in LAYER.rglob("*") if path.name in {"tests", "RECORD", ".cache"}]
