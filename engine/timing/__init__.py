"""Timers that survive restarts, and the calendars of working days."""
