"""Operating the system: reconcile, maintain, doctor, service checks, the local stack."""
