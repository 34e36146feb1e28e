"""Questions to people: opened by a state, answered once, passed on, reminded, and closed when the state is left."""
