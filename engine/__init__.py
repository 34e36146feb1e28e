"""Mechanism: decide, move, journal, act, announce, deliver. Knows no NHS rule."""
