"""What a program asks of ictrain: contexts for its own trainer, for one input, for scoring."""
