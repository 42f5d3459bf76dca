"""Base models, LoRA adapters, and the small base that ships with the package."""
