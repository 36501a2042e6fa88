"""Which version of Python functions run on, as the emulator says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypedDict, cast

from testbed.control.endpoint import Endpoint, json_object
from testbed.project.functions import RUNTIME

# The emulator may have to build the environment first.
_ANSWER_SECONDS = 320.0


class RunningRuntime(TypedDict):
    """The emulator's answer about a runtime.

    Parameters
    ----------
    runs_on
        The runtime that executes its functions.
    reason
        Why it is another one, as the end of a sentence about ``runtime``; None if it is the same.
    deprecated
        Since when AWS has deprecated it, as ``2025-12-15``; None if it has not.
    """

    runtime: str
    runs_on: str
    reason: str | None
    deprecated: str | None


def running_runtime(endpoint: Endpoint, runtime: str) -> RunningRuntime | None:
    """Return what functions of a runtime run on; None if the emulator does not say.

    Raises
    ------
    TestbedError
        If the emulator does not answer.
    """
    path = f"/_testbed/runtimes/{runtime}"
    response = endpoint.send("GET", path, answer_within=_ANSWER_SECONDS)
    answer = json_object(response)
    return cast(RunningRuntime, answer) if response.ok and answer and "runs_on" in answer else None


def running_notes(endpoint: Endpoint, functions: Mapping[str, str]) -> list[str]:
    """Ask the emulator about the runtimes of functions; return what ``notes`` yields.

    Raises
    ------
    TestbedError
        If the emulator does not answer.
    """
    answers = {each: running_runtime(endpoint, each) for each in set(functions.values())}
    return list(notes(dict(sorted(functions.items())), answers))


def notes(
    functions: Mapping[str, str], runtimes: Mapping[str, RunningRuntime | None]
) -> Iterator[str]:
    """Yield a sentence for each function that runs on another version or on a deprecated runtime.

    Parameters
    ----------
    functions
        The functions' runtimes by their logical ids.
    runtimes
        The emulator's answers by runtime.
    """
    for name, runtime in functions.items():
        answer = runtimes.get(runtime)
        if answer is None:
            if runtime != RUNTIME:
                yield f"{name}: Runtime is {runtime}; this emulator does not say what it runs on"
            continue
        if answer["reason"] is not None:
            yield (
                f"{name}: Runtime is {runtime}, which {answer['reason']};"
                f" it runs on {answer['runs_on']}"
            )
        if answer["deprecated"] is not None:
            yield f"{name}: AWS deprecated {runtime} on {answer['deprecated']}"
