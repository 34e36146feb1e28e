"""What people must know and what they are known to know: competences, requirements, awards, compliance."""
