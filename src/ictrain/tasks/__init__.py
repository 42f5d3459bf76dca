"""Tasks: pool, tests, prompt, similarity, paraphraser, metrics."""
