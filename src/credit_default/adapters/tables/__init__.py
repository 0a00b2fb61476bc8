"""The lake's tables: scores, quarantine, outcomes, monitoring, alarms and the ledger."""
