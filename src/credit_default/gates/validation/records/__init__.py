"""Tests of what no scored sample shows: decisions by hand, groups of people, refits, past promotions and estimates."""
