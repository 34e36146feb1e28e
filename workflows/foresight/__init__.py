"""What would happen in the days to come, and what a change would make of it, tried on a copy."""
