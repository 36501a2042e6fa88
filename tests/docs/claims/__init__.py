"""The claims of the documentation: for each sentence the tests that show it.

There is one module for each page. A key of its table is words of the page; the value names tests,
as ``path::name``, or is a ``Reason`` why there is no test. ``test_claims`` fails for a sentence
without a key, so that a new claim gets a test.
"""

from __future__ import annotations

from tests.docs.claims import (
    develop_offline,
    faults,
    fidelity,
    journal,
    permissions,
    readme,
    security,
    teach,
)

# Pages of which every sentence is in the table.
WHOLE = {
    "docs/fidelity.md": fidelity.CLAIMS,
    "docs/permissions.md": permissions.CLAIMS,
    "docs/journal.md": journal.CLAIMS,
    "docs/faults.md": faults.CLAIMS,
    "SECURITY.md": security.CLAIMS,
}
# And pages of which only some sentences are.
CLAIMS = {
    **WHOLE,
    "README.md": readme.CLAIMS,
    "docs/develop-offline.md": develop_offline.CLAIMS,
    "docs/teach.md": teach.CLAIMS,
}
