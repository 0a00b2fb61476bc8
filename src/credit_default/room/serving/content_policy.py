"""The content policy of every page: scripts and styles of the room itself, nothing inline, nothing from elsewhere."""

from typing import Final

# The styles of its maps, which Plotly 5.24 adds whether a page has a map or not: an empty element, then its text.
_MAP_STYLES: Final = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-gG0b4ixT/IQUp7JJLbyKcpYcYDjq2Wp8NGv3f+aasqo='"
)
_OF_HEADERS_ONLY: Final = "frame-ancestors 'self'"


def write_policy(nonce: str) -> str:
    """Return the policy as a header has it; `nonce` is that of the page's one style element, which Plotly fills."""
    return f"{write_page_policy(nonce)}; {_OF_HEADERS_ONLY}"


def write_page_policy(nonce: str) -> str:
    """Return the policy as a page that no server sends has it in itself."""
    return (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}' {_MAP_STYLES}; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'"
    )
