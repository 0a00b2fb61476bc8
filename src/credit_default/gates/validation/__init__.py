"""The validation battery: what an independent validator tests of a model's scores, each test a value with its null hypothesis."""
