"""Packages played here for a system elsewhere, which hears of them over HACP or in the older form."""
