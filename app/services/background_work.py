"""Work that a page began: in a thread of the server, which goes on when the page is left.

Not here: processing, which is a process of its own (``jobs``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from panoptic_data.errors import PanopticError

__all__ = ["BackgroundWork"]

T = TypeVar("T")


class BackgroundWork(Generic[T]):
    """A function that runs in a thread of its own, and what came of it.

    ``error`` is why it failed, of our errors; any other is raised by ``result``.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._began_at = time.monotonic()
        self._result: T | None = None
        self._failure: Exception | None = None
        # No daemon: a server that stops waits for what is half written.
        self._thread = threading.Thread(target=self._run, name="work-of-a-page")
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it is still at work."""
        return self._thread.is_alive()

    @property
    def seconds(self) -> float:
        """How long ago it began."""
        return time.monotonic() - self._began_at

    @property
    def error(self) -> PanopticError | None:
        """Why it failed; None where it did not, or not yet."""
        return self._failure if isinstance(self._failure, PanopticError) else None

    def wait(self, seconds: float) -> bool:
        """Wait for its end, for so long at most; return whether it has ended."""
        self._thread.join(seconds)
        return not self.is_running

    def result(self) -> T:
        """Return what the function returned, or raise what it raised; waits for its end."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._result  # type: ignore[return-value]

    def _run(self) -> None:
        try:
            self._result = self._function()
        except Exception as failure:  # noqa: BLE001 - whoever asks for the result must hear of it
            self._failure = failure
