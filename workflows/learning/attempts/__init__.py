"""When a new attempt may be begun, which attempts count, and what is said of it."""
