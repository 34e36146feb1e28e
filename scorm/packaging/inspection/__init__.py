"""What the files of a package ask of a browser, read without running them: what will not work, where, and why."""
