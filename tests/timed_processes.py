"""A process and a clock that do what a test says, for what waits for either."""

__all__ = ["Clock", "Process"]


class Process:
    """A process that ends when the test says so."""

    returncode = None

    def poll(self):
        return self.returncode


class Clock:
    """Seconds, as the test says."""

    now = 0.0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds
