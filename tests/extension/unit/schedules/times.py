"""Parsing of times and tables in the tests of schedules."""

from datetime import UTC, datetime, timedelta

from localstack_testbed.schedules.expressions import Expression

JUST_BEFORE = timedelta(microseconds=1)


def utc(text: str) -> datetime:
    """Parse ``2026-11-23 21:57`` or, for midnight, ``2026-11-23``; the default time zone is UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def rows(table: str) -> list[list[str]]:
    """Parse lines of cells separated by ``|``; an empty first cell continues the last cell."""
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
    """Parse comma-separated times; a time without a date has the date of the previous one."""
    texts: list[str] = []
    for text in cell.split(", "):
        texts.append(f"{texts[-1][:10]} {text}" if text[2] == ":" else text)
    return texts


def due_times(expression: Expression, start: datetime, count: int) -> list[datetime]:
    """Return the first *count* due times at or after *start*; fewer if there are no more."""
    times: list[datetime] = []
    moment = start - JUST_BEFORE
    while len(times) < count and (due := expression.next_after(moment, start)):
        times.append(due)
        moment = due
    return times
