"""Exercise: a learning rate that falls when validation stalls."""

from course_lib.check.exercise import Exercise, Misconception, Property, case


def _rates(losses, rate, patience, factor, *, limit=0, keep_after_cut=False, keep_when_better=False, ties=False,
           previous=False, from_start=False, kept_best=False, least=0):  # fmt: skip
    """The rate of every epoch; each keyword makes one mistake."""
    rates, best, waited, cuts = [], float("inf"), 0, 0
    for loss in losses:
        rates.append(rate * (factor if from_start and cuts else factor**cuts))
        better = loss <= best if ties else loss < best - least
        if better:
            best, waited = loss, waited if keep_when_better else 0
        else:
            waited += 1
        if previous:
            best = loss
        if waited >= patience + limit:
            cuts += 1
            waited = waited if keep_after_cut else 0
            best = float("inf") if kept_best else best
    return rates


def _plateau_rates(losses, rate, patience, factor):
    return _rates(losses, rate, patience, factor)


def _off_by_one(losses, rate, patience, factor):
    return _rates(losses, rate, patience, factor, limit=1)


def _never_reset_when_better(losses, rate, patience, factor):
    return _rates(losses, rate, patience, factor, keep_when_better=True)


def _never_reset_after_a_cut(losses, rate, patience, factor):
    return _rates(losses, rate, patience, factor, keep_after_cut=True)


def _ties_are_better(losses, rate, patience, factor):
    return _rates(losses, rate, patience, factor, ties=True)


def _compared_with_previous(losses, rate, patience, factor):
    return _rates(losses, rate, patience, factor, previous=True)


def _best_forgotten_after_a_cut(losses, rate, patience, factor):
    return _rates(losses, rate, patience, factor, kept_best=True)


def _small_gains_do_not_count(losses, rate, patience, factor):
    return _rates(losses, rate, patience, factor, least=1e-4)


def _cut_only_once(losses, rate, patience, factor):
    return _rates(losses, rate, patience, factor, from_start=True)


def _every_so_many_epochs(losses, rate, patience, factor):
    return [rate * factor ** (epoch // patience) for epoch in range(len(losses))]


def _one_epoch_early(losses, rate, patience, factor):
    return _rates([*losses, losses[-1]], rate, patience, factor)[1:]


PLATEAU = Exercise(
    name="plateau_rates",
    lesson=6,
    task="Say which learning rate every epoch has, from the validation losses, the patience and the factor.",
    reference=_plateau_rates,
    properties=[
        Property(
            "As long as the loss keeps falling, the rate stays.",
            [
                case([0.9, 0.7, 0.6, 0.5], 0.1, 2, 0.5, note="better in every epoch"),
                case([0.5, 0.49995, 0.4999, 0.49985], 0.1, 2, 0.5, note="better in every epoch, by very little"),
            ],
        ),
        Property(
            "After `patience` epochs without a new best, the next epoch's rate is multiplied by the factor.",
            [
                case([0.5, 0.6, 0.6, 0.4], 0.1, 2, 0.5, note="two epochs no better, patience 2"),
                case([0.5, 0.6, 0.4, 0.5, 0.3, 0.4, 0.2], 0.1, 2, 0.5, note="never two in a row"),
                case([0.9, 0.5, 0.8, 0.7, 0.6, 0.6], 0.1, 3, 0.5, note="falling, but not below the best"),
                case([0.5, 0.5, 0.5, 0.4], 0.1, 2, 0.5, note="as good as the best is not better"),
            ],
            points=2,
        ),
        Property(
            "After a cut the count begins again, and the best so far is still the best.",
            [
                case([0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6], 0.1, 2, 0.5, note="a long plateau"),
                case([0.3, 0.6, 0.5, 0.4, 0.35, 0.4, 0.4, 0.4], 0.1, 2, 0.5, note="after the cut better, but no best"),
            ],
        ),
    ],
    misconceptions=[
        Misconception(
            "a cut every so many epochs",
            "A rate that falls by the calendar is a schedule. This one falls only when validation has stalled.",
            _every_so_many_epochs,
        ),
        Misconception(
            "the count goes on although the loss got better",
            "A new best ends the waiting: patience counts the epochs since then.",
            _never_reset_when_better,
        ),
        Misconception(
            "the count goes on after a cut",
            "Once the rate is cut, the new one gets a chance of its own. Here it is cut again at once.",
            _never_reset_after_a_cut,
        ),
        Misconception(
            "patience off by one",
            "With patience 2, the second epoch without a new best is the last that keeps the rate.",
            _off_by_one,
        ),
        Misconception(
            "compared with the epoch before",
            "A loss that is better than yesterday's can still be worse than the best: up and down is no progress.",
            _compared_with_previous,
        ),
        Misconception(
            "equal counts as better",
            "A loss that only equals the best one is what a plateau looks like.",
            _ties_are_better,
        ),
        Misconception(
            "the best forgotten after a cut",
            "A cut does not wipe out what was reached: the best loss stays the one to beat.",
            _best_forgotten_after_a_cut,
        ),
        Misconception(
            "small gains not counted",
            "That is Keras' habit, whose `min_delta` is 0.0001 unless one says otherwise. Here any lower loss is a new "
            "best.",
            _small_gains_do_not_count,
        ),
        Misconception(
            "cut only once",
            "The second cut multiplies the rate that the first one left, not the one from the start.",
            _cut_only_once,
        ),
        Misconception(
            "one epoch too early",
            "What validation says after an epoch can only change the next one: this epoch has been trained already.",
            _one_epoch_early,
        ),
    ],
    hints=[
        "Walk through the losses and carry three things: the rate in force, the best loss so far, epochs waited.",
        "An epoch's rate is noted first; then its loss is looked at, and may change the rate of the next one.",
        "Better than the best: note it, wait 0. Else wait one more; at `patience`, multiply the rate and wait 0.",
    ],
)
