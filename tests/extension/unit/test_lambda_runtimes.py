"""From when on AWS rejects a runtime, and since when it is deprecated.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

from datetime import date, timedelta

import pytest
from localstack_testbed.limits.runtimes import PYTHON_RUNTIMES, deprecation, rejection

DAY = timedelta(days=1)


@pytest.mark.parametrize("runtime", PYTHON_RUNTIMES)
def test_each_date_begins_a_stage(runtime: str) -> None:
    deprecated, create_blocked, update_blocked = PYTHON_RUNTIMES[runtime]
    assert deprecated <= create_blocked < update_blocked
    assert deprecation(runtime, deprecated - DAY) is None
    assert deprecation(runtime, deprecated) == deprecated
    for update, blocked in ((False, create_blocked), (True, update_blocked)):
        assert rejection(runtime, update=update, on=blocked - DAY) is None
        message = rejection(runtime, update=update, on=blocked)
        assert message
        assert message.startswith(f"The runtime parameter of {runtime} is no longer supported for")


def test_other_runtimes_have_no_stage() -> None:
    on = date(2100, 1, 1)
    assert rejection("nodejs22.x", update=False, on=on) is None
    assert deprecation("nodejs22.x", on) is None
