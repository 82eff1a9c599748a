"""The pages that show the API, in a real browser whose network is this server alone."""

import re

import pytest
from page_driver import expect

PAGES = [("docs", "#operations-tag-sessions"), ("redoc", "li[data-item-id='tag/sessions']")]


@pytest.mark.parametrize("page, entry", PAGES)
def test_the_page_shows_every_part_without_a_network(open_page, page_server, page, entry):
    elsewhere = []

    def cut(window):
        window.route(re.compile(f"^(?!{re.escape(page_server)})https?:"), lambda r: r.abort())
        window.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith((page_server, "data:", "blob:"))
                else elsewhere.append(asked.url)
            ),
        )

    shown = open_page(f"{page_server}/api/{page}", watch=cut)
    expect(shown.locator(entry)).to_be_visible()
    assert elsewhere == []
