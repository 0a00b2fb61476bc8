"""Estimators of the lender's own package as a family: held, checked, digested and scored as ours are."""
