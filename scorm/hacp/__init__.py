"""HACP, the messages by which AICC content reports: reading, writing, and what they mean to a session."""
