"""When the next step of a run is due, and when its next frame."""

from __future__ import annotations

FRAME_INTERVAL_S = 0.045  # a little under 1/20 s: at least 20 frames per second
# Where frames slow training down, there are 20 per second, or fewer if they would take more than
# one part in `_SHARE_OF_TIME` of the run's time.
_HURRIED_INTERVAL_S = 0.05
_SHARE_OF_TIME = 6
_WEIGHT_OF_NEWEST = 0.25
# A run that could not keep its pace catches up on at most this much.
_MAX_LAG_S = 0.25
_NOTABLE_LAG_S = 0.05


class StepPace:
    """Spreads steps evenly over time; all times are in seconds of one clock.

    Args:
        steps_per_s: the pace; 0 means that a step is always due.
        now_s: the current time; the first step is due at once.
    """

    def __init__(self, steps_per_s: float, *, now_s: float) -> None:
        self.steps_per_s = steps_per_s
        self.due_s = now_s

    @property
    def is_unbounded(self) -> bool:
        """Whether it runs as fast as possible."""
        return self.steps_per_s == 0

    def is_behind(self, now_s: float) -> bool:
        """Whether it lags so far that frames should not slow it down."""
        return self.is_unbounded or now_s > self.due_s + _NOTABLE_LAG_S

    def set(self, steps_per_s: float, *, now_s: float) -> None:
        """Change the pace."""
        self.steps_per_s = steps_per_s
        self.due_s = now_s

    def stepped(self, now_s: float) -> None:
        """A step was taken."""
        if not self.is_unbounded:
            self.due_s = max(self.due_s + 1 / self.steps_per_s, now_s - _MAX_LAG_S)


class FramePace:
    """Says when a frame is due: at least 20 per second, fewer where they slow training down.

    There, frames take at most a sixth of the run's own time. (Not of wall time: a worker with many
    runs would make a frame in each slice, and hardly a step.)
    """

    def __init__(self) -> None:
        self._due_s = 0.0
        self._cost_s = 0.0  # of a frame, averaged: every fourth measures more
        self._trained_s = 0.0  # since the last frame

    def stepped(self, duration_s: float) -> None:
        """A step was taken."""
        self._trained_s += duration_s

    def is_due(self, now_s: float, *, is_hurried: bool) -> bool:
        """Whether to make a frame now; `is_hurried`: it would slow training down."""
        if now_s < self._due_s:
            return False
        return not is_hurried or self._trained_s >= (_SHARE_OF_TIME - 1) * self._cost_s

    def framed(self, begin_s: float, end_s: float, *, is_hurried: bool) -> None:
        """A frame was made from `begin_s` to `end_s`."""
        self._trained_s = 0.0
        weight = _WEIGHT_OF_NEWEST if self._cost_s else 1.0
        self._cost_s += weight * (end_s - begin_s - self._cost_s)
        interval_s = _HURRIED_INTERVAL_S if is_hurried else FRAME_INTERVAL_S
        # Counted from when it was due, so that small delays do not reduce the number of frames; but
        # long gaps are not made up for.
        self._due_s = max(self._due_s, begin_s - FRAME_INTERVAL_S) + interval_s
