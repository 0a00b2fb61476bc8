"""Files handed to others: the data dictionary, a recipe as TOML, a model's software bill of materials."""
