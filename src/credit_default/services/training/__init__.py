"""Training a challenger: data, fit, cross-validation, rivals, registration, promotion."""
