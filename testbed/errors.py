"""The testbed's expected errors, each with a message and advice for the user.

::

    TestbedError                 the base of all
    ├── ProjectError             a file of the project is missing or not valid
    ├── EnvironmentBuildError    a Python environment could not be built
    ├── StartError               LocalStack did not start
    │   ├── PortInUseError
    │   └── InitScriptError      an init script failed; carries its output
    ├── DockerError              Docker or Docker Compose is missing or fails
    ├── NotRunningError          the command needs a running testbed
    └── DeploymentError          CloudFormation rejected or rolled back a deployment
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Iterator, Mapping

_MOST_NAMES = 20


class TestbedError(Exception):
    """An expected failure.

    Parameters
    ----------
    message
        What happened, and to what.
    advice
        What the user can do about it; empty if the message says it.
    details
        Output that explains the failure, shown unchanged.

    Examples
    --------
    ::

        from testbed import Clock, TestbedError

        try:
            Clock(endpoint_url).fire("no-such-rule")
        except TestbedError as error:
            print(error.message, error.advice)
    """

    __test__ = False  # pytest would collect it for its name

    def __init__(self, message: str, *, advice: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.details = details


class TestbedWarning(UserWarning):
    """What a deployment leaves out or does in another way than AWS.

    A function runs on another version of Python, its runtime is deprecated, or a resource was
    skipped.

    pytest shows it after the tests. ``ignore::testbed.errors.TestbedWarning`` in ``filterwarnings``
    hides it.
    """

    __test__ = False  # pytest would collect it for its name


class ProjectError(TestbedError):
    """A file of the project is missing or not valid."""


class EnvironmentBuildError(TestbedError):
    """A Python environment could not be built."""


class StartError(TestbedError):
    """LocalStack did not start."""


class PortInUseError(StartError):
    """Another program listens on the port."""


class InitScriptError(StartError):
    """An init script failed, so nothing is deployed."""


class DockerError(TestbedError):
    """Docker or Docker Compose is missing or fails."""


class NotRunningError(TestbedError):
    """The command needs a running testbed."""


class DeploymentError(TestbedError):
    """CloudFormation rejected the template or rolled the stack back."""


@contextlib.contextmanager
def preserved(error: BaseException) -> Iterator[None]:
    """Clean up after an error, without hiding it if the clean-up fails, too.

    The failure of the clean-up is added to the details of a TestbedError, or to the notes of any
    other error.
    """
    try:
        yield
    except Exception as failure:
        text = f"Cleaning up failed, too: {failure}"
        if isinstance(error, TestbedError):
            error.details = "\n".join(part for part in (error.details, text) if part)
        else:
            error.add_note(text)


def did_you_mean(name: str, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """Return a question with the names that are similar to one that does not exist, or nothing.

    Parameters
    ----------
    aliases
        Names by what else they are called.

    Examples
    --------
    ::

        assert did_you_mean("teh-api", ["the-api"]) == "Did you mean the-api?"
    """
    spellings = {**(aliases or {}), **{each: each for each in known}}
    folded = {spelling.casefold(): each for spelling, each in spellings.items()}
    close = difflib.get_close_matches(name.casefold(), folded, n=3)
    meant = dict.fromkeys(folded[each] for each in close)
    return f"Did you mean {' or '.join(meant)}?" if meant else ""


def similar(
    name: str, known: Iterable[str], what: str, aliases: Mapping[str, str] | None = None
) -> str:
    """Return advice for a name that does not exist: similar ones, and those that do.

    Parameters
    ----------
    what
        What has the names, in the plural: "functions".
    aliases
        Names by what else they are called.

    Returns
    -------
    str
        Empty if there are no names.
    """
    names = sorted(known)
    if not names:
        return ""
    shown = ", ".join(names[:_MOST_NAMES])
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"{did_you_mean(name, names, aliases)} The {what} are: {shown}{more}.".lstrip()
