"""Organisations, who holds which role there, and who stands in during an absence."""
