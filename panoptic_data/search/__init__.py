"""Images like an image, a text or several of both."""
