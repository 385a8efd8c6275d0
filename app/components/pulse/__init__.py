"""Nothing to see: it compares ``/pulse`` with what was drawn, and draws again where it differs.

A timer of Streamlit's would draw every time, and a drawing that begins while another one is on
its way makes the browser drop what the first brought. Not here: what is drawn
(``widgets.run_progress``).
"""

from __future__ import annotations

from app.components.assets import component

__all__ = ["pulse"]


def pulse(beat: str, *, key: str = "pulse") -> None:
    """Draw the fragment in which this is called again once ``/pulse`` is no longer ``beat``."""
    component("pulse")(key=key, data={"beat": beat}, presses={"changed": lambda _: None})
