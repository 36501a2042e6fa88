"""One module a service: examples of each resource type, from which the tests are made."""

from importlib import import_module
from pkgutil import iter_modules

from tests.extension.live.cloudformation.types.model import Example

EXAMPLES: list[Example] = [
    example
    for module in iter_modules(__path__, f"{__name__}.")
    for example in getattr(import_module(module.name), "EXAMPLES", ())
]
