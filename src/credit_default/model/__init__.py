"""How likely is a default? Features, the forest, scoring, decisions and how good they are."""
