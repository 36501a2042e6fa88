"""Check of the AWS CLI that ``testbed env`` uses."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from testbed.aws.clients import SHIMS, search_path
from testbed.doctor.context import Context
from testbed.doctor.finding import Finding, checks, ok, warning


@checks("AWS CLI")
def installed(context: Context) -> Finding:
    """Check that there is an AWS CLI, and say which one is used."""
    folders = search_path(context.variables.get("PATH", os.defpath)).split(os.pathsep)
    others = [folder for folder in folders if Path(folder) != SHIMS]
    found = shutil.which("aws", path=os.pathsep.join(others))
    if found is None:
        return warning(
            "`aws` was not found",
            "To use it, install the AWS CLI:"
            " https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
        )
    return ok(found)
