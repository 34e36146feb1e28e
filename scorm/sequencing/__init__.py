"""Sequencing and navigation of SCORM 2004 4th Edition: the activity tree and the processes of the SN book. Pure.

`definition` is what the manifest says, `reading` reads it, `tree` is what the processes walk, `tracking.State` is one
learner's state. `overall.request` does a navigation request, `survey.survey` says which could be done and why not.
"""
