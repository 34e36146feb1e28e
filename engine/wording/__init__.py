"""What notices say: templates, their versions, how they are checked, merged and rendered."""
