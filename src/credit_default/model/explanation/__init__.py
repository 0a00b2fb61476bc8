"""Why a client has this score: Shapley values, reason codes and counterfactuals."""
