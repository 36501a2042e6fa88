"""The check of settings that a user gives, before LocalStack starts."""

import pytest
from localstack_testbed.hooks.given_settings import errors, warnings


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TESTBED_JOURNAL", "0", None),
        ("TESTBED_PROJECT", "/x", None),
        ("MY_TESTBED", "1", None),
        ("TESTBED_JOURNAL", "maybe", "TESTBED_JOURNAL=maybe is invalid: it must be 1 or 0."),
        ("TESTBED_JURNAL", "0", "Did you mean TESTBED_JOURNAL?"),
        ("TESTBED_FOO", "1", "the extension has no such setting"),
    ],
)
def test_errors(name: str, value: str, expected: str | None) -> None:
    found = list(errors({name: value}))
    assert found == [] if expected is None else expected in found[0]


def test_warnings() -> None:
    known = {"LAMBDA_RETRY_BASE_DELAY", "DEBUG"}
    given = ["LAMBDA_RETRY_BASE_DELAI", "LAMBDA_RETRY_BASE_DELAY", "DEBUG", "SOMETHING_ELSE"]
    assert list(warnings(given, known)) == [
        "LocalStack has no setting LAMBDA_RETRY_BASE_DELAI. Did you mean LAMBDA_RETRY_BASE_DELAY?"
    ]
