"""Forests as they are stored: scikit-learn's arrays and parameters, held and scored without scikit-learn."""
