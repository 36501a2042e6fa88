"""What a deployment says about the versions of Python that functions run on."""

from __future__ import annotations

from testbed.control.runtimes import RunningRuntime, notes


def answer(
    runtime: str, runs_on: str, reason: str | None = None, deprecated: str | None = None
) -> RunningRuntime:
    return {"runtime": runtime, "runs_on": runs_on, "reason": reason, "deprecated": deprecated}


def test_one_sentence_for_each_function_and_difference() -> None:
    functions = {
        "Orders": "python3.14",
        "Usual": "python3.13",
        "Old": "python3.9",
        "Own": "python3.12",
    }
    answers = {
        "python3.14": answer("python3.14", "python3.13", "is not installed here"),
        "python3.13": answer("python3.13", "python3.13"),
        "python3.9": answer("python3.9", "python3.9", deprecated="2025-12-15"),
        "python3.12": answer("python3.12", "python3.12"),
    }
    assert list(notes(functions, answers)) == [
        "Orders: Runtime is python3.14, which is not installed here; it runs on python3.13",
        "Old: AWS deprecated python3.9 on 2025-12-15",
    ]


def test_emulator_that_does_not_say() -> None:
    functions = {"Orders": "python3.14", "Usual": "python3.13"}
    [note] = notes(functions, {"python3.14": None, "python3.13": None})
    assert note == "Orders: Runtime is python3.14; this emulator does not say what it runs on"
