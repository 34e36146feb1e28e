"""A trial run of a package: each part is opened for a while in a headless Chromium, through our own player."""
