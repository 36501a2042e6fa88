"""The environment variables of a function's process.

Those that AWS documents, and no others:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import os
from collections.abc import Mapping
from pathlib import Path

from localstack_testbed.lambda_executor.files import FunctionPaths

# The variables set by LocalStack that exist on AWS as well, and the endpoint URL for the AWS SDK.
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

# Redirects the AWS SDK to LocalStack in Python interpreters that a function starts.
STARTUP = Path(__file__).resolve().parent / "supervisor" / "startup"

SYSTEM_PATH = (Path("/usr/local/bin"), Path("/usr/bin"), Path("/bin"))


def function_variables(
    prepared: Mapping[str, object],
    own: Mapping[str, str],
    logging_config: Mapping[str, str],
    paths: FunctionPaths,
    runtime: str,
    runtime_api: str,
) -> dict[str, str]:
    """Build the environment variables of a function's process.

    Parameters
    ----------
    prepared
        All variables set by LocalStack, including its internal ones.
    own
        The variables in the function's configuration. They contain no reserved variables, which
        the Lambda API rejects.
    logging_config
        The function's ``LoggingConfig``.
    """
    variables = {name: str(prepared[name]) for name in PREPARED if name in prepared}
    variables |= {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_RUNTIME_DIR": str(paths.runtime),
        "LAMBDA_TASK_ROOT": str(paths.task_root),
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": _join([paths.task_root, paths.task_root / "lib", paths.layers / "lib"]),
        "PATH": _join([*SYSTEM_PATH, paths.layers / "bin"]),
        "PYTHONPATH": _join([paths.runtime, STARTUP]),
        "TZ": ":UTC",
    }
    if not paths.isolated:
        # The machine's own folders are not for functions.
        variables |= {"HOME": str(paths.temporary), "TMPDIR": str(paths.temporary)}
    if logging_config.get("LogFormat") == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = logging_config.get("ApplicationLogLevel", "INFO")
    return {**variables, **own}


def _join(folders: list[Path]) -> str:
    return os.pathsep.join(str(folder) for folder in folders)
