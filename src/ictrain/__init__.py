"""Context strategies for fine-tuning: keep in-context learning alive."""
