"""Descriptions of steps in words: what happened, and what went wrong."""

from __future__ import annotations

from testbed.control.journal import JournalEntry
from testbed.trace.chains import Step

_SERVICES = {"sns": "SNS", "events": "EventBridge", "scheduler": "Scheduler"}
_ACTIONS = {"returned": "visible again", "dead-lettered": "moved to the dead-letter queue"}


def describe(entry: JournalEntry, *, caller: bool = True, figures: bool = True) -> str:
    """Describe an entry, with the caller of a call and the figures of an invocation."""
    resource = short_name(entry["resource"] or "")
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
            attempt = f", attempt {entry['attempt']}" if (entry["attempt"] or 1) > 1 else ""
            service = _SERVICES.get(entry["service"], str(entry["service"]))
            return f"{service} {short_name(entry['source'] or '')} → {resource}{attempt}"
        case "queue":
            count = entry["count"] or 1
            action = _ACTIONS.get(entry["action"], entry["action"])
            return f"{resource}: message {action}" + (f", {count}×" if count > 1 else "")
        case "invocation":
            return f"λ {resource}{_figures(entry) if figures else ''}"
        case "email":
            return f"email to {', '.join(entry['to'] or ())}: {entry['subject'] or ''}"
        case "fault":
            return f"fault {entry['rule']}: {entry['action']}"
        case "reset":
            return f"reset to {entry['state'] or 'the empty state'}"
    return f"{entry.kind} {resource}"


def problem(step: Step) -> str | None:
    """Describe how a step failed, or what should have followed and did not."""
    entry = step.entry
    message = f"{entry['error'] or ''}: {entry['message'] or ''}".strip(": ")
    if entry.kind == "api" and (entry["status"] or 0) >= 400:
        return message or f"status {entry['status']}"
    if entry["status"] in ("failed", "error", "throttled", "pending"):
        return message or str(entry["status"])
    if entry.kind == "queue":
        return _problem_of_message(step)
    following = {each.entry.kind for each in step.children}
    if entry.kind == "schedule" and "delivery" not in following:
        return "has no target"
    if entry.kind != "api":
        return None
    called = (entry["service"], entry["operation"])
    if called in (("sns", "Publish"), ("sns", "PublishBatch")) and "delivery" not in following:
        return "was delivered to no subscription"
    if called == ("events", "PutEvents") and "delivery" not in following:
        return "matched no rule"
    if called == ("lambda", "Invoke") and "invocation" not in following:
        return "was not followed by an invocation"
    return None


def short_name(resource: str) -> str:
    """Return the name in an ARN; return any other text unchanged."""
    if not resource.startswith("arn:"):
        return resource
    name = resource.split(":", 5)[5]
    for kind in ("function:", "rule/", "schedule/default/", "schedule/"):
        if name.startswith(kind):
            return name.removeprefix(kind)
    return name


def _problem_of_message(step: Step) -> str | None:
    """Describe why a message that was sent has not been processed."""
    if step.entry["action"] != "sent":
        return None
    moves = [each.entry["action"] for each in step.children if each.entry.kind == "queue"]
    if "deleted" in moves:
        return None
    if step.was_reset:
        return "was removed by a reset"
    if not moves:
        return "has not been received"
    if "dead-lettered" in moves:
        return "was moved to the dead-letter queue"
    return {
        "received": "was received but not deleted",
        "returned": "was received but not deleted; it is visible again",
    }.get(moves[-1])


def _figures(entry: JournalEntry) -> str:
    report = entry["report"] or {}
    figures = []
    if "duration_ms" in report:
        figures.append(f"{report['duration_ms']:.0f} ms")
    if "init_ms" in report:
        figures.append(f"after {report['init_ms']:.0f} ms of init")
    if "memory_used_mb" in report:
        figures.append(f"{report['memory_used_mb']:.0f} MB")
    return f" ({', '.join(figures)})" if figures else ""
