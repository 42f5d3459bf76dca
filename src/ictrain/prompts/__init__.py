"""The one renderer: (context, target, purpose) -> Rendered."""
