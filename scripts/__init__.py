"""What the Makefile calls. None of it is needed on a server that is installed another way."""
