"""What is a row? The contract, checking against it, splitting by client, and a portfolio to simulate."""
