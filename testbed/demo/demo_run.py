"""The demo from start to stop: LocalStack, its websites, the story, and the clean-up."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from testbed.demo.pages import PAGES
from testbed.demo.pipeline import DemoPipeline
from testbed.demo.sites import SiteEntry, real_sites, sites_upload
from testbed.demo.story import Story, heading
from testbed.emulators.state_folder import exclusive
from testbed.errors import TestbedError
from testbed.machine.processes import signals_ignored
from testbed.project.overrides import Overrides
from testbed.starting import start
from testbed.terminal import console
from testbed.websites.websites import Websites

if TYPE_CHECKING:
    from testbed.session import Session


def run(
    session: Session,
    *,
    keep: bool = False,
    urls: tuple[str, ...] = (),
    docker: bool = False,
) -> None:
    """Start the pipeline, break and repair a website, show what happens, and stop everything.

    Parameters
    ----------
    keep
        Whether to leave LocalStack and the websites running, and print what to try next.
    urls
        URLs of further websites to monitor.
    docker
        Whether to run LocalStack in a container.

    Raises
    ------
    TestbedError
        If the project's testbed is already running, a URL is invalid, something does not start, or
        an alert does not arrive in time. Nothing is left running; with ``keep``, only what has
        started completely.
    """
    real = real_sites(urls, taken=[each.page.name for each in PAGES])
    _check_target(session)
    with exclusive(session.state), TemporaryDirectory() as folder, ExitStack() as cleanup:
        _check_target(session)  # another command may just have started it
        file = Path(folder) / "sites.yaml"
        sites_upload(session.project, real, file)  # reports an invalid URL before anything starts
        empty_list = sites_upload(session.project, [], file)
        heading("Start")
        overrides = Overrides(files={empty_list.name: file})
        start(session, overrides, docker=docker, progress=console)
        cleanup.callback(_stop, session)
        with console.step("Websites of the demo"):
            websites = Websites(session.state, session.known_running())
            ours = tuple(
                SiteEntry(each.page.name, websites.add(each.page).url, each.expect)
                for each in PAGES
            )
        try:
            _tell_story(session, websites, ours, real, file)
        except TestbedError:
            if keep:  # so that the cause can be examined
                cleanup.pop_all()
            raise
        if keep:
            cleanup.pop_all()  # leaves LocalStack and, with it, the websites running
            _print_suggestions(session, ours[0].name)
        else:
            heading("Stop")


def _check_target(session: Session) -> None:
    if session.given_endpoint:
        raise TestbedError(
            "The demo starts its own LocalStack and cannot use another endpoint.",
            advice="Leave out --endpoint-url, and unset TESTBED_ENDPOINT_URL.",
        )
    if session.running():
        raise TestbedError(
            f"The testbed of {session.project.root} is already running; the demo starts its own.",
            advice="Stop it with: testbed down",
        )


def _tell_story(
    session: Session,
    websites: Websites,
    ours: tuple[SiteEntry, ...],
    real: tuple[SiteEntry, ...],
    file: Path,
) -> None:
    story = Story(DemoPipeline(session), websites, ours, real)
    story.list_sites(sites_upload(session.project, (*ours, *real), file))
    story.confirm_subscriptions()
    story.first_check()
    shop = ours[0].name
    incident = story.outage(shop)
    story.recovery(shop, incident)
    story.show_traces()


def _stop(session: Session) -> None:
    with signals_ignored(), console.step("Everything stopped"):
        session.stop()


def _print_suggestions(session: Session, shop: str) -> None:
    testbed = _command(session)
    heading("Still running. Try:")
    for command, meaning in (
        (f"{testbed} status", "show what is running"),
        (f"{testbed} inbox", "show the emails"),
        (f"{testbed} logs --follow", "follow the logs of the functions"),
        (f"curl {DemoPipeline(session).api.url}/status", "ask the API"),
        (f"{testbed} website list", "show the websites"),
        (f"{testbed} website down {shop}", f"break {shop}"),
        (f"{testbed} tick", "check all sites now"),
        (f"{testbed} website recover {shop}", f"repair {shop}"),
        (f'eval "$({testbed} env)"', "configure aws, awslocal and boto3 in this shell"),
        (f"{testbed} down", "stop everything, including the websites"),
    ):
        console.line((f"  # {meaning}", "dim"))
        console.line((f"  {command}", "bold"))


def _command(session: Session) -> str:
    """Return the command ``testbed`` with the options that select this project and state."""
    words = ["testbed"]
    if session.folder != Path():
        words += ["--project", str(session.folder)]
    if session.state_folder is not None:
        words += ["--state", str(session.state_folder)]
    return shlex.join(words)
