"""What can go wrong, for the person who must act.

::

    TestbedError                 a message, and what to do about it
    ├── ProjectError             a file of the project is missing or not valid
    ├── EnvironmentBuildError    a Python environment could not be built
    ├── StartError               LocalStack did not start
    │   ├── PortInUseError
    │   └── InitScriptError      an init script failed; carries its output
    ├── DockerError              Docker or Docker Compose is missing, or refuses
    ├── NotRunningError          the command needs a running testbed
    └── DeploymentError          CloudFormation refused or rolled back
"""

import contextlib
from collections.abc import Iterator


class TestbedError(Exception):
    """An expected failure.

    Parameters
    ----------
    message
        What happened, and to what.
    advice
        What the reader can do about it; may be empty where the message says it.
    details
        Output that explains the failure, shown as it is.

    Examples
    --------
    ::

        from testbed import Clock, TestbedError

        try:
            Clock(endpoint_url).fire("no-such-rule")
        except TestbedError as error:
            print(error.message, error.advice)
    """

    __test__ = False  # its name is not meant for pytest

    def __init__(self, message: str, *, advice: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.details = details


class ProjectError(TestbedError):
    """A file of the project is missing or not valid."""


class EnvironmentBuildError(TestbedError):
    """A Python environment could not be built."""


class StartError(TestbedError):
    """LocalStack did not start."""


class PortInUseError(StartError):
    """Something else listens on the port that was asked for."""


class InitScriptError(StartError):
    """An init script failed, so the pipeline is not there."""


class DockerError(TestbedError):
    """Docker or Docker Compose is missing, or does not do what it was asked for."""


class NotRunningError(TestbedError):
    """The command needs a running testbed, and there is none."""


class DeploymentError(TestbedError):
    """CloudFormation refused the template or rolled the stack back."""


@contextlib.contextmanager
def preserved(error: BaseException) -> Iterator[None]:
    """Clean up after an error, which a failure of the clean-up must not hide.

    That failure is added to the error's details, or to its notes if it is none of ours.
    """
    try:
        yield
    except Exception as failure:
        text = f"Cleaning up failed, too: {failure}"
        if isinstance(error, TestbedError):
            error.details = "\n".join(part for part in (error.details, text) if part)
        else:
            error.add_note(text)
