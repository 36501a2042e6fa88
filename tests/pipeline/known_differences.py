"""The tests that fail on a target, and how the target differs from AWS.

docs/targets.md explains each. A test that is listed here and passes fails the run.
"""

from __future__ import annotations

from collections.abc import Mapping

KNOWN_DIFFERENCES: Mapping[str, Mapping[str, str]] = {
    # By target, then by test: "test_api.py::test_name": "how the target differs from AWS".
}
