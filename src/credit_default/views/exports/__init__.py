"""Files handed to others: data dictionary, recipe as TOML, software bill of materials."""
