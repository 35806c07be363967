"""The YAML files: where they lie, and the groups whose options they are."""

from pathlib import Path

import wvexp

GROUPS = ("data", "embed", "model", "optim", "experiment")


def config_folder() -> Path:
    """Where the YAML files lie: inside an installed wheel, or beside the package in a checkout."""
    package = Path(wvexp.__file__).resolve().parent
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"
