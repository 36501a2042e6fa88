"""The files for the output of init scripts."""

from pathlib import Path


def log_of(script: str, logs: Path) -> Path:
    """Return the file for a script's output, in LocalStack's folder of logs."""
    return logs / "init" / f"{script}.log"
