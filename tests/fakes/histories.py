"""A made-up history of months in which a recession came, a model was replaced, and the new one held."""

from credit_default.data.months import add_months
from credit_default.views.history.values import History, HistoryBatch, OpenedAlarm


def make_profile(shift, *, columns=("credit_limit", "repayment_status_m1", "payment_amount_m1")):
    drift = {
        name: {"statistic": 0.02 + shift * place, "threshold": 0.1, "method": "psi"}
        for place, name in enumerate(columns)
    }
    score = {
        "edges": [0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.4, 0.6],
        "minimum": 0.02,
        "maximum": 0.9,
        "counts": [90 - int(200 * shift)] * 5 + [110 + int(200 * shift)] * 5 + [0, 0],
    }
    return {"columns": {"default_probability": score}, "drift": drift}


def make_batch(place, *, bad=False, version=1, known=True, profile=None):
    level = "alarm" if bad else "ok"
    figures = {
        "drift": {"expected_default_share": 0.22 + 0.05 * bad, "score_drift": 0.02 + 0.2 * bad}
    }
    levels = {"drift": level, "feed": "ok", "volume": "ok"}
    if known:
        auc = 0.7 if bad else 0.77
        levels["performance"] = level
        figures["performance"] = {
            "default_share": 0.22 + 0.14 * bad,
            "calibration_deviations": 12.0 * bad,
            "mean_probability": 0.22 + 0.05 * bad,
            "roc_auc": auc,
            "roc_auc_low": auc - 0.02,
            "roc_auc_high": auc + 0.02,
            "roc_auc_floor": 0.73,
        }
    found = make_profile(0.12 if bad else 0.01) if profile is None else profile
    return HistoryBatch(
        f"{place:016x}", add_months("2006-01", place), version, 4_000, levels, figures, found
    )


def make_history(month_count=18):
    """A recession from the seventh month on, a new champion from the tenth."""
    batches = [
        make_batch(
            place, bad=6 <= place < 9, version=1 if place < 9 else 2, known=place < month_count - 2
        )
        for place in range(month_count)
    ]
    alarms = (
        OpenedAlarm("performance", "2006-07", "2006-10"),
        OpenedAlarm("drift", "2006-08", "2006-10"),
    )
    return History(tuple(batches), alarms, simulated=True)
