"""Operating the system: reconcile, doctor, service checks, the local stack."""
