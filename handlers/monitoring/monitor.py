"""A run: looks at many sites at once, each followed by its own entry in the ledger."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from monitoring.checks import Observation
from monitoring.ledger import Entry, Ledger
from monitoring.sites import Site
from monitoring.states import Lease
from monitoring.wording import describe

logger = Logger(child=True)

_STORE_THREADS = 32


class Unhandled(Exception):
    """Some sites' looks could not be written down, or their alerts not be published."""

    def __init__(self, reasons: dict[str, str], total: int) -> None:
        details = "; ".join(f"{site}: {reason}" for site, reason in reasons.items())
        super().__init__(f"{len(reasons)} of {total} sites could not be handled: {details}")
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Handled:
    """A look at a site and what became of it."""

    site: Site
    seen: Observation
    entry: Entry


class Monitor:
    """Checks sites.

    Parameters
    ----------
    observe
        Looks at one site.
    ledger
        Where looks are written down.
    """

    def __init__(self, observe: Callable[[Site], Awaitable[Observation]], ledger: Ledger) -> None:
        self._observe = observe
        self._ledger = ledger
        # Not the event loop's own threads: those may all be waiting for slow name servers.
        self._threads = ThreadPoolExecutor(_STORE_THREADS, thread_name_prefix="ledger")

    async def run(self, sites: Sequence[Site], lease: Lease) -> list[Handled]:
        """Check all *sites* at once; no site waits for another, nor stops it.

        Raises
        ------
        Unhandled
            After all are done, when some could not be handled.
        """
        results = await asyncio.gather(
            *(self._check(site, lease) for site in sites), return_exceptions=True
        )
        reasons: dict[str, str] = {}
        handled = []
        for site, result in zip(sites, results, strict=True):
            if isinstance(result, BaseException):
                reasons[site.name] = describe(result)
                logger.error("site not handled", site=site.name, reason=reasons[site.name])
            else:
                handled.append(result)
        if reasons:
            raise Unhandled(reasons, len(sites))
        return handled

    async def _check(self, site: Site, lease: Lease) -> Handled:
        seen = await self._observe(site)
        loop = asyncio.get_running_loop()
        entry = await loop.run_in_executor(self._threads, self._ledger.enter, site, seen, lease)
        for alert in entry.published:
            logger.info("alert published", alert=alert, site=site.name, status=seen.status)
        return Handled(site, seen, entry)
