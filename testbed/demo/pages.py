"""The pages of the demo's websites."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.websites.page import Page


@dataclass(frozen=True)
class DemoPage:
    """A page, and the text by which a check recognizes it."""

    page: Page
    expect: str


PAGES = (
    DemoPage(Page.of("shop", "<h1>Welcome to the shop</h1>\n"), "Welcome to the shop"),
    DemoPage(Page.of("blog", "<h1>Notes on tea</h1>\n<p>Water first.</p>\n"), "Notes on tea"),
    DemoPage(
        Page.of("orders-api", '{"service": "orders", "ready": true}\n', "application/json"),
        '"ready"',
    ),
)
