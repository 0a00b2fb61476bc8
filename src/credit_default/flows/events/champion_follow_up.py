"""What follows a person's decision on the champion, on the command line and in the control room alike.

Prefect is imported only where a server is named: it takes seconds.
"""

import datetime as dt
from dataclasses import replace

from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.follow_up import update_alarms_after_promotion
from credit_default.views.summaries.summary import Summary


def follow_champion_change(wiring: Wiring, summary: Summary, *, at: dt.datetime) -> Summary:
    """Close the alarms about the former champion, announce the change and return the summary with notes on both.

    The change is announced by e-mail or webhook where addresses are set, and as an event where a
    Prefect server is set. Where the champion has not changed, nothing happens.
    """
    closed = update_alarms_after_promotion(wiring, at=at)
    noted = replace(summary, notes=(*summary.notes, *closed.notes))
    if not wiring.settings.prefect.api_url:  # no server to send to
        return noted
    from credit_default.flows.events.champion_events import announce_from_command

    announced = announce_from_command(wiring, wiring.settings, alarms=closed)
    return replace(noted, notes=(*noted.notes, *announced))
