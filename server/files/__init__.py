"""Files: kept in a folder or an S3-compatible store, and served in ranges."""
