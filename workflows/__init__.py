"""Policy and wiring: what exists, who may, what it announces."""
