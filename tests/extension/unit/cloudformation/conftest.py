"""Lets the engine's pure modules be imported where LocalStack is not installed."""

import importlib.util
import sys
from types import ModuleType


class CommonServiceException(Exception):
    """What these modules use of LocalStack: an error with a code and a message."""

    def __init__(
        self, code: str, message: str, status_code: int = 400, sender_fault: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


if importlib.util.find_spec("localstack") is None:
    api = ModuleType("localstack.aws.api")
    api.CommonServiceException = CommonServiceException  # type: ignore[attr-defined]
    for name in ("localstack", "localstack.aws"):
        sys.modules[name] = ModuleType(name)
    sys.modules["localstack.aws.api"] = api
