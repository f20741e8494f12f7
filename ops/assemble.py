"""`make site`: a folder to deploy, of the example site and the elements that it is made of."""

import shutil
from pathlib import Path

from ops.site_config import SiteConfigError

# For programmers; pages never ask for them.
_LEFT_OUT = shutil.ignore_patterns("types", ".*")


def assemble(site: Path, elements: Path, output: Path) -> None:
    """Copy the site, and the built elements to elements/ in it. Raises SiteConfigError.

    What else is in the folder stays, such as a host's own files; of older elements nothing stays.
    """
    if not (elements / "index.js").is_file():
        raise SiteConfigError(f"{elements} holds no elements: install Node.js 20 and run make site again")
    target = output / "elements"
    if target.exists():
        if not (target / "index.js").is_file():
            raise SiteConfigError(f"{target} holds something else: name another folder with OUT=")
        shutil.rmtree(target)
    shutil.copytree(site, output, ignore=_LEFT_OUT, dirs_exist_ok=True)
    shutil.copytree(elements, target, ignore=_LEFT_OUT)
