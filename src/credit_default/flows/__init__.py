"""What happens when: the order of the acts, with retries and names. Prefect lives here."""
