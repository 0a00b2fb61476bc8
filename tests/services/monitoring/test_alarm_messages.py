import base64
import json
import runpy
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.data.months import add_months
from credit_default.gates.monitoring.alarms import Alarm
from credit_default.services.monitoring.alarm_messages import send_alarm_message

FAKES = Path(__file__).parents[2] / "fakes"
open_mail_server = runpy.run_path(str(FAKES / "mail_server.py"))["open_mail_server"]
ROOM = "https://room.lender.example"
ALARM = Alarm("drift", 1, "2006-04", "4" * 16, opened_at="2006-05-01T12:00:00+00:00")


@pytest.fixture
def mail_server():
    with open_mail_server() as server:
        yield server


def write_findings(lake):
    """Puts six months of drift into the monitoring table, the last two moved."""
    for number, drift in enumerate((0.01, 0.02, 0.01, 0.03, 0.28, 0.65)):
        row = {
            "batch_id": str(number) * 16,
            "model_version": 1,
            "statement_month": add_months("2005-12", number),
            "gate": "drift",
            "level": "alarm" if drift > 0.1 else "ok",
            "reasons": [f"the score moved: psi {drift}, limit 0.1", "<b>$x</b> & more"],
            "figures": json.dumps({"score_drift": drift, "score_threshold": 0.1}),
            "row_count": 10,
            "expected_loss": None,
            "data_origin": "simulated",
            "report_path": "",
            "monitored_at": ALARM_TIME,
        }
        write_monitoring(lake, pl.DataFrame([row], schema_overrides={"expected_loss": pl.Float64}))


ALARM_TIME = pl.Series(["2006-05-01T12:00:00+00:00"]).str.to_datetime(time_zone="UTC")[0]


@pytest.mark.usefixtures("painted_pictures")
def test_mail_has_the_figure_what_to_do_links_into_the_room_and_a_picture(
    make_wiring, mail_server, tmp_path
):
    wiring = make_wiring(notify={"urls": mail_server.address}, room={"address": ROOM})
    write_findings(wiring.lake)

    failures = send_alarm_message(wiring, ALARM)

    assert failures == ()
    (mail,) = mail_server.mails
    assert mail["Subject"] == "credit-default: alarm: drift of version 1"
    text = mail.get_body(("plain",)).get_content()
    assert "Month 2006-04: score psi 0.2800, limit 0.1000." in text
    assert "What to do: Look at the columns that moved" in text
    page = mail.get_body(("html",)).get_content()
    assert f"{ROOM}/batches/{'4' * 16}" in page
    assert f"{ROOM}/models/1" in page
    assert f"{ROOM}/#alarms" in page
    assert "<b>" not in page
    (picture,) = mail.iter_attachments()
    assert (picture.get_filename(), picture.get_content_type()) == (
        "drift-2006-04.png",
        "image/png",
    )
    path = tmp_path / "picture.png"
    path.write_bytes(picture.get_content())
    with Image.open(path) as image:
        assert image.size == (1200, 420)
    assert path.stat().st_size < 100_000


def test_webhook_has_the_same_text_and_picture(make_wiring, webhook):
    wiring = make_wiring(notify={"urls": webhook.address}, room={"address": ROOM})
    write_findings(wiring.lake)

    send_alarm_message(wiring, ALARM)

    (message,) = webhook.messages
    assert f"The batch: {ROOM}/batches/{'4' * 16}" in message["message"]
    (picture,) = message["attachments"]
    assert base64.b64decode(picture["base64"]).startswith(b"\x89PNG")


def test_message_without_a_room_names_the_command_and_one_without_findings_has_no_picture(
    make_wiring, webhook
):
    wiring = make_wiring(notify={"urls": webhook.address})

    send_alarm_message(wiring, ALARM)

    (message,) = webhook.messages
    assert message["message"].endswith(f"credit-default monitor {'4' * 16}")
    assert not message["attachments"]


def test_no_address_is_no_failure(make_wiring):
    assert send_alarm_message(make_wiring(), ALARM) == ()
