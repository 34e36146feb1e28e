"""Packages as they come: archives and manifests of every standard, what is wrong with them, and how versions differ."""
