"""Running what was built for Lambda's ARM on a machine of another kind."""

import importlib.util
import platform
from pathlib import Path


def stand_in(layer: Path, folder: Path) -> None:
    """Link into `folder`, which belongs before `layer` on the path, this machine's own copies of the layer's binaries.

    They stand in for the packages that have some, and for nothing else; on ARM none is needed.
    """
    if platform.machine() in {"aarch64", "arm64"}:
        return
    for name in {path.relative_to(layer).parts[0] for path in layer.rglob("*.so")}:
        spec = importlib.util.find_spec(name.partition(".")[0])
        assert spec, f"{name} is not installed here"
        assert spec.origin
        origin = Path(spec.origin)
        own = origin.parent if origin.name == "__init__.py" else origin
        (folder / own.name).symlink_to(own)
