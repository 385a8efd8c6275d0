"""What pages and routes both need and that is no widget."""
