"""What a model sees: the declaration of features and how they are computed."""
