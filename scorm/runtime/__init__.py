"""One session of one unit: the data model, its values, what was called and what came of it."""
