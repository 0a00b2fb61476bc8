"""The validation report: the battery's results with a verdict on all of them, and the tables of the ECB's reporting template."""
