"""An AWS account as a target, with the AWS CLI's configuration and checks against mistakes.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from testbed.aws.clients import ACCESS_KEY_ID, Aws
from testbed.errors import TestbedError

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from types_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

_POLL_SECONDS = 2.0


class AccountError(TestbedError):
    """The account cannot be used with the given profile or environment."""


class Account(Aws):
    """The AWS APIs of an account in a region.

    Parameters
    ----------
    profile
        A profile of the AWS CLI's configuration; without it, credentials of the environment.

    Raises
    ------
    AccountError
        If there is no such profile, or environment variables are set for an emulator.
    """

    def __init__(self, profile: str | None, region: str) -> None:
        _check_not_emulator(profile)
        super().__init__(_named_endpoint(profile), region)
        self._profile = profile
        if not self.endpoint_url:  # AWS itself, which throttles requests
            self.poll_seconds = _POLL_SECONDS
            self.is_local = False

    @cached_property
    def session(self) -> boto3.Session:
        """A session with the credentials of the profile or the environment."""
        import boto3

        return boto3.Session(profile_name=self._profile, region_name=self.region)

    @cached_property
    def _endpoint(self) -> str | None:
        # The SDK finds it, also if the profile sets one.
        return None

    @cached_property
    def _config(self) -> Config:
        from botocore.config import Config

        return Config(retries={"mode": "standard"})

    def caller(self) -> GetCallerIdentityResponseTypeDef:
        """Return the identity and the account of the credentials.

        Raises
        ------
        AccountError
            If there are no credentials or AWS rejects them.
        """
        try:
            answer: GetCallerIdentityResponseTypeDef = self.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise AccountError(
                f"AWS cannot be used: {error}",
                advice="Log in, choose a profile with --profile or AWS_PROFILE, or set "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            ) from error
        return answer


def _named_endpoint(profile: str | None) -> str:
    """Return the endpoint that a profile sets instead of AWS's, or an empty string.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    import botocore.session

    try:
        named = botocore.session.Session(profile=profile).get_scoped_config()
    except BotoCoreError as error:
        raise AccountError(
            f"{error}.", advice="List your profiles with: aws configure list-profiles"
        ) from error
    return str(named.get("endpoint_url", "")).rstrip("/")


def _check_not_emulator(profile: str | None) -> None:
    """Raise AccountError if the environment has what ``testbed env`` sets for an emulator."""
    for name, value in sorted(os.environ.items()):
        if name == "AWS_ENDPOINT_URL" or name.startswith("AWS_ENDPOINT_URL_"):
            raise AccountError(
                f"{name}={value} is set: this shell talks to an emulator, not to AWS.",
                advice=f"Use another shell, or: unset {name}",
            )
    if profile is None and os.environ.get("AWS_ACCESS_KEY_ID") == ACCESS_KEY_ID:
        raise AccountError(
            f"AWS_ACCESS_KEY_ID={ACCESS_KEY_ID} is set: these are an emulator's credentials.",
            advice="Use another shell, or name a profile with --profile.",
        )
