"""The HTTP routes: what the components in the browser read and write."""
