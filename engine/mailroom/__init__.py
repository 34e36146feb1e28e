"""Mail that comes in: kept as it is before anything else, read apart, and then acted on once."""
