"""Websites of the running testbed, in its pipeline and in an empty project."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests
import yaml

from testbed.machine.waiting import until
from tests.conftest import CommandLine, Deployed

LIMIT_SECONDS = 15.0


@pytest.fixture
def command(running_testbed: Deployed) -> Iterator[CommandLine]:
    """The command, for the shared testbed without websites."""
    yield running_testbed.command
    running_testbed.command.output("website", "remove", "--all")


def listed(running_testbed: Deployed) -> dict[str, str]:
    """Return the URLs of the sites that the pipeline watches, by their names."""
    bucket = running_testbed.outputs["BucketName"]
    stored = running_testbed.aws.s3.get_object(Bucket=bucket, Key="sites.yaml")["Body"].read()
    return {site["name"]: site["url"] for site in yaml.safe_load(stored)["sites"]}


def test_tour_of_the_readme(command: CommandLine, running_testbed: Deployed) -> None:
    """An outage of a local website reaches the email, and its end, too."""
    running_testbed.testbed.inbox.clear()
    added = command.run("website", "add", "tour")
    assert added.returncode == 0, added.stderr
    assert "Added tour to the deployed sites.yaml" in added.stderr

    def await_email(words: str) -> None:
        until(
            lambda: words in command.output("inbox"), within=LIMIT_SECONDS, what=f"email: {words}"
        )

    command.output("website", "down", "tour")
    command.output("tick", "cron-rule")
    await_email("tour is DOWN: connection refused")
    until(
        lambda: "tour is DOWN" in command.run("trace").stdout,
        within=LIMIT_SECONDS,
        what="trace of the outage",
    )
    command.output("website", "recover", "tour")
    command.output("tick", "cron-rule")
    await_email("tour is UP again")
    [website] = json.loads(command.output("website", "list", "--json"))["websites"]
    assert website["requests"] >= 1


def test_website_stays_in_the_list_until_it_is_removed(
    command: CommandLine, running_testbed: Deployed
) -> None:
    command.output("deploy")
    assert listed(running_testbed)["example"] == "https://example.com/"
    command.output("website", "add", "tour", "--status", "503")
    url = json.loads(command.output("website", "add", "example", "--json"))["url"]
    assert listed(running_testbed)["example"] == url
    command.output("deploy")
    assert listed(running_testbed)["example"] == url
    assert "tour" in listed(running_testbed)
    command.output("website", "remove", "example", "tour")
    assert listed(running_testbed)["example"] == "https://example.com/"
    assert "tour" not in listed(running_testbed)


def test_site_that_the_pipeline_would_reject_is_not_served(
    command: CommandLine, running_testbed: Deployed
) -> None:
    bucket = running_testbed.outputs["BucketName"]
    running_testbed.aws.s3.put_object(Bucket=bucket, Key="sites.yaml", Body=b"sites: 7")
    added = command.run("website", "add", "tour")
    assert added.returncode == 1
    assert "has no list 'sites' of websites" in added.stderr
    assert json.loads(command.output("website", "list", "--json")) == {"websites": []}
    command.output("deploy")


def test_pages_and_behaviors(command: CommandLine) -> None:
    added = command.output("website", "add", "prices", "--body", '{"tea": 3}',
                           "--content-type", "application/json", "--json")  # fmt: skip
    url = json.loads(added)["local_url"]
    with requests.Session() as http:
        http.trust_env = False
        assert http.get(url).json() == {"tea": 3}
        assert (
            "answers with status 404" in command.run("website", "answers", "prices", "404").stderr
        )
        assert http.get(url).status_code == 404
        command.output("website", "slow", "prices", "30")
        with pytest.raises(requests.Timeout):
            http.get(url, timeout=0.2)
    assert "slow (30 s), answers 404" in command.output("website", "list")


def test_what_cannot_be_done(command: CommandLine) -> None:
    command.output("website", "add", "shop")
    for arguments, status, message in (
        (("down", "shp"), 1, "Did you mean shop?"),
        (("add", "shop"), 1, "There already is a website shop"),
        (("add", "Tea"), 1, "'Tea' cannot be the name of a website"),
        (("add", "tea", "--port", "0"), 2, "--port"),
        (("add", "tea", "--status", "600"), 2, "200<=x<=599"),
        (("add", "tea", "--body", "x", "--file", "README.md"), 2, "cannot be combined"),
        (("answers", "shop", "99"), 2, "200<=x<=599"),
        (("slow", "shop", "0"), 2, "testbed website recover shop"),
        (("slow", "shop", "nan"), 2, "not a finite number"),
        (("remove", "shop", "tea"), 1, "There is no website tea."),
        (("remove",), 2, "or use --all"),
        (("remove", "shop", "--all"), 2, "or use --all"),
    ):
        result = command.run("website", *arguments)
        assert result.returncode == status, arguments
        assert message in result.stderr, arguments
    assert "shop" in command.output("website", "list")


def test_nothing_runs(bare: CommandLine) -> None:
    result = bare.run("website", "add", "shop")
    assert result.returncode == 1
    assert "Start it with: testbed up" in result.stderr
    result = bare.run("website", "--help")
    assert "recover" in result.stdout
