"""A thread that asks things of the server until the soak ends."""

import random
import threading
import traceback


class Actor(threading.Thread):
    """Draws all its chances from the seed and its name, so that a run can be had again as far as threads allow."""

    def __init__(self, soak, name):
        super().__init__(name=name, daemon=True)
        self.soak, self.chance, self.steps = soak, random.Random(f"{soak.seed} {name}"), 0

    def step(self):
        raise NotImplementedError

    def run_to_the_end(self):
        while not self.soak.stopping.is_set():
            self.step()
            self.steps += 1

    def run(self):
        try:
            self.run_to_the_end()
        except Exception:
            self.soak.defect(f"{self.name}: ended by an exception", traceback.format_exc())
