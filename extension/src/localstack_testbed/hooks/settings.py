"""The settings of the extension: environment variables of LocalStack, each defined here once.

The table in ``docs/extension.md`` is made of these definitions: ``python -m
localstack_testbed.hooks.settings`` prints it. The module is independent of LocalStack, so that
tools can read it.
"""

import difflib
import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass


class InvalidSettingError(Exception):
    """A setting is missing or has an invalid value; the message says what to do."""


@dataclass(frozen=True)
class Setting[T]:
    """One environment variable.

    Parameters
    ----------
    parse
        Makes a value of the text, and raises ValueError with what the text must be.
    meaning
        What the setting does, in Markdown, for the table of settings.
    default
        The text that is parsed if the variable is missing or empty.
    keeps_empty
        Whether an empty text is a value, instead of standing for the default.
    """

    name: str
    default: str
    parse: Callable[[str], T]
    meaning: str
    keeps_empty: bool = False

    def value(self, variables: Mapping[str, str] | None = None) -> T:
        """Return the setting's value.

        Raises
        ------
        InvalidSettingError
            If the text in the environment is invalid.
        """
        given = (os.environ if variables is None else variables).get(self.name)
        text = given if given or (given is not None and self.keeps_empty) else self.default
        try:
            return self.parse(text)
        except ValueError as error:
            raise InvalidSettingError(
                f"{self.name}={text} is invalid: it must be {error}."
            ) from None


def _flag(text: str) -> bool:
    flags = {"1": True, "true": True, "0": False, "false": False}
    try:
        return flags[text.strip().lower()]
    except KeyError:
        raise ValueError("1 or 0") from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValueError("a whole number from 1 on")
    return int(text)


def _seconds(longest: float = float("inf")) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds <= longest or seconds == float("inf"):
            limit = "0 on" if longest == float("inf") else f"0 to {longest:.0f}"
            raise ValueError(f"a number of seconds from {limit}, such as 0.5")
        return seconds

    return parse


def _optional_seconds(text: str) -> float | None:
    return _seconds()(text) if text else None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _executor(text: str) -> str:
    """Return the name of an executor; LocalStack would use ``docker`` for an unknown one."""
    if (name := text.strip()) not in ("docker", "process"):
        raise ValueError("docker or process")
    return name


def _command(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise ValueError("a command as a shell reads it, with its quotes closed") from None


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LAMBDA_RUNTIME_EXECUTOR = Setting(
    "LAMBDA_RUNTIME_EXECUTOR",
    "docker",
    _executor,
    "`process` runs each Lambda execution environment as a process of this machine",
)
LAMBDA_PROCESS_PYTHON = Setting(
    "LAMBDA_PROCESS_PYTHON",
    "",
    str,
    "the interpreter of the virtual environment that functions run in, which the executor"
    " `process` requires; several with `:` between them, for several versions of Python",
)
LAMBDA_PROCESS_PYTHON_COMMAND = Setting(
    "LAMBDA_PROCESS_PYTHON_COMMAND",
    "",
    _command,
    "a command that is called with a runtime, such as `python3.12`, for which"
    " `LAMBDA_PROCESS_PYTHON` has no interpreter: it prints the path of one, or exits with a status"
    " other than 0. `testbed up` sets it",
)
LAMBDA_PROCESS_ISOLATION = Setting(
    "LAMBDA_PROCESS_ISOLATION",
    "1",
    _flag,
    "where the kernel allows it, functions have their own file system and see none of the"
    " machine's processes; `0`: they see the machine's",
)
LAMBDA_PROCESS_PRELOAD = Setting(
    # The AWS SDK, and what the runtime imports. Not its native client (runtime_client), which does
    # not work in a process that was forked after its import.
    "LAMBDA_PROCESS_PRELOAD",
    "boto3 boto3.s3.inject http.client simplejson",
    _words,
    "modules to import before functions need them, with spaces between them; set it to an empty"
    " text for none",
    keeps_empty=True,
)
ENFORCE_IAM = Setting(
    "ENFORCE_IAM",
    "0",
    _flag,
    "[permissions](permissions.md) are enforced: what no policy allows is denied, and"
    " `/_testbed/permissions` lists what was used. `testbed up` sets `1`",
)
ALLOWED_HOSTS = Setting(
    "TESTBED_ALLOWED_HOSTS",
    "",
    _names,
    "more [names](permissions.md#web-pages-and-host-names) by which clients may call LocalStack,"
    " with commas between them; `.example.test` stands for all names below `example.test`",
)
ALLOWED_ORIGINS = Setting(
    "EXTRA_CORS_ALLOWED_ORIGINS",
    "",
    _names,
    "more [origins](permissions.md#web-pages-and-host-names), such as `http://localhost:3000`,"
    " whose pages may call LocalStack, with commas between them",
)
REQUIRE_CONTROL_SECRET = Setting(
    "TESTBED_REQUIRE_CONTROL_SECRET",
    "1",
    _flag,
    "calls that change or stop the emulator require the header `X-Testbed-Secret`",
)
CONTROL_SECRET = Setting(
    "TESTBED_CONTROL_SECRET",
    "",
    str,
    "the secret for that header; by default each start makes a new one",
)
CONTROL_SECRET_FILE = Setting(
    "TESTBED_CONTROL_SECRET_FILE",
    "",
    str,
    "the file to write that secret to; by default `/var/lib/localstack/control-secret`",
)
FAULTS = Setting("TESTBED_FAULTS", "1", _flag, "[fault injection](faults.md) by `/_testbed/faults`")
JOURNAL = Setting(
    "TESTBED_JOURNAL",
    "1",
    _flag,
    "the [journal](journal.md) of everything that happens, at `/_testbed/journal`",
)
JOURNAL_ENTRIES = Setting(
    "TESTBED_JOURNAL_ENTRIES",
    "10000",
    _count,
    "the number of journal entries to keep in memory",
)
JOURNAL_BYTES = Setting(
    "TESTBED_JOURNAL_BYTES",
    "5000000",
    _count,
    "the size at which `logs/journal.ndjson` is renamed to `journal.ndjson.1`, in bytes",
)
LIMITS = Setting(
    "TESTBED_LIMITS",
    "1",
    _flag,
    "AWS's [limits](fidelity.md) apply to sizes, numbers and ranges in requests",
)
OFFLINE = Setting(
    "TESTBED_OFFLINE",
    "1",
    _flag,
    "LocalStack downloads nothing and calls no other machine: services that need a download or a"
    " missing Python package answer 501 and name it; `0`: LocalStack downloads programs when they"
    " are first used",
)
PRELOADED_SERVICES = Setting(
    "TESTBED_PRELOADED_SERVICES",
    "",
    _names,
    "services to load as soon as LocalStack is ready, in this order, with commas between them",
)
SCHEDULES = Setting(
    "TESTBED_SCHEDULES",
    "1",
    _flag,
    "scheduled rules and EventBridge Scheduler fire when they are due, by the clock that"
    " `/_testbed/clock` moves, and EventBridge retries deliveries by each target's retry policy;"
    " `0`: LocalStack's own behavior",
)
SCHEDULES_RETRY_SECONDS = Setting(
    "TESTBED_SCHEDULES_RETRY_SECONDS",
    "1",
    _seconds(longest=540),
    "the pause before EventBridge's first retry of a delivery, in seconds; each further pause is"
    " twice as long, up to 9 minutes",
)
SNS_RETRY_SECONDS = Setting(
    "TESTBED_SNS_RETRY_SECONDS",
    "1",
    _seconds(),
    "the length of one second of SNS's delivery policies, in seconds",
)
ASYNCHRONOUS_RETRY_DELAY = Setting(
    "TESTBED_ASYNCHRONOUS_RETRY_DELAY",
    "",
    _optional_seconds,
    "the pause before Lambda's first retry of an asynchronous event after a function error, in"
    " seconds; the second pause is twice as long. By default it is LocalStack's"
    " `LAMBDA_RETRY_BASE_DELAY` (60), which takes whole numbers only",
)
SKIP_UNSUPPORTED_RESOURCES = Setting(
    "TESTBED_SKIP_UNSUPPORTED_RESOURCES",
    "0",
    _flag,
    "`1`: CloudFormation skips resources of [types](resource-types.md) that exist on AWS but not in"
    " this testbed, and ignores properties that are not available; `0`: it rejects such templates",
)

SETTINGS = tuple(each for each in list(globals().values()) if isinstance(each, Setting))


def check_settings() -> None:
    """Check the values of all settings.

    Raises
    ------
    InvalidSettingError
        If one of them is invalid.
    """
    for setting in SETTINGS:
        setting.value()


_PREFIXES = ("TESTBED_", "LAMBDA_PROCESS_")
# The environment variables of the command `testbed` and of docker-compose.yml. Some of them are set
# for LocalStack as well: init scripts run the command.
_OTHER_VARIABLES = frozenset(
    {
        "TESTBED_CACHE",
        "TESTBED_CONFIG_ENV",
        "TESTBED_ENDPOINT_URL",
        "TESTBED_FILES",
        "TESTBED_INSTANCE",
        "TESTBED_PARAMETERS",
        "TESTBED_PORT",
        "TESTBED_PROJECT",
        "TESTBED_STACK",
        "TESTBED_STATE",
        "TESTBED_TEMPLATE",
        "TESTBED_USER",
    }
)


def unknown_settings(variables: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield a warning for each variable that is named like a setting and is none.

    It is misspelled, or a setting that an older version of the extension had.
    """
    known = {setting.name for setting in SETTINGS}
    for name in sorted(os.environ if variables is None else variables):
        if name.startswith(_PREFIXES) and name not in known | _OTHER_VARIABLES:
            similar = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.85)
            meant = f" Did you mean {similar[0]}?" if similar else ""
            yield f"{name} is set, but the extension has no such setting: it has no effect.{meant}"


def table() -> Iterator[str]:
    """Yield the lines of the table of settings, in Markdown."""
    yield "| Setting | Default | Meaning |"
    yield "|---|---|---|"
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default else "(none)"
        yield f"| `{setting.name}` | {default} | {setting.meaning} |"


if __name__ == "__main__":
    print("\n".join(table()))
