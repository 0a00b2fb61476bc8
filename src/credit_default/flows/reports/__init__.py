"""Reports drawn after the verdicts: in the run itself, or by a process that goes on after the command."""
