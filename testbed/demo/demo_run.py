"""The demo from start to stop: LocalStack, its websites, the story, and the clean-up."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from testbed.demo.hosting import Hosting
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

if TYPE_CHECKING:
    from testbed.session import Session

_LOG = "demo-websites.log"


def perform(session: Session, keep: bool, urls: tuple[str, ...], docker: bool) -> None:
    """Run the demo; see :func:`testbed.demo.run`."""
    real = real_sites(urls, taken=[page.name for page in PAGES])
    _check_place(session)
    with exclusive(session.state), TemporaryDirectory() as folder, ExitStack() as stage:
        _check_place(session)  # another command may just have started it
        file = Path(folder) / "sites.yaml"
        sites_upload(session.project, real, file)  # reports an invalid URL before anything starts
        empty_list = sites_upload(session.project, [], file)
        heading("Start")
        overrides = Overrides(files={empty_list.name: file})
        start(session, overrides, docker=docker, progress=console)
        stage.callback(_stop, session)
        with console.step("Websites of the demo"):
            running = session.running()
            assert running is not None
            hosting = stage.enter_context(Hosting(running, session.state / _LOG))
        try:
            _tell_story(session, hosting, real, file)
        except TestbedError:
            if keep:  # so that the cause can be examined
                _leave(stage, hosting)
            raise
        if keep:
            _leave(stage, hosting)
            _say_what_to_try(session, hosting)
        else:
            heading("Stop")


def _check_place(session: Session) -> None:
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
    session: Session, hosting: Hosting, real: tuple[SiteEntry, ...], file: Path
) -> None:
    ours = (SiteEntry(site.name, site.url, site.expect) for site in hosting.websites)
    sites = (*ours, *real)
    story = Story(DemoPipeline(session), hosting.websites, sites)
    story.list_sites(sites_upload(session.project, sites, file))
    story.confirm_subscriptions()
    story.first_check()
    shop = hosting.websites[0]
    incident = story.outage(shop)
    story.recovery(shop, incident)
    story.show_traces()


def _stop(session: Session) -> None:
    with signals_ignored(), console.step("Everything stopped"):
        session.stop()


def _leave(stage: ExitStack, hosting: Hosting) -> None:
    """Leave LocalStack and the websites running."""
    stage.pop_all()
    hosting.detach()


def _say_what_to_try(session: Session, hosting: Hosting) -> None:
    shop = hosting.websites[0]
    testbed = _command(session)
    heading("Still running. Try:")
    for command, meaning in (
        (f"{testbed} status", "show what is running"),
        (f"{testbed} inbox", "show the emails"),
        (f"{testbed} logs --follow", "follow the logs of the functions"),
        (f"curl {DemoPipeline(session).api.url}/status", "ask the API"),
        (f"curl -X PUT {shop.outage_url}", f"break {shop.name}"),
        (f"{testbed} tick", "check all sites now"),
        (f"curl -X DELETE {shop.outage_url}", f"repair {shop.name}"),
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
