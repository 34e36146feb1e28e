"""The catalogue, classes, enrolments, and what e-learning came to."""
