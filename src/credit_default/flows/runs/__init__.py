"""What every flow run shares: context, tasks, artifacts, process marks, file slots."""
