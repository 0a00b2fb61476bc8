"""Searching for a better recipe: trials, comparison with the recipe in force, recipe file."""
