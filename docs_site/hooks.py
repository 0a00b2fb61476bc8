"""What MkDocs calls while it builds the site: one event each, carried out by the other modules of this folder."""

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

from docs_site.fences import simplify_fences
from docs_site.folders import list_navigation
from docs_site.inserts import fill_page
from docs_site.links import point_to_repository
from docs_site.llms import describe_site
from docs_site.pictures import list_pictures, place_pictures
from docs_site.tooltips import explain_terms, read_meanings

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY = "glossary.md"


def on_config(config: Any) -> None:
    """Put the pages of a folder in the place of its name in the navigation."""
    config.nav = list_navigation(config.nav, Path(config.docs_dir))


def on_files(files: Any, config: Any) -> None:
    """Add the pictures that tests have made."""
    for path in list_pictures(ROOT):
        files.append(File.generated(config, f"pictures/{path.name}", abs_src_path=str(path)))


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Fill in what the page takes from elsewhere, and explain terms of the glossary."""
    source = page.file.src_uri
    text = simplify_fences(fill_page(markdown, source))
    text = place_pictures(text, source, {one.src_uri for one in files})
    text = point_to_repository(text, source, root=ROOT, repository=config.repo_url)
    return (
        text
        if source == GLOSSARY
        else explain_terms(text, read_meanings(ROOT), config.extra["tooltips"])
    )


def on_nav(nav: Any, config: Any, files: Any) -> None:
    """Keep the navigation for llms.txt, which needs the texts of its pages."""
    del files
    config.extra["navigation"] = nav


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Name the theme's search for those who hear the page."""
    del page, config
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


def on_post_build(config: Any) -> None:
    """Write llms.txt."""
    text = describe_site(config, config.extra["navigation"])
    (Path(config.site_dir) / "llms.txt").write_text(text, encoding="utf-8")
