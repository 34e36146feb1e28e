"""The engine's pages and its API, and the frame in which every page module stands."""
