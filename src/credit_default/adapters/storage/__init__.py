"""Objects by name in a folder or a bucket: one port, two implementations (local disk, S3)."""
