"""Copies of an image: finding them, and what is done about them."""
