"""Whether what is stored is whole, and making it whole again."""
