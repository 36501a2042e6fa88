"""``testbed fault``: faults on purpose, added, shown and removed by hand."""

from __future__ import annotations

from typing import Any

import click

from testbed.commands.options import Number, reject_options
from testbed.control.faults import Fault, Faults, RefusedError, Rule
from testbed.session import Session
from testbed.terminal import console

_HEADINGS = ("id", "fault", "calls", "of", "by", "which", "hits")

# What these options name is of one service.
_SERVICES = {"function": "lambda", "queue": "sqs", "topic": "sns", "bucket": "s3"}


@click.group()
def fault() -> None:
    """Inject faults: failed or slow calls, and killed functions."""


@fault.command()
@click.argument("call", required=False)
@click.option("--error", "code", metavar="CODE", help="Fail with an AWS error: InternalError.")
@click.option("--throttle", is_flag=True, help="Fail as when called too often.")
@click.option("--delay", type=Number(), metavar="SECONDS", help="Take longer by so much.")
@click.option("--duplicate", is_flag=True, help="Messages of a standard queue come twice.")
@click.option("--reorder", is_flag=True, help="They are overtaken by the next one.")
@click.option("--kill", is_flag=True, help="Kill the function: in its run, or at a call it makes.")
@click.option("--function", metavar="NAME", help="Invocations of this function only.")
@click.option("--queue", metavar="NAME", help="This queue only.")
@click.option("--topic", metavar="NAME", help="This topic only.")
@click.option("--bucket", metavar="NAME[/KEY]", help="This bucket, or these objects, only.")
@click.option("--resource", metavar="NAME", help="Whatever else a call is about; * for anything.")
@click.option(
    "--caller", metavar="WHO", help="Calls by functions, clients, a function, or a service."
)
@click.option("--share", type=Number(), metavar="0..1", help="This share of the calls.")
@click.option("--seed", type=int, help="With --share: the same calls each time.")
@click.option("--next", "count", type=int, metavar="N", help="The next N calls only.")
@click.option("--status", type=int, help="With --error: the HTTP status.")
@click.option("--message", help="With --error or --throttle: the text.")
@click.option("--after-call", is_flag=True, help="With --error: carry the call out before.")
@click.option(
    "--seconds", type=Number(), help="With --kill, --reorder: so long after the beginning."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def add(session: Session, /, call: str | None, as_json: bool, **options: Any) -> None:
    """Add a fault to calls of a service (sqs) or an operation (sqs.SendMessage).

    Without CALL, an option says the service: --function, --queue, --topic or --bucket.
    """
    rule = _action(options)
    service, resource = _resource(call, options)
    for name in ("caller", "share", "seed", "status", "message"):
        rule[name] = options[name]
    rule |= {"next": options["count"], "resource": resource}
    if options["seconds"] is not None:
        rule["seconds"] = options["seconds"]
    if options["after_call"]:
        rule["after_call"] = True
    try:
        made = Faults(session.endpoint).add(service, rule)
    except RefusedError as error:
        raise click.UsageError(error.message) from error
    _show(made, as_json)


@fault.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """Show all faults, and how many calls each has hit."""
    rules = Faults(session.endpoint).rules()
    if as_json:
        console.print_json({"faults": rules})
    elif rules:
        _print_table(rules)
    else:
        console.progress.print("There are no faults.")


@fault.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.pass_obj
def clear(session: Session, ids: tuple[str, ...]) -> None:
    """Remove faults by their ids, or all."""
    faults = Faults(session.endpoint)
    for identity in ids:
        faults.remove(identity)
    count = len(ids) if ids else faults.remove_all()
    console.progress.print(f"Removed {count} fault{'' if count == 1 else 's'}.")


def _action(options: dict[str, Any]) -> dict[str, Any]:
    """Return the action that is meant, and what belongs to it alone."""
    chosen: list[dict[str, Any]] = []
    if options["code"] is not None:
        chosen.append({"action": "error", "code": options["code"]})
    if options["delay"] is not None:
        reject_options("not with --delay", "seconds")
        chosen.append({"action": "delay", "seconds": options["delay"]})
    chosen += [
        {"action": name} for name in ("throttle", "duplicate", "reorder", "kill") if options[name]
    ]
    if len(chosen) != 1:
        raise click.UsageError(
            "Say what is to happen: one of --error CODE, --throttle, --delay SECONDS, --duplicate,"
            " --reorder, --kill."
        )
    return chosen[0]


def _resource(call: str | None, options: dict[str, Any]) -> tuple[str, str | None]:
    """Return the call, and what it is about; the option that names the one may say the other."""
    named = {name: options[name] for name in (*_SERVICES, "resource") if options[name]}
    if len(named) > 1:
        options_given = " and ".join(f"--{name}" for name in named)
        raise click.UsageError(f"Say one of {options_given}: a call is about one thing.")
    name, value = next(iter(named.items()), ("resource", None))
    service = _SERVICES.get(name)
    if service is None:
        if call is None:
            raise click.UsageError(
                "Say which calls: a service (sqs), an operation (sqs.SendMessage), or one of"
                " --function, --queue, --topic and --bucket."
            )
        return call, value
    if call is None:
        return ("lambda.Invoke" if service == "lambda" else service), value
    if call.partition(".")[0] != service:
        hint = f" For calls that the function makes, say --caller {value}."
        raise click.UsageError(
            f"--{name} is for calls of {service}, and not for {call}."
            + (hint if name == "function" else "")
        )
    return call, value


def _show(made: Fault, as_json: bool) -> None:
    rule = made.rule
    if as_json:
        console.print_json(rule)
    else:
        words = " ".join(filter(None, _row(rule)[1:-1]))
        console.progress.print(console.text(f"Added {rule['id']}: {words}."), soft_wrap=True)


def _print_table(rules: list[Rule]) -> None:
    rows = [_HEADINGS, *(_row(rule) for rule in rules)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        console.line(("  ".join(cells).rstrip(), "bold" if row is _HEADINGS else ""))


def _row(rule: Rule) -> tuple[str, ...]:
    call = rule["service"]
    if "operation" in rule:
        call += f".{rule['operation']}"
    return (
        rule["id"],
        _fault_text(rule),
        call,
        rule.get("resource", ""),
        rule.get("caller", ""),
        _which_text(rule),
        f"{rule['hits']} of {rule['seen']}",
    )


def _fault_text(rule: Rule) -> str:
    words = rule["action"]
    if "code" in rule:
        words = f"{rule['code']} {rule.get('status', '')}"
    elif seconds := rule.get("seconds"):
        words += f" {seconds:g}s"
    return f"{words} after the call" if rule.get("after_call") else words


def _which_text(rule: Rule) -> str:
    words = [f"{rule['share']:.0%}"] if "share" in rule else []
    if "next" in rule:
        words.append("spent" if rule["spent"] else f"next {rule['next'] - rule['hits']}")
    return " ".join(words) or "all"
