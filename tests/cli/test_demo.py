"""The demo, from its start to its end."""

from __future__ import annotations

import re

import requests

from tests.cli.test_life import await_no_process
from tests.conftest import CommandLine


def test_demo_tells_the_whole_story(command: CommandLine) -> None:
    result = command.run("demo")
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    hops = ("alert published", "email received", "incident recorded", "open at API")
    for hop in (*hops, "incident closed", "closed at API"):
        assert re.search(rf"{hop} +\d+ ms", result.stdout), hop
    assert "\x1b" not in result.stdout  # plain, as it is not on a terminal
    await_no_process(command.state)


def test_kept_demo_goes_on_until_it_is_stopped(command: CommandLine) -> None:
    result = command.run("demo", "--keep")
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    shop = re.search(r"http://127\.0\.0\.1:\d+/", result.stdout)
    assert shop is not None
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(shop[0], timeout=5).ok
    again = command.run("demo")
    assert again.returncode == 1
    assert "testbed down" in again.stderr
    # and that one goes on
    assert "website-monitor Active" in command.output("status")
    command.output("down")
    await_no_process(command.state)


def test_demo_rejects_an_invalid_url(command: CommandLine) -> None:
    result = command.run("demo", "--site", "example.com")
    assert result.returncode == 1
    assert "example.com" in result.stderr
    assert "http" in result.stderr
