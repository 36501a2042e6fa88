"""The settings that switch the extension's modules on and off."""

import os
from collections.abc import Callable


def switch(name: str) -> Callable[[], bool]:
    """Return a function that tells whether a module is on: always, unless ``name`` is ``0``."""
    return lambda: os.environ.get(name, "1") not in ("0", "false")
