from credit_default.model.estimator.expected_loss import LossPolicy
from credit_default.views.card.evidence import LossFacts
from credit_default.views.card.section_decision import describe_loss


def test_expected_loss_names_the_default_its_horizon_and_the_share_that_cures():
    text = describe_loss(LossFacts(LossPolicy(), 1_000_000.0, 33_000.0)).text

    assert text.startswith(
        "Expected loss of a missed payment within the month after the statement: 33,000 on an "
        "exposure of 1,000,000 (3.3%) on the test side."
    )
    assert "70% of these defaults cure without a loss" in text
    assert "after the others 50% of the exposure is lost" in text
    assert "not the expected loss of capital rules" in text


def test_default_of_another_portfolio_is_named_as_declared():
    policy = LossPolicy(
        balance_column="loan_amount",
        cure_share=0.2,
        default_event="a loan ninety days late",
        horizon_months=12,
    )

    text = describe_loss(LossFacts(policy, 0.0, 0.0)).text

    assert (
        "Expected loss of a loan ninety days late within the 12 months after the statement: 0"
        in text
    )
    assert "20% of these defaults cure" in text
