"""The pages of the demo's websites."""

from testbed.demo.pages import PAGES


def test_pages_have_the_text_they_are_known_by() -> None:
    assert all(each.expect in each.page.body.decode() for each in PAGES)
