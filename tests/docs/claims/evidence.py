"""What a table of claims refers to: files of tests, and the reasons why a sentence has no test."""

from __future__ import annotations


class Reason(str):
    """The reason why a sentence has no test."""

    __slots__ = ()


type Claims = dict[str, Reason | tuple[str, ...]]

NO_CLAIM = Reason("says nothing about the testbed that could be true or false")
OF_AWS = Reason("says what AWS's documentation says, or that it says nothing")
READ = Reason("read in LocalStack's source code, not run")
NOT_TRIED = Reason("not tried")

DIFFERENCES = "tests/docs/test_differences.py"
EXTENSION = "tests/extension"
RETRIES = f"{EXTENSION}/live/faults/test_retries.py"
PERMISSIONS = "tests/pipeline/test_permissions.py"
ACCESS = f"{EXTENSION}/live/access"
ACCESS_UNITS = "tests/extension/unit/test_access.py"
OFFLINE = f"{EXTENSION}/live/lifecycle/test_offline.py"
SECRET = f"{EXTENSION}/live/access/test_control_secret.py"
PERMISSIONS_PAGE = "tests/docs/test_permissions_page.py"
PERMISSION_UNITS = "tests/extension/unit/test_permissions.py"
