"""Files for others: the data dictionary, a recipe as TOML, a model's bill of materials."""
