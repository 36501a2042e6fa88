"""Hops of a chain in words: what happened, and what is wrong or missing."""

from __future__ import annotations

from testbed.control.journal import Entry
from testbed.trace.chains import Hop

_SERVICES = {"sns": "SNS", "events": "EventBridge", "scheduler": "Scheduler"}


def what(entry: Entry, *, caller: bool = True, figures: bool = True) -> str:
    """Return what happened, with the caller of a call and the figures of an invocation."""
    resource = short(entry["resource"] or "")
    match entry.kind:
        case "api" if entry["service"] == "execute-api":
            return f"{entry['operation']} → {entry['status']}"
        case "api":
            about = f" {resource}" if resource else ""
            by = (
                ""
                if not caller or entry["caller"] in (None, "clients")
                else f" by {entry['caller']}"
            )
            return f"{entry['service']} {entry['operation']}{about}{by}"
        case "schedule":
            return f"schedule {resource} fires"
        case "delivery":
            again = f", attempt {entry['attempt']}" if (entry["attempt"] or 1) > 1 else ""
            service = _SERVICES.get(entry["service"], str(entry["service"]))
            return f"{service} {short(entry['source'] or '')} → {resource}{again}"
        case "queue":
            count = entry["count"] or 1
            return f"{resource}: message {entry['action']}" + (f", {count}×" if count > 1 else "")
        case "invocation":
            return f"λ {resource}{_figures(entry) if figures else ''}"
        case "email":
            return f"email to {', '.join(entry['to'] or ())}: {entry['subject'] or ''}"
        case "fault":
            return f"fault {entry['rule']}: {entry['action']}"
    return f"{entry.kind} {resource}"


def problem(hop: Hop) -> str | None:
    """Return what failed at a hop, or what should have followed and did not."""
    entry = hop.entry
    message = f"{entry['error'] or ''}: {entry['message'] or ''}".strip(": ")
    if entry.kind == "api" and (entry["status"] or 0) >= 400:
        return message or f"status {entry['status']}"
    if entry["status"] in ("failed", "error", "refused", "pending"):
        return message or str(entry["status"])
    if entry.kind == "queue":
        return _problem_of_message(hop)
    after = {each.entry.kind for each in hop.after}
    if entry.kind == "schedule" and "delivery" not in after:
        return "has no target"
    if entry.kind != "api":
        return None
    called = (entry["service"], entry["operation"])
    if called in (("sns", "Publish"), ("sns", "PublishBatch")) and "delivery" not in after:
        return "was delivered to no subscription"
    if called == ("events", "PutEvents") and "delivery" not in after:
        return "matched no rule"
    if called == ("lambda", "Invoke") and "invocation" not in after:
        return "was not followed by an invocation"
    return None


def short(resource: str) -> str:
    """Return the name in an ARN, and anything else as it is."""
    if not resource.startswith("arn:"):
        return resource
    name = resource.split(":", 5)[5]
    for kind in ("function:", "rule/", "schedule/default/", "schedule/"):
        if name.startswith(kind):
            return name.removeprefix(kind)
    return name


def _problem_of_message(hop: Hop) -> str | None:
    """Return why a message that was sent has not been dealt with."""
    if hop.entry["action"] != "sent":
        return None
    moves = [each.entry["action"] for each in hop.after if each.entry.kind == "queue"]
    if not moves:
        return "nobody has received it"
    if "deleted" in moves:
        return None
    if "dead-lettered" in moves:
        return "went to the dead-letter queue"
    return {
        "received": "was received and not deleted",
        "returned": "was received in vain, and waits again",
    }.get(moves[-1])


def _figures(entry: Entry) -> str:
    report = entry["report"] or {}
    figures = []
    if "duration_ms" in report:
        figures.append(f"{report['duration_ms']:.0f} ms")
    if "init_ms" in report:
        figures.append(f"after {report['init_ms']:.0f} ms of init")
    if "memory_used_mb" in report:
        figures.append(f"{report['memory_used_mb']:.0f} MB")
    return f" ({', '.join(figures)})" if figures else ""
