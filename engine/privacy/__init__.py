"""What is held about a person, who may see it, how long it stays and how it is given out or erased."""
