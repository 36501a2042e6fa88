"""The environment variables of a function's process.

Those that AWS documents, and no others:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Of the variables that LocalStack prepares for an environment, the ones that AWS has too, and
# the SDK's setting that leads it to LocalStack.
PREPARED = (
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_PORT",
    "_HANDLER",
)

SYSTEM_PATH = (Path("/usr/local/bin"), Path("/usr/bin"), Path("/bin"))


@dataclass(frozen=True)
class Places:
    """Folders of an environment: the bundle, the layers, the runtime's and its own."""

    task_root: Path
    layers: tuple[Path, ...]
    runtime: Path
    temporary: Path

    @property
    def module_path(self) -> tuple[str, ...]:
        """Where modules are looked for before the runtime's: bundle, then layers, last first.

        https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
        """
        folders = [self.task_root]
        for layer in reversed(self.layers):
            folders.append(layer / "python" / "lib" / "python3.13" / "site-packages")
            folders.append(layer / "python")
        return tuple(str(folder) for folder in folders if folder.is_dir())


def function_variables(
    prepared: Mapping[str, object],
    own: Mapping[str, str],
    logging_config: Mapping[str, str],
    places: Places,
    runtime: str,
    runtime_api: str,
) -> dict[str, str]:
    """Put together the variables of a function's process.

    Parameters
    ----------
    prepared
        What LocalStack prepared, its own variables among them.
    own
        The variables in the function's configuration; they cannot replace reserved ones, which
        the Lambda API refuses.
    logging_config
        The function's ``LoggingConfig``.
    """
    layers = list(reversed(places.layers))
    variables = {name: str(prepared[name]) for name in PREPARED if name in prepared}
    variables |= {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "HOME": str(places.temporary),
        "LAMBDA_RUNTIME_DIR": str(places.runtime),
        "LAMBDA_TASK_ROOT": str(places.task_root),
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": _join(
            [places.task_root, places.task_root / "lib", *(layer / "lib" for layer in layers)]
        ),
        "PATH": _join([*SYSTEM_PATH, *(layer / "bin" for layer in layers)]),
        "PYTHONPATH": str(places.runtime),
        "TMPDIR": str(places.temporary),
        "TZ": ":UTC",
    }
    if logging_config.get("LogFormat") == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = logging_config.get("ApplicationLogLevel", "INFO")
    return {**variables, **own}


def _join(folders: list[Path]) -> str:
    return os.pathsep.join(str(folder) for folder in folders)
