"""Tests that do not pass on a target that is not AWS's own, and why: all of them, and only they.

docs/targets.md tells more of each. A test that passes in spite of standing here fails the run, so
that it is taken out.
"""

from __future__ import annotations

from collections.abc import Mapping

KNOWN_DIFFERENCES: Mapping[str, Mapping[str, str]] = {
    # By target, then by test: "test_api.py::test_name": "what the target does, and not AWS".
}
