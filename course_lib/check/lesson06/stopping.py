"""Exercise: when to stop, and which epoch's weights to keep."""

from course_lib.check.exercise import Exercise, Misconception, Property, case


def _stop(losses, patience, *, limit=0, ties=False, previous=False, keep=False):
    """(last epoch, best epoch), counted from 1; each keyword makes one mistake."""
    best, best_epoch, waited = float("inf"), 0, 0
    for epoch, loss in enumerate(losses, start=1):
        lowest = best
        if loss <= best if ties else loss < best:
            best, best_epoch, waited = loss, epoch, waited if keep else 0
        else:
            waited += 1
        if previous:
            best = loss
            waited = 0 if loss < lowest else waited
        if waited >= patience + limit:
            return epoch, best_epoch
    return len(losses), best_epoch


def _early_stop(losses, patience):
    return _stop(losses, patience)


def _keeps_the_last(losses, patience):
    last, _ = _stop(losses, patience)
    return last, last


def _looks_ahead(losses, patience):
    last, _ = _stop(losses, patience)
    return last, losses.index(min(losses)) + 1


def _counted_from_the_best_of_all(losses, patience):
    best = losses.index(min(losses)) + 1
    return min(best + patience, len(losses)), best


def _never_stops(losses, patience):
    return len(losses), losses.index(min(losses)) + 1


def _counts_from_zero(losses, patience):
    last, best = _stop(losses, patience)
    return last - 1, best - 1


def _off_by_one(losses, patience):
    return _stop(losses, patience, limit=1)


def _stops_at_the_best(losses, patience):
    _, best = _stop(losses, patience)
    return best, best


def _never_reset(losses, patience):
    return _stop(losses, patience, keep=True)


def _compared_with_previous(losses, patience):
    return _stop(losses, patience, previous=True)


def _ties_are_better(losses, patience):
    return _stop(losses, patience, ties=True)


def _swapped(losses, patience):
    return _stop(losses, patience)[::-1]


STOPPING = Exercise(
    name="early_stop",
    lesson=6,
    task="Say after which epoch training stops, and which epoch's weights are kept.",
    reference=_early_stop,
    properties=[
        Property(
            "Training stops when `patience` epochs in a row have brought no new best.",
            [
                case([0.9, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8], 3, note="best in epoch 2, patience 3"),
                case([0.9, 0.5, 0.6, 0.4, 0.6, 0.5, 0.6, 0.7, 0.7], 3, note="a new best while waiting"),
                case([0.4, 0.9, 0.8, 0.7, 0.6, 0.5], 3, note="falling, but not below the best"),
                case([0.5, 0.5, 0.5, 0.5, 0.5], 3, note="always the same"),
            ],
            points=2,
        ),
        Property(
            "The weights are those of the best epoch before the stop.",
            [
                case([0.6, 0.5, 0.7, 0.7, 0.3], 2, note="a better epoch that is never reached"),
                case([0.6, 0.4, 0.5, 0.4, 0.5, 0.5], 4, note="the best twice"),
            ],
        ),
        Property(
            "Without a stop, training ends with the last epoch; the best is kept all the same.",
            [
                case([0.9, 0.7, 0.6], 2, note="better in every epoch"),
                case([0.6, 0.4, 0.5, 0.5], 3, note="the patience does not run out"),
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "the last epoch's weights",
            "By the time one stops, the best epoch is some epochs past. Keeping the last throws away what was won.",
            _keeps_the_last,
        ),
        Misconception(
            "never stops",
            "The best epoch of all is found, but nobody stops: every epoch is looked at to the end.",
            _never_stops,
        ),
        Misconception(
            "a best epoch from after the stop",
            "What comes after the stop is never trained: no weights exist from there.",
            _looks_ahead,
        ),
        Misconception(
            "the best of all looked for first",
            "You know the end of the list, and training does not. It may stop before that best epoch comes; what comes "
            "after the stop is never trained.",
            _counted_from_the_best_of_all,
        ),
        Misconception(
            "counted from zero",
            "Epochs are counted from 1 here, as the curves do.",
            _counts_from_zero,
        ),
        Misconception(
            "patience off by one",
            "With patience 3, the third epoch in a row without a new best is the last.",
            _off_by_one,
        ),
        Misconception(
            "stops at the best epoch",
            "That it was the best can only be known later. Training goes on while it waits.",
            _stops_at_the_best,
        ),
        Misconception(
            "the count goes on although the loss got better",
            "A new best ends the waiting: the epochs without one have to come in a row.",
            _never_reset,
        ),
        Misconception(
            "compared with the epoch before",
            "A loss that is better than yesterday's can still be worse than the best.",
            _compared_with_previous,
        ),
        Misconception(
            "equal counts as better",
            "A loss that only equals the best one is no new best, and of two equal ones the first is kept.",
            _ties_are_better,
        ),
        Misconception(
            "the two epochs swapped",
            "Both numbers are right, in the other order: first the epoch of the stop, then the best one.",
            _swapped,
        ),
    ],
    hints=[
        "Walk through the losses, epochs counted from 1, and carry the best loss, its epoch, and the epochs waited.",
        "A new best is strictly lower than the one before it; it sets the waiting back to 0.",
        "When the waiting reaches the patience, return this epoch and the best one; after the loop, the last epoch.",
    ],
)
