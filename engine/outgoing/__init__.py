"""The queue of letters to people: what waits, what holds it back, and what each reader chose."""
