"""``testbed website``: websites on this machine for functions to call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testbed.commands.options import Number, json_option, reject_endpoint, stack_option
from testbed.errors import preserved
from testbed.terminal import console
from testbed.terminal.tables import print_table

if TYPE_CHECKING:
    from testbed.session import Session
    from testbed.websites.page import Page
    from testbed.websites.websites import HostedWebsite, Websites

_HEADINGS = ("name", "url", "behavior", "requests")
_LONGEST_DELAY_SECONDS = 3600


@click.group()
def website() -> None:
    """Serve websites on this machine for functions to call.

    They stop when the testbed stops.
    """


@website.command()
@click.argument("name")
@click.option("--body", metavar="TEXT", help="Show this text.")
@click.option(
    "--file", type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True),
    help="Show the content of this file.",
)  # fmt: skip
@click.option(
    "--content-type", metavar="TYPE", show_default="text/html, or what the file's name says",
    help="Send this media type.",
)  # fmt: skip
@click.option(
    "--status", type=click.IntRange(200, 599),
    help="Answer with this status instead of the page, until `testbed website recover NAME`.",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(1, 65535), show_default="a free port",
    help="Listen on this port.",
)  # fmt: skip
@stack_option
@json_option
@click.pass_obj
def add(
    session: Session,
    name: str,
    body: str | None,
    file: Path | None,
    content_type: str | None,
    status: int | None,
    port: int | None,
    as_json: bool,
) -> None:
    """Serve a website, and add it to the list that the project has deployed.

    The website shows one page at every path. [[tool.testbed.uploads]] in pyproject.toml says
    which file, if any, lists websites.
    """
    if body is not None and file is not None:
        raise click.UsageError("--body and --file cannot be combined: a website has one page.")
    websites = _websites(session)
    page = _page(name, body, file, content_type)
    made = websites.add(page, port)
    try:
        if status is not None:
            made = websites.answers(name, status)
        lists = session.website_lists()
        changed = lists.add(made) if lists else []
    except BaseException as error:
        with preserved(error):
            websites.remove(name)
        raise
    if as_json:
        console.print_json(_json(made))
        return
    _print([made])
    for each in changed:
        console.progress.print(console.text(f"Added {name} to the deployed {each}."))
    for each in lists.not_deployed if lists else ():
        console.progress.print(
            console.text(f"{each} is not deployed: `testbed deploy` will add {name} to it."),
            soft_wrap=True,
        )


@website.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--all", "remove_all", is_flag=True, help="Remove all websites.")
@stack_option
@click.pass_obj
def remove(session: Session, names: tuple[str, ...], remove_all: bool) -> None:
    """Stop serving websites, and remove them from the deployed list."""
    from testbed.websites.hosting import unknown

    if bool(names) == remove_all:
        raise click.UsageError("Name the websites to remove, or use --all.")
    websites = _websites(session)
    known = [each.name for each in websites.all()]
    for name in names:
        if name not in known:
            raise unknown(name, known)
    lists = session.website_lists()
    for name in dict.fromkeys(names or known):
        changed = lists.remove(name) if lists else []
        websites.remove(name)
        where = "".join(f", also from the deployed {each}" for each in changed)
        console.progress.print(console.text(f"Removed {name}{where}."), soft_wrap=True)


@website.command()
@click.argument("name")
@click.pass_obj
def down(session: Session, name: str) -> None:
    """Refuse connections, as when a web server has stopped."""
    _websites(session).down(name)
    console.progress.print(console.text(f"{name} is down: connections are refused."))


@website.command()
@click.argument("name")
@click.argument("seconds", type=Number())
@click.pass_obj
def slow(session: Session, name: str, seconds: float) -> None:
    """Delay every answer by SECONDS."""
    if not 0 < seconds <= _LONGEST_DELAY_SECONDS:
        raise click.BadParameter(
            f"{seconds:g} is not between 0 and {_LONGEST_DELAY_SECONDS} seconds. To end a delay,"
            f" run: testbed website recover {name}",
            param_hint="SECONDS",
        )
    _websites(session).slow(name, seconds)
    console.progress.print(console.text(f"{name} is slow: every answer takes {seconds:g} s."))


@website.command()
@click.argument("name")
@click.argument("status", type=click.IntRange(200, 599))
@click.pass_obj
def answers(session: Session, name: str, status: int) -> None:
    """Answer every request with the HTTP status STATUS instead of the page."""
    _websites(session).answers(name, status)
    console.progress.print(console.text(f"{name} answers with status {status}."))


@website.command()
@click.argument("name")
@click.pass_obj
def recover(session: Session, name: str) -> None:
    """Show the page again, without a delay."""
    _websites(session).recovers(name)
    console.progress.print(console.text(f"{name} is up: it shows its page."))


@website.command(name="list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """Show all websites: URL, behavior, and number of requests."""
    found = _websites(session).all()
    if as_json:
        console.print_json({"websites": [_json(each) for each in found]})
    elif found:
        _print(found)
    else:
        console.progress.print("There are no websites. Add one with: testbed website add NAME")


def _websites(session: Session) -> Websites:
    from testbed.websites.websites import Websites

    reject_endpoint()
    return Websites(session.state, session.known_running())


def _page(name: str, body: str | None, file: Path | None, content_type: str | None) -> Page:
    import mimetypes

    from testbed.machine.file_errors import naming
    from testbed.websites.page import Page

    if file is None:
        text = f"<h1>Welcome to {name}</h1>\n" if body is None else body
        return Page.of(name, text, content_type or "text/html")
    with naming(file):
        content = file.read_bytes()
    guessed, _ = mimetypes.guess_type(file.name)
    return Page(name, content_type or guessed or "application/octet-stream", content)


def _print(websites: list[HostedWebsite]) -> None:
    """Print websites, with their URLs for a browser if these are not the ones for functions."""
    local = any(each.local_url != each.url for each in websites)
    headings = ("name", "url for functions", "url for you", *_HEADINGS[2:]) if local else _HEADINGS
    print_table(
        headings,
        [
            (
                each.name,
                each.url,
                *([each.local_url] if local else []),
                (str(each.behavior), "green" if str(each.behavior) == "up" else "red"),
                str(each.requests),
            )
            for each in websites
        ],
        right_aligned={"requests"},
    )


def _json(website: HostedWebsite) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(website)
