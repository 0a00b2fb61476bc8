from credit_default.views.terminal.settings import (
    SettingLine,
    format_setting_value,
    summarise_settings,
)


def test_password_in_an_address_is_not_shown():
    assert format_setting_value("postgresql://me:secret@db/mlflow") == "postgresql://***@db/mlflow"
    assert format_setting_value("http://db/a@b") == "http://db/a@b"


def test_summary_names_what_is_not_the_default():
    lines = [SettingLine("seed", 7, "default"), SettingLine("lake", "x", "flag")]

    summary = summarise_settings(lines)

    assert summary.counts == {"settings": 2, "changed": 1}
    assert summary.notes == ("lake = x (flag)",)
