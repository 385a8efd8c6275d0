"""Parts that several screens show, made of Streamlit's own widgets.

Not here: components in JavaScript (``components``).
"""
