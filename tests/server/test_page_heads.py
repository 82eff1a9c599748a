"""The heads of all pages are alike, though each is a file by itself."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

SERVER = Path(__file__).resolve().parents[2] / "server"
PAGES = sorted((SERVER / "web").rglob("*.html"))
API_PAGES = sorted((SERVER / "apidocs").glob("*.html"))
VOID = {"circle", "hr", "br", "input", "img", "link", "meta", "path", "source"}
# Where the ways of a head lead, by what they are called, in the order in which they stand.
WAYS = {
    "Practise": "/",
    "Lessons": "#/lessons",
    "Tuner": "#/tuner",
    "Rooms": "/room",
    "History": "/history",
    "Sign in": "/account",
    "Account": "/account",
}
FROM_MAILS = {"verify", "reset"}  # nobody is signed in there, nor has to be


class Outline(HTMLParser):
    """Every element of a page: its name, its attributes, its text and what it lies in."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str], tuple[str, ...]]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        texts: list[str] = []
        self.elements.append((tag, dict(attrs), texts, tuple(name for name, _ in self._open)))
        if tag not in VOID:
            self._open.append((tag, texts))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), [], tuple(name for name, _ in self._open)))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        for _, texts in self._open:
            texts.append(data)

    def all(self, tag, within="html", **wanted):
        """The attributes and the text of elements of a name that have some attributes."""
        return [
            (attributes, "".join(texts).strip())
            for name, attributes, texts, outer in self.elements
            if (name, within in outer) == (tag, True) and wanted.items() <= attributes.items()
        ]

    def one(self, tag, within="html", **wanted):
        (found,) = self.all(tag, within, **wanted)
        return found


@pytest.fixture(params=PAGES, ids=lambda path: path.stem)
def page(request):
    """A page of the web folder."""
    outline = Outline(request.param)
    outline.name = request.param.stem
    return outline


def test_there_are_pages():
    assert {"index", "room", "account", "history"} | FROM_MAILS <= {path.stem for path in PAGES}


@pytest.mark.parametrize("path", [*PAGES, *API_PAGES], ids=lambda path: path.stem)
def test_every_page_says_language_letters_width_name_and_icon(path):
    page = Outline(path)
    assert page.elements[0][:2] == ("html", {"lang": "en"})
    first, *_ = [each for each in page.elements if "head" in each[3]]
    assert first[:2] == ("meta", {"charset": "utf-8"})  # before any letter that needs it
    assert page.one("meta", name="viewport")[0]["content"] == "width=device-width, initial-scale=1"
    assert "Etude" in page.one("title")[1]
    icon = {"rel": "icon", "href": "/web/icon.svg", "type": "image/svg+xml"}
    assert page.one("link", rel="icon")[0] == icon


def test_the_title_says_the_page_first(page):
    title = page.one("title", "head")[1]
    assert title == "Etude" if page.name == "index" else title.endswith(" · Etude")


def test_the_shade_is_set_before_anything_is_drawn(page):
    assert page.one("meta", "head", name="color-scheme")[0]["content"] == "light dark"
    scripts = [attributes for attributes, _ in page.all("script")]
    assert scripts[0] == {"src": "/web/theme.js"}  # waits for nothing
    assert [script["type"] for script in scripts[1:]] == ["module"]
    styles = [attributes["href"] for attributes, _ in page.all("link", rel="stylesheet")]
    assert styles[0] == "/web/style.css"
    assert len(page.all("script", "head")) == len(scripts)


def test_files_of_the_page_are_there(page):
    named = [each.get("href") for each, _ in page.all("link")]
    named += [each["src"] for each, _ in page.all("script")]
    for name in named:
        assert name.startswith("/web/")
        assert (SERVER / name[1:]).is_file(), name


def test_the_first_link_skips_to_the_content(page):
    first = page.all("a")[0]
    assert first == ({"class": "skip", "href": "#main"}, "Skip to the content")
    assert page.one("main")[0] == {"id": "main", "tabindex": "-1"}


def test_ways_have_one_name_and_one_order_everywhere(page):
    ways = [
        (each["href"], name) for each, name in page.all("a", "header") if "way" in class_of(each)
    ]
    assert all(WAYS[name] == href for href, name in ways)
    names = [name for _, name in ways]
    assert names == sorted(names, key=list(WAYS).index)
    if page.name in FROM_MAILS:
        assert names == ["Account"]
    else:
        assert names[-2:] == ["History", "Sign in"]
        assert page.one("a", "header", id="account")[0]["href"] == "/account"
        assert "hidden" in page.one("a", "header", id="history")[0]


def test_the_wordmark_leads_home_and_the_switch_of_shades_is_last(page):
    wordmark = page.one("a", "header", **{"class": "wordmark"})
    assert wordmark == (
        {"class": "wordmark", "href": "#/" if page.name == "index" else "/"},
        "Etude",
    )
    switch = {
        "type": "button",
        "class": "icon-button",
        "id": "theme",
        "aria-pressed": "false",
        "aria-label": "Dark theme",
    }
    controls = page.all("button", "header")
    assert controls[-1][0] == switch


def class_of(attributes) -> list[str]:
    return (attributes.get("class") or "").split()
