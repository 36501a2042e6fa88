"""The values of settings, from the texts of environment variables."""

import re
from typing import Any

import pytest
from localstack_testbed.hooks import settings
from localstack_testbed.hooks.settings import InvalidSettingError, Setting

from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        (settings.FAULTS, "1", True),
        (settings.FAULTS, "True", True),
        (settings.FAULTS, "0", False),
        (settings.FAULTS, "false", False),
        (settings.JOURNAL_ENTRIES, "25", 25),
        (settings.SCHEDULES_RETRY_SECONDS, "0.1", 0.1),
        (settings.SCHEDULES_RETRY_SECONDS, "540", 540),
        (settings.SNS_RETRY_SECONDS, "0", 0),
        (settings.ASYNCHRONOUS_RETRY_DELAY, "2", 2),
        (settings.ALLOWED_HOSTS, " one.test, .two.test,", ("one.test", ".two.test")),
        (settings.LAMBDA_PROCESS_PRELOAD, "json  csv", ("json", "csv")),
        (settings.LAMBDA_PROCESS_PYTHON_COMMAND, "env 'A=b c' find", ("env", "A=b c", "find")),
    ],
)
def test_text_is_parsed(setting: Setting[Any], text: str, value: object) -> None:
    assert setting.value({setting.name: text}) == value


@pytest.mark.parametrize(
    ("setting", "text", "needed"),
    [
        (settings.OFFLINE, "off", "1 or 0"),
        (settings.LAMBDA_RUNTIME_EXECUTOR, "proces", "docker or process"),
        (
            settings.LAMBDA_PROCESS_PYTHON_COMMAND,
            "find 'it",
            "a command as a shell reads it, with its quotes closed",
        ),
        (settings.JOURNAL_BYTES, "0", "a whole number from 1 on"),
        (settings.JOURNAL_BYTES, "1.5", "a whole number from 1 on"),
        (settings.SCHEDULES_RETRY_SECONDS, "541", "a number of seconds from 0 to 540, such as 0.5"),
        (settings.SNS_RETRY_SECONDS, "-1", "a number of seconds from 0 on, such as 0.5"),
        (settings.SNS_RETRY_SECONDS, "nan", "a number of seconds from 0 on, such as 0.5"),
        (settings.SNS_RETRY_SECONDS, "inf", "a number of seconds from 0 on, such as 0.5"),
        (settings.ASYNCHRONOUS_RETRY_DELAY, "soon", "a number of seconds from 0 on, such as 0.5"),
    ],
)
def test_invalid_text_is_an_error_that_says_what_is_needed(
    setting: Setting[Any], text: str, needed: str
) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        setting.value({setting.name: text})
    assert str(caught.value) == f"{setting.name}={text} is invalid: it must be {needed}."


@pytest.mark.parametrize("setting", settings.SETTINGS, ids=lambda each: each.name)
def test_missing_variable_gives_the_default(setting: Setting[Any]) -> None:
    assert setting.value({}) == setting.parse(setting.default)


def test_empty_text_gives_the_default_unless_it_has_a_meaning() -> None:
    assert settings.JOURNAL_ENTRIES.value({"TESTBED_JOURNAL_ENTRIES": ""}) == 10_000
    assert settings.LAMBDA_PROCESS_PRELOAD.value({"LAMBDA_PROCESS_PRELOAD": ""}) == ()


def test_all_settings_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.check_settings()
    monkeypatch.setenv("TESTBED_SNS_RETRY_SECONDS", "soon")
    with pytest.raises(InvalidSettingError, match="TESTBED_SNS_RETRY_SECONDS"):
        settings.check_settings()


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("TESTBED_JURNAL", " Did you mean TESTBED_JOURNAL?"),
        ("LAMBDA_PROCESS_PYTHONS", " Did you mean LAMBDA_PROCESS_PYTHON?"),
        ("TESTBED_FAST_LOADING", ""),  # an older version had it
    ],
)
def test_unknown_setting_gives_a_warning(name: str, advice: str) -> None:
    assert list(settings.unknown_settings({name: "0", "PATH": "/bin", "LAMBDA_X": "1"})) == [
        f"{name} is set, but the extension has no such setting: it has no effect.{advice}"
    ]


def test_variables_of_the_command_and_of_compose_give_no_warning() -> None:
    sources = [*(ROOT / "testbed").rglob("*.py"), ROOT / "docker-compose.yml"]
    used = {
        name: "1"
        for source in sources
        for name in re.findall(r"\bTESTBED_[A-Z_]+\b", source.read_text())
    }
    assert "TESTBED_PARAMETERS" in used
    assert list(settings.unknown_settings(used)) == []


@pytest.mark.parametrize("setting", settings.SETTINGS, ids=lambda each: each.name)
def test_setting_gives_no_warning(setting: Setting[Any]) -> None:
    assert list(settings.unknown_settings({setting.name: "0"})) == []
