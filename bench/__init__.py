"""What is measured, each file a function that returns its numbers."""
