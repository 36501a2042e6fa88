"""Which functions and layers can be built and run, and how they are built."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from testbed.machine.virtual_environments import PYTHON_VERSION
from testbed.project.known_values import KnownValues
from testbed.project.template import section

RUNTIME = f"python{PYTHON_VERSION}"
"""The runtime of functions whose own version of Python is missing."""

RUNTIMES = tuple(f"python3.{minor}" for minor in range(8, 15))
"""The runtimes of functions that are built and run. On AWS, too, no function can have an older one.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

FunctionCheck = Literal["runs here", "is built here"]
"""``runs here``: all functions must run in the testbed. ``is built here``: AWS runs them, so only
those with local code must be of a kind that we can build."""

_SUPPORTED = f"{RUNTIMES[0]} to {RUNTIMES[-1]}"
_INSTEAD = "give it a Condition that is false here"
_LOCAL_ACCOUNT = "000000000000"
# https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html
_OTHER_ACCOUNT = re.compile(r":lambda:[^:]*(?:::[^:]*)?:(?P<account>\d{12}):layer:(?P<layer>[^:]+)")
_PYTHON = re.compile(r"python\d")


@dataclass(frozen=True)
class Build:
    """How the code of a function or a layer is built.

    Parameters
    ----------
    architecture
        That of the template: ``x86_64`` or ``arm64``.
    requirements
        Whether the packages in ``requirements.txt`` are bundled.
    folder
        Where in the zip file everything is: ``python/`` in layers that are built.
    runtime
        The runtime that the packages are for.
    """

    architecture: str = "x86_64"
    requirements: bool = True
    folder: str = ""
    runtime: str = RUNTIME


def function_problem(
    name: str,
    properties: Mapping[str, Any],
    resource: dict[str, Any],
    known: KnownValues,
    check: FunctionCheck,
    has_local_code: bool,
) -> str | None:
    """Return why a function cannot be deployed and what to do, or None.

    Parameters
    ----------
    properties
        Its properties, with those that it inherits.
    has_local_code
        Whether its code is on this machine.
    """
    metadata = section(resource, "Metadata")
    here = check == "runs here"
    if _is_image(properties, known):
        if here or "Dockerfile" in metadata:
            return (
                f"{name} is a container image, and container images need Docker: package it as a"
                f" zip file (Runtime: {RUNTIME}, Handler, CodeUri), or {_INSTEAD}."
            )
        return None
    if not here and not has_local_code:
        return None
    runtime = known.text(properties.get("Runtime"))
    if runtime is not None and runtime not in RUNTIMES:
        if not here:
            return (
                f"{name} has the runtime {runtime}, and testbed deploy builds only {_SUPPORTED}:"
                " deploy with sam build and sam deploy."
            )
        change = "set" if _PYTHON.match(runtime) else "write it in Python and set"
        return (
            f"{name} has the runtime {runtime}, which is not available here: {change}"
            f" Runtime: {RUNTIME}, or {_INSTEAD}."
        )
    method = metadata.get("BuildMethod")
    if method is not None and method != (runtime or RUNTIME):
        return (
            f"{name} has the BuildMethod {method}, which is not available here: remove it, so that"
            " requirements.txt is installed, or build the function yourself, name the result in"
            " CodeUri, and set SkipBuild: true instead."
        )
    return None


def layer_problem(name: str, layers: Any, known: KnownValues) -> str | None:
    """Return which of a function's layers is of another account, which only AWS has, or None."""
    for layer in layers if isinstance(layers, list) else ():
        found = _OTHER_ACCOUNT.search(known.text(layer) or _template_of_sub(layer))
        if found and found["account"] != _LOCAL_ACCOUNT:
            package = " (aws-lambda-powertools)" if "owertools" in found["layer"] else ""
            return (
                f"{name} has the layer {found['layer']} of the account {found['account']}, which"
                f" is not available here: add its packages{package} to requirements.txt, or leave"
                " the layer out with a condition (Fn::If) that is false here."
            )
    return None


def _template_of_sub(value: Any) -> str:
    """Return the text of an ``Fn::Sub`` with its variables; empty for anything else."""
    match value:
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            return text
    return ""


def layer_build(name: str, metadata: Mapping[str, Any]) -> Build | str:
    """Return how a layer is built, or why it cannot be built.

    Without a ``BuildMethod`` its folder is packaged as it is.
    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-layers.html
    """
    method = metadata.get("BuildMethod")
    if method is None:
        return Build(requirements=False)
    if method not in RUNTIMES:
        return (
            f"The layer {name} has the BuildMethod {method}, which is not available here: set"
            f" {_SUPPORTED}, or build it yourself, name the result in ContentUri, and remove the"
            " BuildMethod."
        )
    architecture = metadata.get("BuildArchitecture", Build.architecture)
    return Build(architecture=str(architecture), folder="python/", runtime=str(method))


def _is_image(properties: Mapping[str, Any], known: KnownValues) -> bool:
    code = properties.get("Code")
    return (
        known.text(properties.get("PackageType")) == "Image"
        or "ImageUri" in properties
        or (isinstance(code, dict) and "ImageUri" in code)
    )
