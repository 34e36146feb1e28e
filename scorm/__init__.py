"""The SCORM run-time: what a package says while it plays. Knows no enrolment."""
