"""The larger commands of the command line, one file each. Heavy imports wait until they run."""
