"""An emulator that plays AWS: a profile of the AWS CLI leads to it, as another one does to AWS.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

import os
from pathlib import Path

PROFILE = "aws"


def profile_environment(folder: Path, endpoint_url: str) -> dict[str, str]:
    """Write the files of a profile, and return this process's environment, which they join.

    The profile's region is none that a test deploys to: samconfig.toml has a say in that.
    """
    (folder / "config").write_text(
        f"[profile {PROFILE}]\nregion = eu-west-1\n"
        f"endpoint_url = {endpoint_url}\n"
        "s3 =\n    addressing_style = path\n"
    )
    (folder / "credentials").write_text(
        f"[{PROFILE}]\naws_access_key_id = 000000000000\naws_secret_access_key = secret\n"
    )
    usual = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **usual,
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
