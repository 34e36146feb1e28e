"""A trust that nobody works for, of any size, for load and trials."""
