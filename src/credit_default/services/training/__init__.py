"""Training a challenger: data, folds, validation, promotion contest, registration, card."""
