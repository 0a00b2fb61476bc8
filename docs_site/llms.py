"""llms.txt: what the site holds, for programs that read it, in the order of its navigation."""

from typing import Any

from docs_site.markdown import read_opening


def describe_site(config: Any, navigation: Any) -> str:
    """Return the site's name and a line for each page: its title, its address and its first sentence."""
    lines = [f"# {config.site_name}", "", f"> {config.site_description}", ""]
    for item in navigation.items:
        lines += [f"## {item.title}", "", *_list_pages(item, config.site_url or ""), ""]
    return "\n".join(lines)


def _list_pages(item: Any, address: str) -> list[str]:
    if item.children:
        return [line for child in item.children for line in _list_pages(child, address)]
    opening = read_opening(item.markdown or "")
    return [f"- [{item.title}]({address}{item.url}){': ' + opening if opening else ''}"]
