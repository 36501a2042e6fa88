"""The command ``testbed demo``: the pipeline at work while a website fails and recovers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.session import Session


def run(
    session: Session,
    *,
    keep: bool = False,
    real_sites: tuple[str, ...] = (),
    docker: bool = False,
) -> None:
    """Start the pipeline, break and repair a website, show what happens, and stop everything.

    Parameters
    ----------
    keep
        Whether to leave LocalStack and the websites running, and print what to try next.
    real_sites
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
    from testbed.demo.demo_run import perform

    perform(session, keep, real_sites, docker)
