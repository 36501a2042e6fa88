"""How the tests write moments and tables of them, and what a schedule makes of these."""

from datetime import UTC, datetime, timedelta

from localstack_testbed.schedules.expressions import Expression

JUST_BEFORE = timedelta(microseconds=1)


def utc(text: str) -> datetime:
    """Read ``2026-11-23 21:57`` or, for midnight, ``2026-11-23``; in UTC if it names no zone."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def rows(table: str) -> list[list[str]]:
    """Read lines of cells between ``|``; one without a first cell goes on with the last cell."""
    result: list[list[str]] = []
    for line in table.strip().splitlines():
        if line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("|")]
        if cells[0]:
            result.append(cells)
        else:
            result[-1][-1] += f" {cells[-1]}"
    return result


def moments(cell: str) -> list[str]:
    """Read times between commas; one without a date is on the date of the one before."""
    texts: list[str] = []
    for text in cell.split(", "):
        texts.append(f"{texts[-1][:10]} {text}" if text[2] == ":" else text)
    return texts


def due_times(expression: Expression, start: datetime, count: int) -> list[datetime]:
    """Return up to *count* due times in a row, from *start* on (not strictly later)."""
    times: list[datetime] = []
    moment = start - JUST_BEFORE
    while len(times) < count and (due := expression.next_after(moment, start)):
        times.append(due)
        moment = due
    return times
