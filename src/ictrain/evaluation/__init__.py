"""Test targets x context modes -> rows."""
