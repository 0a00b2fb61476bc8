"""The documentation as a site: it builds strictly, leads nowhere dead, loads nothing from elsewhere, and leaves nothing out."""

import os
import re
import resource
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from docs_site.code_facts import list_acts
from docs_site.command_line import list_commands
from docs_site.inserts import fill_page
from docs_site.pictures import PICTURE, place_pictures
from docs_site.settings_page import list_leaves
from docs_site.tooltips import read_meanings
from tests.fakes.machine_pace import is_within
from typer.main import get_command

from credit_default import errors
from credit_default.cli.main import app
from credit_default.gates.monitoring.monitoring_gates import MONITORING_GATES, RUN_OUTCOMES
from credit_default.gates.verdict import Level

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
REPOSITORY = "https://code.example/lender/credit-default"
ADDRESS = "https://docs.example/credit-default/"
LOADING = {"script", "link", "img", "iframe", "source", "video", "audio", "embed", "object"}
WAITED_FOR = {"demo.svg"}  # of the README
CODE = {"code", "script"}
LOADED_RELS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "preconnect"}


@dataclass
class Page(HTMLParser):
    """One page of the site: where it links to, what it loads, its anchors, its words."""

    path: Path
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)  # the words that are not code
    code_depth: int = 0
    tips: set[str] = field(default_factory=set)

    def __post_init__(self):
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.code_depth += tag in CODE
        self.anchors |= {found[name] for name in ("id", "name") if found.get(name)}
        address = found.get("src") or found.get("href") or found.get("data")
        is_loaded = tag in LOADING and (tag != "link" or {*found["rel"].split()} & LOADED_RELS)
        if address and is_loaded:
            self.loaded.append(address)
        elif address and tag == "a":
            self.links.append(address)
        if tag == "abbr":
            self.tips.add(found["title"])

    def handle_endtag(self, tag):
        self.code_depth -= tag in CODE

    def handle_data(self, data):
        self.words.append(data)
        if not self.code_depth:
            self.prose.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@dataclass(frozen=True)
class Site:
    folder: Path
    ended: subprocess.CompletedProcess
    cpu_seconds: float
    pages: dict[str, Page]


def build(folder, *, config=ROOT / "mkdocs.yml"):
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-f", config, "-d", folder],
        cwd=ROOT,
        env={
            **os.environ,
            "REPOSITORY_URL": REPOSITORY,
            "SITE_URL": ADDRESS,
            "NO_MKDOCS_2_WARNING": "1",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = build(folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    pages = {
        path.relative_to(folder).as_posix(): Page(path) for path in sorted(folder.rglob("*.html"))
    }
    return Site(folder, ended, spent, pages)


def test_site_is_built_strictly_within_a_minute_of_cpu_time(site):
    assert site.ended.returncode == 0, site.ended.stderr
    assert "WARNING" not in site.ended.stderr
    assert len(site.pages) > 70
    assert is_within(site.cpu_seconds, 60)


def test_build_is_refused_for_a_dead_link_a_dead_anchor_and_a_page_that_nobody_can_find(tmp_path):
    (docs := tmp_path / "docs").mkdir()
    (docs / "index.md").write_text("# One\n\n[a](gone.md) [b](two.md#gone) ![c](gone.svg)\n")
    (docs / "two.md").write_text("# Two\n")
    (docs / "lost.md").write_text("# Lost\n")
    rules = re.findall(r"^(?:strict|validation):.*\n(?:  .*\n)*", SETTINGS, re.MULTILINE)
    (config := tmp_path / "mkdocs.yml").write_text(
        "".join(["site_name: few\nplugins: []\nnav: [index.md, two.md]\n", *rules])
    )

    ended = build(tmp_path / "site", config=config)

    assert ended.returncode == 1
    for fault in ("'gone.md'", "'gone.svg'", "'two.md#gone'", "lost.md"):
        assert fault in ended.stderr
    assert ended.stderr.count("WARNING") == 4


def test_every_link_of_every_page_leads_to_a_page_and_an_anchor_that_are_there(site):
    dead = []
    for name, page in site.pages.items():
        for link in (*page.links, *page.loaded):
            target = urlsplit(urljoin(f"{ADDRESS}{name}", link))
            if not target.geturl().startswith(ADDRESS) or name == "404.html":
                continue
            path = unquote(target.path.removeprefix(urlsplit(ADDRESS).path)) or "index.html"
            reached = site.pages.get(path)
            anchor = unquote(target.fragment)
            if not (site.folder / path).is_file() or (
                reached and anchor and anchor not in reached.anchors
            ):
                dead.append(f"{name}: {link}")

    assert sum(len(page.links) for page in site.pages.values()) > 1_000
    assert dead == []


def test_links_out_of_the_docs_lead_into_the_repository_that_one_setting_names(site):
    links = {link for page in site.pages.values() for link in page.links}
    paths = {link.partition("/main/")[2] for link in links if link.startswith(f"{REPOSITORY}/")}

    assert {"infra/README.md", "benchmarks/usual_path/score.py"} <= paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [link for link in links if "github.com/credit-default" in link] == []


def test_no_page_loads_anything_from_elsewhere(site):
    loaded = {
        (name, address)
        for name, page in site.pages.items()
        for address in page.loaded
        if urlsplit(address).netloc and not address.startswith(ADDRESS)
    }
    sheets = [path.read_text(encoding="utf-8") for path in site.folder.rglob("*.css")]

    assert loaded == set()
    assert len(sheets) > 2
    assert [
        one for text in sheets for one in re.findall(r"(?:url\(|@import )[^;)]*//[^;)]*", text)
    ] == []
    # the theme's script asks the repository's host for its stars where a page has this mark
    assert not any(
        'data-md-component="source"' in page.path.read_text() for page in site.pages.values()
    )


def test_navigation_names_every_page_and_so_does_what_programs_read(site):
    told = (site.folder / "llms.txt").read_text(encoding="utf-8")
    named = re.findall(rf"^- \[.+\]\({re.escape(ADDRESS)}([\w/.-]+)\)", told, re.MULTILINE)

    assert len({*named}) == len(named)
    assert {*named} == site.pages.keys() - {"404.html"}


def test_every_command_and_every_option_is_in_the_reference(site):
    page = site.pages["reference/command-line.html"]
    commands = dict(list_commands(get_command(app)))
    options = {flag for one in commands.values() for param in one.params for flag in param.opts}

    headings = {"-".join(words) for words in commands if words[1:]}
    assert len(headings) > 30
    assert headings <= {anchor.replace(" ", "-") for anchor in page.anchors}
    shown = {*page.text.split()}
    left_out = {"--version", "--install-completion", "--show-completion"}  # of the program itself
    assert {flag for flag in options if flag.startswith("-")} - shown == left_out


def test_every_setting_is_in_the_reference_with_its_default(site):
    text = site.pages["reference/settings.html"].text
    leaves = dict(list_leaves())

    assert len(leaves) > 180
    assert [name for name in leaves if f" {name} " not in text] == []
    assert "drift.score_threshold number , 0.1 Psi of default_probability." in text
    assert "stack.mlflow_port integer , 5000 At least 0 and at most 65535." in text


def test_every_error_stands_beside_its_exit_code(site):
    text = site.pages["reference/exit-codes.html"].text
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    codes = {one.__name__: one.exit_code for one in kinds if hasattr(one, "exit_code")}

    del codes["CreditDefaultError"]
    assert [name for name, code in codes.items() if f" {code} {name} " not in text] == []


def test_every_act_that_commands_and_flows_call_is_in_the_reference_of_python(site):
    anchors = site.pages["reference/python.html"].anchors
    acts = {f"{module}.{name}" for module, names in list_acts().items() for name in names}

    assert len(acts) > 80
    assert acts - anchors == set()


def test_every_event_of_the_code_is_on_the_page_of_events_and_no_other():
    package = ROOT / "src" / "credit_default"
    page = (ROOT / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
    texts = [path.read_text(encoding="utf-8") for path in (package / "flows").rglob("*.py")]
    spelled = {
        name for text in texts for name in re.findall(r'"(credit-default\.[a-z]+\.[a-z-]+)"', text)
    }
    built = {f"credit-default.{one.event}" for one in RUN_OUTCOMES}
    built |= {f"credit-default.alarm.{change}" for change in ("opened", "closed")}
    built |= {f"credit-default.model.{change}" for change in ("promoted", "rolled-back")}

    assert {*re.findall(r"^\| `([\w.-]+)` \|", page, re.MULTILINE)} == spelled | built


def test_page_of_gates_names_every_level_and_every_monitor_with_its_question():
    page = (ROOT / "docs" / "concepts" / "gates.md").read_text(encoding="utf-8")

    assert [level for level in get_args(Level) if f"\n| `{level}` |" not in page] == []
    assert [
        gate.name
        for gate in MONITORING_GATES
        if f"\n| `{gate.name}` | {gate.question} |" not in page
    ] == []


def test_terms_are_explained_in_the_words_of_the_glossary(site):
    meanings = read_meanings(ROOT)

    assert {"PD", "PSI", "KS", "Gini", "coverage", "maturity"} <= meanings.keys()
    assert (
        meanings["maturity"]
        == "whether all of them could be known by now; the verdict coverage says whether they arrived when they were due"
    )
    assert {meanings["PSI"], meanings["coverage"]} <= site.pages[
        "validation.html"
    ].tips | site.pages["tutorial.html"].tips
    assert site.pages["glossary.html"].tips == set()


def test_no_page_shows_the_marks_that_it_was_written_with(site):
    marks = ("```", "`", "<!--", "::: ", "](", "!!! ", "**")
    shown = {
        (name, mark)
        for name, page in site.pages.items()
        for mark in marks
        if mark in " ".join(page.prose)
    }

    assert shown == set()


def test_every_picture_that_a_page_asks_for_is_drawn_by_a_test():
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")]
    asked = {name for text in pages for name, _ in PICTURE.findall(text)}
    tests = (path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))
    drawn = "".join(path.read_text(encoding="utf-8") for path in tests)
    tutorial = {name for name in asked if name.startswith("tutorial-")}  # tests/test_tutorial.py

    assert len(tutorial) > 5
    assert {name for name in asked - tutorial if name not in drawn} <= WAITED_FOR


def test_words_stand_in_the_place_of_a_picture_that_nobody_has_drawn():
    page = "<!-- picture one.png: what one shows -->\n\n<!-- picture two.svg: two -->\n"

    placed = place_pictures(page, "how-to/README.md", {"pictures/two.svg"})

    assert "what one shows. `make pictures` draws it." in placed
    assert "![two](../pictures/two.svg)" in placed


def test_section_that_is_called_otherwise_now_is_refused_with_those_that_there_are():
    with pytest.raises(KeyError, match="no heading ## Beginning; there are Start, Use"):
        fill_page("<!-- section README.md: Beginning -->\n", "start.md")


def test_what_the_readme_says_is_said_by_the_site_in_the_same_words(site):
    assert "make demo" in site.pages["start.html"].text
    assert "One batch, one result." in site.pages["index.html"].text
    assert "No sound model is above .80" in site.pages["reference/figures.html"].text


@pytest.mark.nightly
def test_browser_asks_nobody_else_for_anything(site):
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright: make setup")
    browser_path = next(iter(Path("/usr/bin").glob("chromium")), None)
    if browser_path is None:
        pytest.skip("no Chromium: install chromium")
    asked = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for width in (1280, 390):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.on("request", lambda request: asked.append(request.url))
            for name in ("index.html", "tutorial.html", "reference/python.html"):
                page.goto((site.folder / name).as_uri())
                assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()

    assert len(asked) > 10
    assert {urlsplit(address).scheme for address in asked} <= {"file", "data"}
