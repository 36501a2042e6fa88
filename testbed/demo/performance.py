"""Sets the stage for the demo's story, and clears it afterwards."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from testbed.demo.hosting import Hosting
from testbed.demo.pages import PAGES
from testbed.demo.pipeline import Pipeline
from testbed.demo.sites import Site, real_sites, sites_upload
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
    """Do what :func:`testbed.demo.run` says."""
    real = real_sites(urls, taken=[page.name for page in PAGES])
    _check_place(session)
    with exclusive(session.state), TemporaryDirectory() as folder, ExitStack() as stage:
        _check_place(session)  # another command may just have started it
        file = Path(folder) / "sites.yaml"
        sites_upload(session.project, real, file)  # wrong URLs are to be known at once
        nothing_yet = sites_upload(session.project, [], file)
        heading("Start")
        overrides = Overrides(files={nothing_yet.name: file})
        start(session, overrides, docker=docker, progress=console)
        stage.callback(_stop, session)
        with console.step("Websites of the demo"):
            running = session.running()
            assert running is not None
            hosting = stage.enter_context(Hosting(running, session.state / _LOG))
        try:
            _tell(session, hosting, real, file)
        except TestbedError:
            if keep:  # for whoever wants to look what went wrong
                _leave(stage, hosting)
            raise
        if keep:
            _leave(stage, hosting)
            _say_what_to_try(session, hosting)
        else:
            heading("The end")


def _check_place(session: Session) -> None:
    if session.given_endpoint:
        raise TestbedError(
            "The demo starts a LocalStack of its own, and none of it happens elsewhere.",
            advice="Leave out --endpoint-url, or TESTBED_ENDPOINT_URL.",
        )
    if session.running():
        raise TestbedError(
            f"The testbed of {session.project.root} is running, and the demo needs a fresh one.",
            advice="Stop it with: testbed down",
        )


def _tell(session: Session, hosting: Hosting, real: tuple[Site, ...], file: Path) -> None:
    ours = (Site(site.name, site.url, site.expect) for site in hosting.websites)
    sites = (*ours, *real)
    story = Story(Pipeline(session), hosting.websites, sites)
    story.list_sites(sites_upload(session.project, sites, file))
    story.confirm_subscriptions()
    story.first_check()
    shop = hosting.websites[0]
    incident = story.outage(shop)
    story.recovery(shop, incident)
    story.show_timelines()


def _stop(session: Session) -> None:
    with signals_ignored(), console.step("Everything stopped"):
        session.stop()


def _leave(stage: ExitStack, hosting: Hosting) -> None:
    """Leave everything running."""
    stage.pop_all()
    hosting.detach()


def _say_what_to_try(session: Session, hosting: Hosting) -> None:
    shop = hosting.websites[0]
    testbed = _command(session)
    heading("Still running: things to try")
    for command, meaning in (
        (f"{testbed} status", "what runs"),
        (f"{testbed} inbox", "the emails that were sent"),
        (f"{testbed} logs --follow", "what the functions log"),
        (f"curl {Pipeline(session).api_url}/status", "ask the API"),
        (f"curl -X PUT {shop.outage_url}", f"break {shop.name}"),
        (f"{testbed} tick", "have all sites checked now"),
        (f"curl -X DELETE {shop.outage_url}", f"repair {shop.name}"),
        (f'eval "$({testbed} env)"', "for aws, awslocal and boto3"),
        (f"{testbed} down", "stop everything, the websites too"),
    ):
        console.line((f"  # {meaning}", "dim"))
        console.line((f"  {command}", "bold"))


def _command(session: Session) -> str:
    """Return how the command line reaches this testbed from where it was called."""
    words = ["testbed"]
    if session.folder != Path():
        words += ["--project", str(session.folder)]
    if session.state_folder is not None:
        words += ["--state", str(session.state_folder)]
    return shlex.join(words)
