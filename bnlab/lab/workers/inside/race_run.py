"""One run on a worker: when it steps, pauses, sends a frame and ends."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from bnlab.lab.runs.record import RunState
from bnlab.lab.workers.inside.pacing import FramePace, StepPace
from bnlab.lab.workers.inside.race import Race, have_all_reached_target
from bnlab.lab.workers.protocol.commands import (
    Command,
    Freeze,
    Pace,
    Pause,
    ResetStatistics,
    Resume,
    SetLearningRate,
    SetMomentum,
    Step,
    Stop,
    Watch,
    change_of,
)
from bnlab.results.frames import QUANTITIES, Frame, pack

FULL_EVERY = 4  # every fourth frame measures everything, the others what is watched

Send = Callable[[Mapping[str, Any], bytes], None]


class ActiveRun:
    """Advances one race in time slices and reports to the server.

    A run whose worker died is first repeated, without frames and at full speed, up to the step
    its log had reached. Until then commands wait, so that none changes numbers that were already
    seen.

    Args:
        run_id: the run.
        race: its networks, at step 0.
        pace: steps per second; 0 means full speed.
        is_paused: whether to pause once it is there.
        watch: what to measure in every frame.
        step: the step its log has reached, -1 for a new run.
        frames: the number of frames in its log.
        send: sends messages to the server.
    """

    def __init__(
        self,
        run_id: str,
        race: Race,
        *,
        pace: float,
        is_paused: bool,
        watch: Watch,
        step: int,
        frames: int,
        send: Send,
    ) -> None:
        self.run_id = run_id
        self.has_ended = False
        self.can_be_asked = True  # its networks are intact
        self.race = race
        self._send = send
        self._watch = watch
        self._is_paused = is_paused
        self._steps_left = 0  # of the single steps asked for
        self._repeat_to = step
        self._waiting: list[tuple[int, Command]] = []
        self._pace = StepPace(pace, now_s=time.perf_counter())
        self._frame_pace = FramePace()
        self._frames = frames
        self._frame_step = step

    def begin(self, device: str) -> None:
        """Send what never changes, and the first frame."""
        header = pack({}, self.race.header())
        self._send({"op": "begun", "run": self.run_id, "device": device}, header)
        self._tell("paused" if self._is_paused else "running")
        if self._repeat_to < 0:
            self._send_frame_bytes(self.race.first_frame.to_bytes())
            self._count_frame()

    @property
    def due_s(self) -> float:
        """When its next step is due, on `time.perf_counter`; infinity if paused or ended."""
        if self.has_ended:
            return math.inf
        if self._is_repeating or self._steps_left:
            return 0.0
        return math.inf if self._is_paused else self._pace.due_s

    def advance(self, until_s: float) -> None:
        """Take the steps that are due, at least one, until the slice is over."""
        while True:
            was_repeating = self._is_repeating
            begin_s = time.perf_counter()
            self.race.advance()
            now_s = time.perf_counter()
            if was_repeating:
                self._repeated()
            else:
                self._frame_pace.stepped(now_s - begin_s)
                self._stepped(now_s)
            if self.has_ended or now_s >= until_s or now_s < self.due_s:
                return

    def receive(self, number: int, command: Command) -> None:
        """Obey a command and acknowledge it; it waits while the run is being repeated."""
        if self._is_repeating and not isinstance(command, Stop):
            self._waiting.append((number, command))
            return
        obeyed = {"op": "obeyed", "id": number, "step": self.race.step}
        if isinstance(command, Stop):  # acknowledged first: nothing is after the end
            self._send(obeyed, b"")
            self._finish("cancelled", command.reason)
        else:
            self._obey(command)
            self._send(obeyed, b"")

    def fail(self, reason: str) -> None:
        """End the run as failed."""
        self.has_ended, self.can_be_asked = True, False
        self._tell("failed", reason)

    @property
    def _is_repeating(self) -> bool:
        return self.race.step < self._repeat_to

    def _obey(self, command: Command) -> None:
        match command:
            case Pause():
                self._rest()
            case Resume():
                self._steps_left = 0
                if self._is_paused:
                    self._is_paused = False
                    self._pace.set(self._pace.steps_per_s, now_s=time.perf_counter())
                    self._tell("running")
            case Step(n=n):
                if not self._is_paused:
                    self._rest()
                self._steps_left += n
            case SetLearningRate() | SetMomentum() | Freeze() | ResetStatistics():
                self.race.change(change_of(command))
                if self._is_paused and not self._steps_left:
                    self._send_frame(is_full=True)  # show statistics that were reset
            case Pace(steps_per_s=steps_per_s):
                self._pace.set(steps_per_s, now_s=time.perf_counter())
            case Watch():
                self._watch = command

    def _rest(self) -> None:
        if self._is_paused and not self._steps_left:
            return
        self._steps_left = 0
        self._send_frame(is_full=True)
        if not self._is_paused:
            self._is_paused = True
            self._tell("paused")

    def _repeated(self) -> None:
        """One step was repeated; after the last one, continue normally."""
        if self._is_repeating:
            return
        self._pace.set(self._pace.steps_per_s, now_s=time.perf_counter())
        if self.race.is_done:
            self._finish("completed")
        else:
            self._finish_if_at_target(self._send_frame(is_full=True))
        if self.has_ended:
            return
        waiting, self._waiting = self._waiting, []
        for number, command in waiting:
            self.receive(number, command)

    def _stepped(self, now_s: float) -> None:
        """A step was taken: end if the run is over, send a frame if one is due."""
        is_single = self._steps_left > 0
        if is_single:
            self._steps_left -= 1
        else:
            self._pace.stepped(now_s)
        if self.race.is_done:
            self._finish("completed")
        elif self.race.stops_at_target and self.race.was_evaluated:
            # Whether it is there is in a frame, which is needed at this very step: where a run ends
            # must not depend on when frames are due.
            self._finish_if_at_target(self._send_frame(is_full=is_single))
        elif self._is_frame_due(now_s) or (is_single and self._steps_left == 0):
            self._send_frame(is_full=is_single)

    def _is_frame_due(self, now_s: float) -> bool:
        return self._frame_pace.is_due(now_s, is_hurried=self._is_hurried(now_s))

    def _is_hurried(self, now_s: float) -> bool:
        """Whether a frame now would slow training down."""
        return not self._is_paused and self._pace.is_behind(now_s)

    def _finish_if_at_target(self, frame: Frame) -> None:
        if self.race.stops_at_target and have_all_reached_target(frame):
            self._finish("completed", "Every network has reached the target.")

    def _finish(self, state: RunState, reason: str = "") -> None:
        self._send_frame(is_full=True)
        self.has_ended = True
        self._tell(state, reason)

    def _send_frame(self, *, is_full: bool = False) -> Frame:
        begin_s = time.perf_counter()
        is_full = is_full or self._frames % FULL_EVERY == 0
        quantities = QUANTITIES if is_full else self._watch.quantities
        frame = self.race.look(quantities, pictures=is_full or self._watch.pictures)
        self._send_frame_bytes(frame.to_bytes())
        self._count_frame()
        end_s = time.perf_counter()
        self._frame_pace.framed(begin_s, end_s, is_hurried=self._is_hurried(end_s))
        return frame

    def _count_frame(self) -> None:
        # Counted as the log counts: a frame of the same step replaces the previous one. So every
        # fourth frame kept measures everything, even after the log has thinned them.
        self._frames += self.race.step > self._frame_step
        self._frame_step = self.race.step

    def _send_frame_bytes(self, data: bytes) -> None:
        self._send({"op": "frame", "run": self.run_id}, data)

    def _tell(self, state: RunState, reason: str = "") -> None:
        self._send({"op": "state", "run": self.run_id, "state": state, "reason": reason}, b"")
