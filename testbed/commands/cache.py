"""``testbed cache``, and ``testbed cache prune``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testbed.commands.options import json_option, reject_options, yes_option
from testbed.errors import ProjectError, TestbedError
from testbed.terminal import console
from testbed.terminal.durations import Duration, ago
from testbed.terminal.tables import print_table

if TYPE_CHECKING:
    from testbed.machine.cached_builds import CachedBuild
    from testbed.session import Session


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def cache(context: click.Context, as_json: bool) -> None:
    """Show the cache of Python environments and packages."""
    if context.invoked_subcommand:
        reject_options(f"put it after {context.invoked_subcommand}")
        return
    found = _entries(context.obj)
    if as_json:
        _print_json(found)
    else:
        _print_table(found)


@cache.command()
@click.option(
    "--older-than", type=Duration(), default="30d", show_default=True, metavar="DURATION",
    help="Delete only entries that were not used for this long.",
)  # fmt: skip
@click.option(
    "--dry-run", is_flag=True, help="Show what would be deleted, without deleting anything."
)
@yes_option
@json_option
@click.pass_obj
def prune(session: Session, older_than: timedelta, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Delete unused cache entries, and builds that were never finished.

    Entries that this version, a running testbed or a build needs are kept. Deleted entries are
    built again when they are needed, which may require a network.
    """
    from testbed.machine.cached_builds import delete

    if as_json and not (yes or dry_run):
        raise click.UsageError("--json requires --yes or --dry-run.")
    chosen = [entry for entry in _entries(session) if entry.is_deletable(ago(older_than))]
    if not as_json:
        _print_table(chosen)
    if dry_run or not chosen:
        if as_json:
            _print_json(chosen)
        return
    if not yes and not console.confirm("Delete them?"):
        raise TestbedError("Nothing was deleted.")
    deleted = delete(chosen)
    if as_json:
        _print_json(deleted)
    for entry in chosen:
        if entry not in deleted:
            console.progress.print(f"Kept {entry.name}: it is now in use.")
    console.progress.print(f"Deleted {_total(deleted)}.")


def _entries(session: Session) -> list[CachedBuild]:
    from testbed.machine.cached_builds import cached_builds

    with console.progress.status("Reading the cache"):
        return cached_builds(_current(session))


def _current(session: Session) -> set[Path]:
    """Return the folders that this version of the testbed and of the project needs."""
    from testbed.deployment.deploy import check_all
    from testbed.deployment.requirements import (
        bundle_name,
        host_architecture,
        requirement_files,
    )
    from testbed.emulators import ministack
    from testbed.emulators.debugger import debugger_location
    from testbed.emulators.environments import environment_inputs, other_runtime_inputs
    from testbed.emulators.runtimes import OWN_RUNTIMES
    from testbed.machine.cache import location
    from testbed.project.functions import RUNTIME

    inputs_of = {**environment_inputs(), **other_runtime_inputs()}
    needed = {location(name, inputs) for name, inputs in inputs_of.items()}
    needed.add(ministack.environment_location())
    needed |= {debugger_location(each.removeprefix("python")) for each in OWN_RUNTIMES}
    try:
        code = [each for template in check_all(session.project) for each in template.code()]
        for each in code:
            requirements = each.path / "requirements.txt"
            if each.build and each.build.requirements and requirements.is_file():
                files = requirement_files(requirements).files
                for architecture in {host_architecture(), each.build.architecture}:
                    for runtime in {RUNTIME, each.build.runtime}:
                        needed.add(location(bundle_name(architecture, runtime), files))
    except ProjectError:  # the command was run outside of a project
        return needed
    return needed


def _print_json(found: list[CachedBuild]) -> None:
    from testbed.machine.cache_folder import cache_folder

    described: list[dict[str, Any]] = [
        {
            "name": entry.name,
            "bytes": entry.size,
            "used": entry.used.isoformat(timespec="seconds"),
            "status": entry.status,
        }
        for entry in found
    ]
    console.print_json({"folder": str(cache_folder()), "entries": described})


def _print_table(found: list[CachedBuild]) -> None:
    from testbed.machine.cache_folder import cache_folder

    if found:
        print_table(
            ("size", "last used", "status", "name"),
            [
                (
                    _size_text(each.size),
                    f"{each.used.astimezone():%Y-%m-%d}",
                    each.status,
                    each.name,
                )
                for each in found
            ],
            right_aligned=("size",),
        )
    console.line(f"{_total(found)} in {cache_folder()}")


def _total(found: list[CachedBuild]) -> str:
    count = len(found)
    size = _size_text(sum(entry.size for entry in found))
    return f"{count} {'entry' if count == 1 else 'entries'}, {size}"


def _size_text(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
