"""A small trust with people, classes and SCORM courses of our own making."""
