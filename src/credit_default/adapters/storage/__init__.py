"""Objects by key in a folder or a bucket: one port with two implementations (local disk, S3)."""
