"""Greedy answers to prompts, with one content-addressed cache."""
