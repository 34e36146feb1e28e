"""Proves a bundle of workflows sound before it runs: tables, effects, timers, notices, and the live data."""
