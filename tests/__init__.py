"""The tests, and the gate that runs them."""
