"""The process that draws the reports which are owed, after the command that started it has shown its verdicts."""

import json
import logging
import os
import sys

from credit_default.adapters.host.garbage_collection import collect_rarely

_COURTESY = 5  # added to the process's niceness: what a person waits for comes first
_LOG = logging.getLogger(__name__)


def run_drawing(settings_text: str) -> None:
    """Draw every report that is owed under these settings: a JSON object with `overrides` and `config`."""
    given = json.loads(settings_text)
    os.nice(_COURTESY)
    from credit_default.flows.runs.context import connect
    from credit_default.flows.server.session import prepare_libraries
    from credit_default.logs import configure_logging
    from credit_default.services.monitoring.owed_reports import draw_owed_reports
    from credit_default.settings import load_settings

    settings = load_settings(given["overrides"], config_files=given["config"]).settings
    configure_logging(settings.logging.find_level("info"), settings.logging.format)
    prepare_libraries(settings)
    try:
        found = draw_owed_reports(connect(given["overrides"], given["config"]))
    except Exception:
        _LOG.exception("no more reports are drawn; `credit-default reconcile` draws what is owed")
        raise
    if found.in_progress:
        _LOG.info("another process draws the reports")


if __name__ == "__main__":
    collect_rarely()
    run_drawing(sys.argv[1])
