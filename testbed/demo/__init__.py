"""A tour of the pipeline at work, in a few seconds: ``testbed demo``."""

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
    """Start the project, have a website break and recover, show what happens, and stop it all.

    Parameters
    ----------
    keep
        Leave LocalStack and the websites running, and say what to try next.
    real_sites
        URLs of real websites to watch too.
    docker
        Whether LocalStack is to run in a container.

    Raises
    ------
    TestbedError
        If the project's testbed runs already, a URL is no website's, something does not start, or
        the news does not arrive somewhere in time. Nothing is left running, with ``keep`` only
        what has been started completely.
    """
    from testbed.demo.performance import perform

    perform(session, keep, real_sites, docker)
