"""Figures and one HTML page, from rows alone."""
