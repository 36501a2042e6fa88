"""One run of the monitor: checks many sites at once, and records each result."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger

from monitoring.checks import CheckResult
from monitoring.sites import Site
from monitoring.state_store import Outcome, StateStore
from monitoring.wording import describe

logger = Logger(child=True)

_STORE_THREADS = 32


class CheckErrors(Exception):
    """The state of some sites could not be stored, or an alert not published."""

    def __init__(self, reasons: dict[str, str], total: int) -> None:
        details = "; ".join(f"{site}: {reason}" for site, reason in reasons.items())
        super().__init__(f"{len(reasons)} of {total} sites could not be processed: {details}")
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class CheckedSite:
    """A site, the result of its check, and the outcome of recording that."""

    site: Site
    result: CheckResult
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a run: for the sites checked, and for the sites removed."""

    checked: list[CheckedSite] = field(default_factory=list)
    retired: list[Outcome] = field(default_factory=list)

    @property
    def alerts(self) -> list[str]:
        """The ids of the published alerts."""
        outcomes = [*(checked.outcome for checked in self.checked), *self.retired]
        return [alert for outcome in outcomes for alert in outcome.published]

    @property
    def settled(self) -> bool:
        """Whether no alert about a removed site is left to publish."""
        return all(outcome.settled for outcome in self.retired)


class Monitor:
    """Checks sites, and records the results.

    Parameters
    ----------
    check
        Checks one site.
    store
        Records the results.
    """

    def __init__(self, check: Callable[[Site], Awaitable[CheckResult]], store: StateStore) -> None:
        self._check = check
        self._store = store
        # Not the event loop's own threads, which may all be waiting for slow name servers.
        self._threads = ThreadPoolExecutor(_STORE_THREADS, thread_name_prefix="store")

    async def run(
        self,
        sites: Sequence[Site],
        owner: str,
        removed: Callable[[], Sequence[str]] = lambda: (),
    ) -> Report:
        """Check all *sites* at once; none delays or stops another.

        Parameters
        ----------
        sites
            The sites to check.
        owner
            The unique name of this run.
        removed
            Returns the names of the sites that were removed from the list; runs during the checks.

        Raises
        ------
        CheckErrors
            After all checks, if some sites could not be processed.
        """
        *checks, retirements = await asyncio.gather(
            *(self._process(site, owner) for site in sites),
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
                case CheckedSite():
                    report.checked.append(result)
                case Outcome():
                    report.retired.append(result)
                case BaseException():
                    reasons[name] = describe(result)
                    logger.error("site not processed", site=name, reason=reasons[name])
        if reasons:
            raise CheckErrors(reasons, len(results))
        return report

    async def _process(self, site: Site, owner: str) -> CheckedSite:
        result = await self._check(site)
        loop = asyncio.get_running_loop()
        outcome = await loop.run_in_executor(self._threads, self._store.record, site, result, owner)
        for alert in outcome.published:
            logger.info("alert published", alert=alert, site=site.name, status=result.status)
        return CheckedSite(site, result, outcome)

    async def _retire_all(
        self, removed: Callable[[], Sequence[str]], owner: str
    ) -> dict[str, Outcome | BaseException]:
        loop = asyncio.get_running_loop()
        names = await loop.run_in_executor(self._threads, removed)
        outcomes = await asyncio.gather(
            *(
                loop.run_in_executor(self._threads, self._store.retire, name, owner)
                for name in names
            ),
            return_exceptions=True,
        )
        return dict(zip(names, outcomes, strict=True))
