"""Databases: the pool of connections, prepared statements, migrations at the start, and copies."""
