"""Runs that MLflow knows already, found by their tags: so that a run which a crash cut short is recorded once."""

from collections.abc import Mapping

from credit_default.adapters.tracking import Act, Tracking, mlflow_errors


def find_run_id(tracking: Tracking, act: Act, *, tags: Mapping[str, object]) -> str | None:
    """The newest finished run of this act that carries all of these tags, or None."""
    wanted = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
    with mlflow_errors(tracking.tracking_uri):
        experiment = tracking.client.get_experiment_by_name(f"credit-default/{act}")
        if experiment is None:
            return None
        runs = tracking.client.search_runs(
            [experiment.experiment_id], filter_string=f"{wanted} and attributes.status = 'FINISHED'", max_results=1
        )
    return str(runs[0].info.run_id) if runs else None
