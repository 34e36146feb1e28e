"""Who works here: persons, their assignments, and where these are."""
