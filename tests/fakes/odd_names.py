"""Names that a file system takes for a folder, each with something that a URL, a pattern or a shell reads in its own way."""

from hypothesis import strategies as st

# one of each kind; the first ones are those that the short tests run
SHORT_NAMES = ("#1 (100%) ä=b", "what? %20 [x]*")
ODD_NAMES = (
    *SHORT_NAMES,
    "My Lake",
    "漢字",
    "a=b",
    "%20",
    "%",
    "%25 a%41b",
    'it\'s "quoted"',
    "dot.",
    "n" * 200,
    "[x]*",
    "back\\slash",
    " leading",
    "trailing ",
    "{} {SCHEMA_VERSION}",
    "what?",
    "emoji 😀",
    "tab\tnew\nline",
    "~",
    "tilde~`^|<>",
    "10:30",
    "a;b&c|d",
    "$HOME",
    "-dash",
    "..a",
    "...",
    "s3:",
    "file:",
    "right\u202eto left",
)


def folder_names() -> st.SearchStrategy[str]:
    """Any name that can be written as UTF-8, as long as a file system with names of 255 bytes takes it."""
    characters = st.characters(blacklist_categories=("Cs",), blacklist_characters="/\0")
    return st.text(characters, min_size=1, max_size=50).filter(lambda name: name not in {".", ".."})
