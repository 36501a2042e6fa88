"""Where the output of init scripts is kept."""

from pathlib import Path


def log_of(script: str, logs: Path) -> Path:
    """Return the file with the output of the script of a name, in LocalStack's folder of logs."""
    return logs / "init" / f"{script}.log"
