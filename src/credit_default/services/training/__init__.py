"""Training a challenger: data, fit, cross-validation, assessment, promotion, registration, card."""
