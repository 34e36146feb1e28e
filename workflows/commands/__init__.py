"""The command line's parts, each imported only when it is called."""
