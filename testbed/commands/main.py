"""The commands: each reads its options, calls the module that does the work, and shows the result.

Imports that take time are made where they are needed, so that every command starts quickly.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from testbed.commands.aws_account import deploy_to_account, destroy, target_options
from testbed.commands.cache import cache
from testbed.commands.fault import fault
from testbed.commands.inbox import inbox
from testbed.commands.journal import journal, trace
from testbed.commands.options import EndpointUrl, Number, reject_endpoint, reject_options
from testbed.commands.permissions import permissions
from testbed.project.overrides import Overrides
from testbed.project.project import parse_pair
from testbed.session import Session
from testbed.terminal import console
from testbed.terminal.durations import Duration, Moment

# A thousand years: as far back as anybody can mean, and not past the first date there is.
_MAX_MINUTES = 1000 * 365 * 24 * 60
_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


F = TypeVar("F", bound=Callable[..., Any])


def _deployment_options(command: F) -> F:
    """Add the options that decide what is deployed."""
    command = click.option(
        "-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE",
        help="A parameter of the template, in place of samconfig.toml's. Repeatable.",
    )(command)  # fmt: skip
    return click.option(
        "-f", "--file", "files", multiple=True, metavar="NAME=PATH",
        help="Upload PATH in place of the project's file NAME. Repeatable.",
    )(command)  # fmt: skip


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--project", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False),
    envvar="TESTBED_PROJECT", default=".", help="The project's folder. [default: the current one]",
)  # fmt: skip
@click.option(
    "--state", type=click.Path(path_type=Path, file_okay=False), envvar="TESTBED_STATE",
    help="Where the testbed keeps its files. [default: .testbed in the project]",
)  # fmt: skip
@click.option(
    "--endpoint-url", type=EndpointUrl(), envvar="TESTBED_ENDPOINT_URL",
    help="An emulator that runs already. [default: the one that `testbed up` has started]",
)  # fmt: skip
@click.version_option(package_name="serverless-testbed")
@click.pass_context
def testbed(
    context: click.Context, folder: Path, state: Path | None, endpoint_url: str | None
) -> None:
    """Run an AWS serverless pipeline on this machine: no account, no network, no Docker needed."""
    context.obj = Session(folder, state, endpoint_url)


_docker_option = click.option(
    "--docker", is_flag=True, help="In a container, as docker-compose.yml says."
)


@testbed.command()
@_docker_option
@click.option("--port", type=click.IntRange(1, 65535), help="[default: 4566, or any free one]")
@click.option(
    "-e", "--env", "settings", multiple=True, metavar="NAME=VALUE",
    help="A setting of LocalStack, such as DEBUG=1. Repeatable.",
)  # fmt: skip
@_deployment_options
@_json_option
@click.pass_obj
def up(
    session: Session,
    docker: bool,
    port: int | None,
    settings: tuple[str, ...],
    parameters: tuple[str, ...],
    files: tuple[str, ...],
    as_json: bool,
) -> None:
    """Start LocalStack and provision the pipeline with the scripts in init/."""
    from testbed.emulators.state_folder import exclusive
    from testbed.starting import is_up, start

    reject_endpoint()
    choices = Overrides.of(parameters, files)
    with exclusive(session.state):
        if is_up(session, docker=docker):
            console.progress.print("The testbed is up already.")
            if port or settings or parameters or files:
                console.progress.print(
                    "Options are applied only when it starts: run `testbed down` first, or change"
                    " what is deployed with `testbed deploy`.",
                    soft_wrap=True,
                )
        else:
            start(
                session,
                choices,
                port=port,
                settings=dict(parse_pair(text, "--env") for text in settings),
                docker=docker,
                progress=console,
            )
    _describe(session, as_json)


@testbed.command()
@click.pass_obj
def down(session: Session) -> None:
    """Stop LocalStack and everything that it started."""
    from testbed.emulators.state_folder import exclusive

    reject_endpoint()
    with exclusive(session.state):
        stopped = session.stop()
    console.progress.print("The testbed is down." if stopped else "The testbed was not running.")


@testbed.command()
@target_options
@_deployment_options
@_json_option
@click.pass_obj
def deploy(
    session: Session,
    target: str,
    profile: str | None,
    region: str | None,
    stack_name: str | None,
    yes: bool,
    parameters: tuple[str, ...],
    files: tuple[str, ...],
    as_json: bool,
) -> None:
    """Bring the stack up to date with the template, the code and the files beside them.

    To your AWS account with --target aws: it shows what would change there, and asks.
    """
    if target == "aws":
        reject_endpoint()
        reject_options("only with --target local", "as_json")
        wanted = Overrides.of(parameters, files)
        deploy_to_account(session, wanted, profile, region, stack_name, yes)
        return
    reject_options("only with --target aws", "profile", "region", "stack_name")
    from testbed.deployment.deploy import deploy as deploy_project

    choices = Overrides.from_environment().updated(Overrides.of(parameters, files))
    project = choices.apply(session.project)
    with console.step(f"Deployment of {project.stack_name}"):
        deployment = deploy_project(project, session.aws, console.report)
    if not deployment.changed:
        console.progress.print("The stack is up to date.")
    for name in deployment.uploaded:
        console.progress.print(f"Uploaded {name}.")
    if as_json:
        _describe(session, as_json)


@testbed.command()
@_json_option
@click.pass_obj
def status(session: Session, as_json: bool) -> None:
    """Show what runs: the stack, its functions, and how much waits in its queues."""
    from testbed.commands.status import overview, print_overview

    view = overview(session)
    if as_json:
        console.print_json(view)
    else:
        print_overview(view)


@testbed.command()
@_json_option
@click.pass_obj
def env(session: Session, as_json: bool) -> None:
    """Print what makes aws, awslocal and boto3 talk to the testbed: eval "$(testbed env)"."""
    from testbed.aws.clients import SHIMS, conflicting_variables, environment_variables

    variables = environment_variables(session.endpoint_url, session.project.region)
    if as_json:
        path = os.pathsep.join([str(SHIMS), os.environ.get("PATH", os.defpath)])
        console.print_json({**variables, "PATH": path})
        return
    console.line(f"unset {' '.join(conflicting_variables())}")
    for name, value in variables.items():
        console.line(f"export {name}={shlex.quote(value)}")
    console.line(f'export PATH={shlex.quote(str(SHIMS))}:"$PATH"')


@testbed.command()
@click.argument("schedule", required=False)
@_json_option
@click.pass_obj
def tick(session: Session, schedule: str | None, as_json: bool) -> None:
    """Fire a rule or SCHEDULE now: a name, group/name or ARN. Needed if there are several."""
    from testbed.commands.clock import check
    from testbed.control.clock import Clock, label
    from testbed.terminal.durations import moment_text

    firing = Clock(session.endpoint).fire(schedule)
    if as_json:
        console.print_json(firing)
    check([firing])
    if not as_json:
        time = moment_text(firing["scheduled_time"])
        console.progress.print(f"Fired {label(firing['arn'])} for {time}.")


@testbed.group(invoke_without_command=True)
@_json_option
@click.pass_context
def clock(context: click.Context, as_json: bool) -> None:
    """Show the time that schedules go by, and when they fire next."""
    from testbed.commands.clock import print_clock
    from testbed.control.clock import Clock

    if context.invoked_subcommand:
        reject_options(f"give it after {context.invoked_subcommand}")
        return
    view = Clock(context.obj.endpoint).view()
    if as_json:
        console.print_json(view)
    else:
        print_clock(view)


@clock.command()
@click.argument("duration", type=Duration(), required=False)
@click.option("--to", "moment", type=Moment(), help="In place of DURATION: 2026-12-24T12:00Z.")
@_json_option
@click.pass_obj
def advance(
    session: Session, duration: timedelta | None, moment: datetime | None, as_json: bool
) -> None:
    """Move the clock forward by DURATION (90s, 5m, 2h, 1d, 1h30m), and fire all that is due."""
    from testbed.commands.clock import check, print_advance
    from testbed.control.clock import Clock, RefusedError

    schedules = Clock(session.endpoint)
    try:
        match duration, moment:
            case timedelta(), None:
                result = schedules.advance_by(duration)
            case None, datetime():
                result = schedules.advance_to(moment)
            case _:
                raise click.UsageError("Say either a duration, such as 2h, or --to and a time.")
    except RefusedError as error:
        raise click.UsageError(f"The clock was not moved. {error.message}") from error
    if as_json:
        console.print_json(result)
    else:
        print_advance(result)
    check(result["fired"])


@testbed.command()
@click.argument("functions", nargs=-1)
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option(
    "--minutes", type=Number(min=0, max=_MAX_MINUTES), default=10, show_default=True,
    help="How far back to begin.",
)  # fmt: skip
@click.pass_obj
def logs(session: Session, functions: tuple[str, ...], follow: bool, minutes: float) -> None:
    """Show what the functions have logged, with the START, END and REPORT lines of Lambda."""
    from datetime import UTC, datetime, timedelta

    from testbed.aws.logs import check_function, follow_logs, log_lines, stack_functions

    known = stack_functions(session.aws, session.project.stack_name)
    chosen = [check_function(name, known) for name in functions] or known
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    lines = follow_logs if follow else log_lines
    width = max((len(name) for name in chosen), default=0)
    for line in lines(session.aws, chosen, since):
        time = line.time.strftime("%H:%M:%S.%f")[:-3]
        start = f"{time} {line.function:<{width}}"
        console.line((start, "dim"), f" {line.message}", multiline=True)


@testbed.command()
@_json_option
@click.pass_obj
def doctor(session: Session, as_json: bool) -> None:
    """Look at what usually goes wrong, and say for each what to do."""
    from testbed.doctor import examine, report
    from testbed.doctor.place import Place

    with console.progress.status("Looking"):
        findings = examine(Place(session))
    if as_json:
        console.print_json(report.as_json(findings))
    else:
        report.print_findings(findings)
    report.check(findings)


@testbed.command()
@_docker_option
@click.option("--keep", is_flag=True, help="Leave it running at the end, and say what to try.")
@click.option(
    "--site", "sites", multiple=True, metavar="URL",
    help="Watch a real site too. Repeatable.",
)  # fmt: skip
@click.pass_obj
def demo(session: Session, docker: bool, keep: bool, sites: tuple[str, ...]) -> None:
    """Show the whole pipeline at work: a site breaks, the alert arrives, the site recovers."""
    from testbed.demo import run

    run(session, keep=keep, real_sites=sites, docker=docker)


testbed.add_command(cache)
testbed.add_command(destroy)
testbed.add_command(fault)
testbed.add_command(inbox)
testbed.add_command(journal)
testbed.add_command(trace)
testbed.add_command(permissions)


def _describe(session: Session, as_json: bool) -> None:
    from testbed.commands.status import print_exposure, print_unconfirmed

    description = session.description()
    if as_json:
        console.print_json(description)
        return
    console.line(f"endpoint  {description['endpoint_url']}")
    console.line(f"api       {description['api_url']}")
    console.line(f"stack     {description['stack']}")
    print_unconfirmed(description)
    print_exposure(description)
