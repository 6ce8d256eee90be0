"""The server's part of the command line, one file a command; each joins through an entry point."""
