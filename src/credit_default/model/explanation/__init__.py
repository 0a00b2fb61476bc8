"""Explanation of a score: Shapley values, reason codes and counterfactuals."""
