"""Search: the images most similar to words, pictures or both, under one or several encoders."""
