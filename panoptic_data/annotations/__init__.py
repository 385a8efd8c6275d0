"""What people say of images: properties, tags, values, and the log of every change."""
