"""How far training is: a bar in a terminal or notebook, a line an epoch where output goes into a file."""

import sys


class Progress:
    """Shows loss, validation Dice by patient, learning rate and time left.

    Args:
        show: False shows nothing.
        epochs: epochs in all.
        steps: batches in an epoch.
        first: epochs that are done already.
    """

    def __init__(self, show: bool, epochs: int, steps: int, first: int = 0):
        self.bar = None
        self.lines = show and not _is_interactive()
        self.epochs, self.steps, self.epoch, self.latest = epochs, steps, first, {}
        if show and not self.lines:
            from tqdm.auto import tqdm

            layout = "{desc} {percentage:3.0f}% |{bar}| {elapsed}, {remaining} left{postfix}"
            self.bar = tqdm(total=epochs * steps, initial=first * steps, bar_format=layout, mininterval=0.5)

    def begin_epoch(self, epoch: int):
        """Call before an epoch (from 0)."""
        self.epoch = epoch
        if self.bar is not None:
            self.bar.set_description_str(f"Epoch {epoch + 1}/{self.epochs}", refresh=False)

    def step(self, batch: int, logs: dict):
        """Call after a batch with Keras' logs."""
        if self.bar is not None:
            self.latest["loss"] = logs.get("loss", float("nan"))
            self._show()
            self.bar.update(1)

    def end_epoch(self, row: dict):
        """Call after an epoch with its row of the history."""
        self.latest = dict(row)
        if self.bar is not None:
            self._show()
        elif self.lines:
            print(f"Epoch {row['epoch']}/{self.epochs}: {_words(row)}", flush=True)

    def close(self):
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.close()

    def _show(self):
        self.bar.set_postfix_str(_words(self.latest), refresh=False)


def _words(row: dict) -> str:
    words = [f"loss {row['loss']:.4f}"] if "loss" in row else []
    if "val_dice" in row:
        words.append(f"validation Dice {row['val_dice']:.3f}")
    if "learning_rate" in row:
        words.append(f"rate {row['learning_rate']:.2g}")
    return ", ".join(words)


def _is_interactive() -> bool:
    """Whether somebody watches: a terminal, or a notebook's kernel."""
    if "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
        if shell is not None and hasattr(shell, "kernel"):
            return True
    return sys.stderr.isatty()
