"""``testbed fault``: add, list and remove injected faults."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from testbed.commands.options import Command, Number, json_option, reject_options
from testbed.control.faults import Fault, FaultRule, Faults, InvalidFaultError
from testbed.emulators.environments import extension_source
from testbed.session import Session
from testbed.terminal import console
from testbed.terminal.tables import print_table

_HEADINGS = ("id", "fault", "calls", "resource", "caller", "which", "hits")

# Options that name a resource and, without CALL, its service.
_SERVICES = {"function": "lambda", "queue": "sqs", "topic": "sns", "bucket": "s3"}

_TARGET_FIELDS = ("action", "service", "operation", "resource")

_TYPES: dict[str, click.ParamType[Any]] = {
    "string": click.STRING,
    "integer": click.INT,
    "number": Number(),
}


def _read_definition() -> dict[str, Any]:
    """Return the definition of fault rules, which the extension's validation uses too."""
    file = extension_source() / "src" / "localstack_testbed" / "faults" / "rule.json"
    definition: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return definition


_DEFINITION = _read_definition()
_ACTIONS: dict[str, dict[str, Any]] = _DEFINITION["actions"]
_FIELDS: dict[str, dict[str, Any]] = _DEFINITION["fields"]


def _action_options(command: Command) -> Command:
    """Add an option for each action."""
    for name, action in reversed(_ACTIONS.items()):
        command = _option(name, action.get("argument"), action["meaning"])(command)
    return command


def _field_options(command: Command) -> Command:
    """Add an option for each field that no other option sets."""
    specific = {name for action in _ACTIONS.values() for name in action["fields"]}
    for name, field in reversed(_FIELDS.items()):
        meaning = field["meaning"]
        actions = " or ".join(
            f"--{action}"
            for action, its in _ACTIONS.items()
            if name in its["fields"] and its.get("argument") != name
        )
        if actions:
            meaning = f"With {actions}: {meaning[0].lower()}{meaning[1:]}"
        if name not in _TARGET_FIELDS and (actions or name not in specific):
            command = _option(name, name, meaning)(command)
    return command


def _option(name: str, field: str | None, meaning: str) -> Callable[[Command], Command]:
    """Return an option that takes a field's value, or a flag if there is no value to give."""
    flag = f"--{name.replace('_', '-')}"
    kind = _FIELDS[field] if field else {"type": "boolean"}
    if kind["type"] == "boolean":
        return click.option(flag, name, is_flag=True, help=meaning)
    return click.option(
        flag, name, type=_TYPES[kind["type"]], metavar=kind["metavar"], help=meaning
    )


@click.group()
def fault() -> None:
    """Inject faults into API calls, messages and functions."""


@fault.command()
@click.argument("call", required=False)
@_action_options
@click.option("--function", metavar="NAME", help="Match only invocations of this function.")
@click.option("--queue", metavar="NAME", help="Match only calls on this queue.")
@click.option("--topic", metavar="NAME", help="Match only calls on this topic.")
@click.option(
    "--bucket", metavar="NAME[/KEY]", help="Match only calls on this bucket, or on these objects."
)
@click.option("--resource", metavar="NAME", help=_FIELDS["resource"]["meaning"])
@_field_options
@json_option
@click.pass_obj
def add(session: Session, /, call: str | None, as_json: bool, **options: Any) -> None:
    """Inject a fault into calls of a service (sqs) or an operation (sqs.SendMessage).

    Without CALL, an option names the service: --function, --queue, --topic or --bucket.
    """
    rule = _action(options)
    service, rule["resource"] = _target(call, options)
    for name in _FIELDS:
        if name not in rule and name in options:
            rule[name] = None if options[name] is False else options[name]
    try:
        added = Faults(session.endpoint).add(service, rule)
    except InvalidFaultError as error:
        raise click.UsageError(error.message) from error
    _show(added, as_json)


@fault.command(name="list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """Show all faults, and how many calls each was injected into."""
    rules = Faults(session.endpoint).rules()
    if as_json:
        console.print_json({"faults": rules})
    elif rules:
        print_table(_HEADINGS, map(_row, rules))
    else:
        console.progress.print("There are no faults.")


@fault.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@json_option
@click.pass_obj
def clear(session: Session, ids: tuple[str, ...], as_json: bool) -> None:
    """Remove the faults with these IDs, or all faults."""
    faults = Faults(session.endpoint)
    for identity in ids:
        faults.remove(identity)
    count = len(ids) if ids else faults.remove_all()
    if as_json:
        console.print_json({"removed": count})
    console.progress.print(f"Removed {count} fault{'' if count == 1 else 's'}.")


def _action(options: dict[str, Any]) -> dict[str, Any]:
    """Return the chosen action, with its argument if it takes one."""
    chosen = [name for name in _ACTIONS if options[name] is not None and options[name] is not False]
    if len(chosen) != 1:
        names = [
            f"--{name} {_FIELDS[action['argument']]['metavar']}"
            if "argument" in action
            else f"--{name}"
            for name, action in _ACTIONS.items()
        ]
        raise click.UsageError(f"Choose one fault: {', '.join(names)}.")
    [name] = chosen
    argument = _ACTIONS[name].get("argument")
    if argument is None:
        return {"action": name}
    reject_options(f"not with --{name}", argument)
    return {"action": name, argument: options[name]}


def _target(call: str | None, options: dict[str, Any]) -> tuple[str, str | None]:
    """Return the call and the resource; an option that names the resource may imply the call."""
    named = {name: options[name] for name in (*_SERVICES, "resource") if options[name] is not None}
    if len(named) > 1:
        given = " and ".join(f"--{name}" for name in named)
        raise click.UsageError(f"{given} cannot be combined: a fault matches one resource.")
    name, value = next(iter(named.items()), ("resource", None))
    service = _SERVICES.get(name)
    if service is None:
        if call is None:
            raise click.UsageError(
                "Name the calls: a service (sqs), an operation (sqs.SendMessage), or one of"
                " --function, --queue, --topic and --bucket."
            )
        return call, value
    if call is None:
        return ("lambda.Invoke" if service == "lambda" else service), value
    if call.partition(".")[0] != service:
        hint = f" To match calls that the function makes, use --caller {value}."
        raise click.UsageError(
            f"--{name} matches calls of {service}, but CALL is {call}."
            + (hint if name == "function" else "")
        )
    return call, value


def _show(added: Fault, as_json: bool) -> None:
    rule = added.rule
    if as_json:
        console.print_json(rule)
    else:
        words = " ".join(filter(None, _row(rule)[1:-1]))
        console.progress.print(console.text(f"Added {rule['id']}: {words}."), soft_wrap=True)


def _row(rule: FaultRule) -> tuple[str, ...]:
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


def _fault_text(rule: FaultRule) -> str:
    words = rule["action"]
    if "code" in rule:
        words = f"{rule['code']} {rule.get('status', '')}"
    elif seconds := rule.get("seconds"):
        words += f" {seconds:g}s"
    return f"{words} after the call" if rule.get("after_call") else words


def _which_text(rule: FaultRule) -> str:
    words = [f"{rule['share']:.0%}"] if "share" in rule else []
    if "next" in rule:
        words.append("spent" if rule["spent"] else f"next {rule['next'] - rule['hits']}")
    return " ".join(words) or "all"
