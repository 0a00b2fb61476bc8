from credit_default.gates.monitoring.drift import DriftPolicy
from credit_default.gates.monitoring.feed_policy import FeedPolicy
from credit_default.gates.monitoring.performance import PerformancePolicy
from credit_default.services.simulation.loosened_policies import (
    loosen_drift,
    loosen_feed,
    loosen_gates,
    loosen_performance,
)
from credit_default.settings import Settings


def test_limits_of_drift_are_multiplied():
    policy = loosen_drift(DriftPolicy(score_threshold=0.1, highest_drifted_share=0.3), 2.0)

    assert (policy.score_threshold, policy.highest_drifted_share) == (0.2, 0.6)


def test_shares_of_the_feed_end_at_one():
    policy = loosen_feed(FeedPolicy(tail_margin=0.4, new_share=0.01, highest_scale=3.0), 10.0)

    assert (policy.tail_margin, policy.new_share, policy.highest_scale) == (1.0, 0.1, 30.0)


def test_floor_of_the_auc_is_lowered_and_other_limits_of_performance_are_raised():
    policy = loosen_performance(PerformancePolicy(lowest_roc_auc=0.6, highest_roc_auc_loss=0.1), 2)

    assert (policy.lowest_roc_auc, policy.highest_roc_auc_loss) == (0.3, 0.2)


def test_other_settings_stay_as_they_are():
    settings = Settings()

    loosened = loosen_gates(settings, 3.0)

    assert loosened.drift == loosen_drift(settings.drift, 3.0)
    assert (loosened.quality, loosened.coverage) == (settings.quality, settings.coverage)
    assert settings == Settings()
