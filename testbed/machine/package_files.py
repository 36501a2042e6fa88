"""Files next to the package: a wheel has them inside of it, a clone beside it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def package_file(packaged: str, source: str) -> Path:
    """Return a file or folder of the testbed that is not part of its code.

    ``[tool.hatch.build.targets.wheel.force-include]`` in ``pyproject.toml`` has the same pairs.

    Parameters
    ----------
    packaged
        Its name in the package of a wheel, which does not exist in a clone.
    source
        Its path in a clone.
    """
    inside = _PACKAGE / packaged
    return inside if inside.exists() else _PACKAGE.parent / source
