"""The inputs of a model: how features are declared and how they are computed."""
