"""The compiled rules by family: gates, reasons, amounts, and the ruling they add up to."""
