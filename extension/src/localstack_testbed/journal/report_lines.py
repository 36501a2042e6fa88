"""The REPORT line at the end of an invocation's log.

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html (text)
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html (JSON)
"""

import re

from localstack_testbed.journal.definition import REPORT

# Characters at the end of a log, which contain its REPORT line.
_LENGTH = 1000

_TEXT = {name: re.compile(rf"\t{each['text']}: ([\d.]+) ") for name, each in REPORT.items()}
_JSON = {name: re.compile(rf'"{each["json"]}": ?([\d.]+)') for name, each in REPORT.items()}


def parse_report(log: str | None) -> dict[str, float]:
    """Return the figures of a log's REPORT line by their names in the journal; {} without one."""
    end = (log or "")[-_LENGTH:]
    line = end[max(end.rfind("REPORT RequestId"), end.rfind('"platform.report"'), 0) :]
    patterns = _TEXT if line.startswith("REPORT") else _JSON
    return {name: float(found[1]) for name, one in patterns.items() if (found := one.search(line))}
