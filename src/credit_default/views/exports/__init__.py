"""Files for use elsewhere: the data dictionary, a recipe as TOML, a model's bill of materials."""
