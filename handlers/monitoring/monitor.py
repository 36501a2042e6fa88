"""A run: looks at many sites at once, each followed by its own entry in the ledger."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger

from monitoring.checks import Observation
from monitoring.ledger import Entry, Ledger
from monitoring.sites import Site
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


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a run: of the sites checked, and of the sites removed."""

    handled: list[Handled] = field(default_factory=list)
    retired: list[Entry] = field(default_factory=list)

    @property
    def alerts(self) -> list[str]:
        """The ids of the alerts published."""
        entries = [*(one.entry for one in self.handled), *self.retired]
        return [alert for entry in entries for alert in entry.published]

    @property
    def settled(self) -> bool:
        """Whether nothing is left to publish of the sites removed."""
        return all(entry.settled for entry in self.retired)


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

    async def run(
        self,
        sites: Sequence[Site],
        owner: str,
        removed: Callable[[], Sequence[str]] = lambda: (),
    ) -> Report:
        """Check all *sites* at once; no site waits for another, nor stops it.

        Parameters
        ----------
        sites
            The sites to check.
        owner
            A name that no other run has.
        removed
            Finds the names of the sites that are no longer listed, while the others are checked.

        Raises
        ------
        Unhandled
            After all are done, when some could not be handled.
        """
        *checks, retirements = await asyncio.gather(
            *(self._check(site, owner) for site in sites),
            self._retire_all(removed, owner),
            return_exceptions=True,
        )
        results = {site.name: check for site, check in zip(sites, checks, strict=True)}
        if isinstance(retirements, dict):
            results |= retirements
        else:
            results["sites that were removed"] = retirements
        reasons: dict[str, str] = {}
        report = Report()
        for name, result in results.items():
            match result:
                case Handled():
                    report.handled.append(result)
                case Entry():
                    report.retired.append(result)
                case BaseException():
                    reasons[name] = describe(result)
                    logger.error("site not handled", site=name, reason=reasons[name])
        if reasons:
            raise Unhandled(reasons, len(results))
        return report

    async def _check(self, site: Site, owner: str) -> Handled:
        seen = await self._observe(site)
        loop = asyncio.get_running_loop()
        entry = await loop.run_in_executor(self._threads, self._ledger.enter, site, seen, owner)
        for alert in entry.published:
            logger.info("alert published", alert=alert, site=site.name, status=seen.status)
        return Handled(site, seen, entry)

    async def _retire_all(
        self, removed: Callable[[], Sequence[str]], owner: str
    ) -> dict[str, Entry | BaseException]:
        loop = asyncio.get_running_loop()
        names = await loop.run_in_executor(self._threads, removed)
        entries = await asyncio.gather(
            *(
                loop.run_in_executor(self._threads, self._ledger.retire, name, owner)
                for name in names
            ),
            return_exceptions=True,
        )
        return dict(zip(names, entries, strict=True))
