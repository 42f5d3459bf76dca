"""Scores of single outputs against their references."""
