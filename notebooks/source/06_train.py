# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 6 · Train
#
# **How do you know that training works before it ends?**
#
# Training a network is like baking with the oven door shut: hours pass, and a number falls. It falls when all goes
# well. It also falls when every mask lies over the wrong tissue, and when the network is learning three slices by
# heart. In this lesson you learn to look through the door: at what goes in, at how fast it learns, at what it makes of
# patients that it is not trained on. And you meet three watchmen who look while you sleep.
#
# | | |
# |---|---|
# | **You will be able to** | move slices and masks as pairs; find a learning rate; read curves while they grow; let callbacks cut the rate, stop, and bring back the best epoch; resume after a crash |
# | **Time** | 60 minutes |
# | **Memory, GPU** | 1.3 GB; a GPU is not needed, the slices are small |

# %% tags=["setup"]
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage

from course_lib import data, models, plots, training
from course_lib.check import check, hint

# %%
from course_lib.backend import keras, layers  # Keras, without the log of its start

# %% [markdown]
# We train on slices with tumour, and look at others, of patients that the network never sees. At 32 × 32 pixels a
# training takes seconds, so that we can afford to do it wrong.

# %%
root = data.find_data()
parts = data.split_by_patient(data.index_scans(root))
seen, unseen = (scans[scans.tumor_pixels > 0] for scans in (parts.train, parts.validation))
seen, unseen = seen.sample(min(len(seen), 176), random_state=0), unseen.sample(24, random_state=0)
seen_images, seen_masks = data.load_slices(seen, size=32)
held_out = (*data.load_slices(unseen, size=32), unseen.patient.to_numpy())
print(f"to train on: {len(seen)} slices of {seen.patient.nunique()} patients")
print(f"to look at: {len(unseen)} slices of {unseen.patient.nunique()} others")

# %% [markdown]
# One network serves the whole lesson. A `Snapshot` puts it back to its first weights before every training, so that
# trainings differ only in what we change. (`jit_compile=False` leaves out XLA, a second compiler, which is for
# graphics cards.)

# %%
keras.utils.set_random_seed(0)
model = models.unet((32, 32, 3), filters=(8, 16, 24, 32, 32))
for layer in model.layers:
    if isinstance(layer, layers.BatchNormalization):
        layer.momentum = 0.9  # Keras' 0.99 needs hundreds of steps to know an average; there will be few
model.compile(keras.optimizers.Adam(), loss=keras.losses.BinaryCrossentropy(), jit_compile=False)  # no XLA
start = training.Snapshot(model)
print(f"{model.count_params():,} numbers")

# %% [markdown]
# The loss is **binary cross-entropy**, the most common one: for every pixel, minus the logarithm of the probability
# that the network gave to the truth. Who is sure and wrong pays without limit. (Lesson 5 has better ones for tumours;
# this one shows most clearly what we are after here.)
#
# ## Where the time goes
#
# A training passes over all slices again and again; each pass is an **epoch**, cut into **batches** of eight slices,
# each followed by a step of the weights. First slices are read and decoded, or taken from memory if that was done
# before; then the network learns. Which of these costs how much?


# %%
def seconds(work):
    """How long a function without arguments takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


# %% tags=["nbval-ignore-output"]
batches = np.arange(len(seen) // 8 * 8).reshape(-1, 8)
spent = {
    "read and decode": seconds(lambda: [data.load_slices(seen.iloc[rows], size=32) for rows in batches]),
    "or take from memory": seconds(lambda: [(seen_images[rows], seen_masks[rows]) for rows in batches]),
}
training.fit_arrays(model, seen_images, seen_masks, epochs=1, progress=False)  # the first one builds TensorFlow's graph
spent["learn"] = seconds(lambda: training.fit_arrays(model, seen_images, seen_masks, epochs=1, progress=False))
print(f"reading takes {spent['read and decode'] / spent['or take from memory']:.0f} times as long as remembering")
axes = plots.time_spent(spent)
plots.show(axes, alt="Bars: reading and decoding, taking from memory, learning. That of memory is hardly to be seen")

# %% [markdown]
# Remembering costs next to nothing. Reading costs something even here, with small files on a local disk. On a network
# drive a first epoch on this data set was once measured at 3,285 seconds, and the next ones, from memory, at 115. And
# a graphics card makes *learn* many times shorter, and then waits for the rest. So: decode once, keep the bytes (176
# slices of 32 × 32 × 3 are half a megabyte), and then, in this order, shuffle, batch, vary at random, and prepare the
# next batch while the network learns from this one. `data.make_dataset` does that. Never keep what was varied: a
# network that sees the same variation in every epoch sees none.
#
# How many steps has an epoch? 100 slices in batches of eight make twelve steps, and four slices are left over. One may
# take them as a smaller batch, a thirteenth step, or leave them out, as this course does: the order is drawn anew for
# every epoch, so that other slices are left over next time.
#
# ## Vary, and look
#
# A tumour mirrored, turned or shifted a little is still a tumour. So every slice can stand for many: **augmentation**.
# What must happen to the mask? Solid lines are outlines, as everywhere in this course; in which row are they right?

# %%
moves = data.Augmentation(rotate=180).only("flip", "rotate", "scale", "shift")
some, outlines = data.load_slices(seen.nlargest(6, "tumor_pixels"), size=96)
moved, moved_outlines = data.augment_batch(some, outlines, moves, seed=3)
_, other_outlines = data.augment_batch(some, outlines, moves, seed=4)
rows = np.concatenate([some, moved, moved]), np.concatenate([outlines, moved_outlines, other_outlines])
titles = ["as loaded", *[""] * 5, "moved, I", *[""] * 5, "moved, II", *[""] * 5]
axes = plots.slice_grid(*rows, titles=titles, columns=6)
plots.show(axes, alt="Six slices in three rows: outlines on the tumours in the upper two; beside them in the third")

# %% [markdown]
# In the second row slice and mask moved together. In the third the mask moved too, by the same recipe, but by other
# random numbers. Both rows are what code can hand to a network, and only a picture tells them apart: all shapes fit,
# all values are in range, nothing raises an error.
#
# ### Exercise 1: pairs
#
# `ndimage.shift(picture, (0, 1.3, 0), order=1)` moves a picture of (height, width, channel) by 1.3 pixels along its
# width and brings in zeros behind it. `order=1` mixes neighbouring pixels, `order=0` takes the nearest one. Try both on
# a mask: what comes out?

# %%
line = np.array([0, 0, 1, 1, 0, 0, 0], float).reshape(1, 7, 1)
for order in (1, 0):
    print(f"order={order}:", ndimage.shift(line, (0, 1.3, 0), order=order).ravel().round(1))

# %% [markdown]
# Random numbers come from outside here, so that we can see what is done with them. This pair is to be mirrored, and then
# to move to the right by 0.6 pixels:

# %%
before = [np.array([[1, 2, 3, 0, 0, 0]] * 6), np.array([[0, 1, 1, 0, 0, 0]] * 6)]
after = [np.array([[0, 0, 0, 1.2, 2.6, 1.6]] * 6), np.array([[0, 0, 0, 0, 1, 1]] * 6)]
axes = plots.panels(before + after, ["slice", "mask", "slice, moved", "mask, moved"], numbers=True)
plots.show(axes, alt="Rows 1 2 3 0 0 0 and 0 1 1 0 0 0 become 0 0 0 1.2 2.6 1.6 and 0 0 0 0 1 1")


# %% exercise="move_pairs"
def move_pairs(images, masks, mirror, right):
    """Mirror and shift each slice together with its mask: new arrays (images, masks).

    images: (slice, height, width, channel) float. masks: the same axes, one channel, in {0, 1}; they stay so.
    mirror: (slice,) booleans, whether left and right change places. right: (slice,) pixels to shift to the right,
    after mirroring; may be fractional (then brightness mixes: order 1) or negative. What comes in from outside is 0.
    """
    ### BEGIN SOLUTION
    new, new_masks = [], []
    for k in range(len(images)):
        image, mask = images[k], masks[k]
        if mirror[k]:
            image, mask = image[:, ::-1], mask[:, ::-1]
        new.append(ndimage.shift(image, (0, right[k], 0), order=1))
        new_masks.append(ndimage.shift(mask, (0, right[k], 0), order=0))
    return np.stack(new), np.stack(new_masks)
    ### END SOLUTION


# %%
check("move_pairs", move_pairs)

# %% [markdown]
# Stuck? Run the next cell without its `#`, up to three times.

# %%
# hint("move_pairs")

# %% [markdown]
# ## How fast?
#
# The **learning rate** says how far a step moves the weights. Too low, and nothing happens before the money runs out;
# too high, and every step overshoots. Nobody knows the right one beforehand, but a minute's test finds it (Smith
# 2015): begin far too low, raise the rate a little with every step, and watch the loss.

# %% tags=["nbval-ignore-output"]
steps = training.rate_range_test(start.restore(), seen_images, seen_masks, lowest=1e-5, highest=10, steps=80)
smooth = steps.loss.rolling(7, center=True).mean()
lowest, there = smooth.min(), steps.learning_rate[smooth.idxmin()]
print(f"loss {smooth.max():.2f} at first, lowest ({lowest:.2f}) near the rate {there:.2g}, ", end="")
print(f"then up to {smooth[smooth.idxmin():].max():.2f} again")
axes = plots.rate_range(steps, chosen=0.02)
plots.show(axes, alt="Loss against learning rate: level on the left, falling in the middle, restless on the right")

# %% [markdown]
# Three landscapes, from left to right. *Too slow*: the loss hardly moves. *Good*: it falls with every step. *Too high*:
# it jumps about and gets worse. (Batch normalisation and Adam tame this network; with others the loss explodes there.)
# Where the loss is lowest the rate is already at the brink; people take about a tenth of that, or the place where it
# falls most steeply. We take 0.02.
#
# The rate that the original authors of this course's network took, 0.05, came with another setting of Adam
# (`epsilon=0.1`), which makes its steps much smaller. A rate alone says nothing.
#
# ## Together and apart
#
# Now the test that you would never do on purpose. Twice the same training, with the same slices, the same rate, the
# same number of steps. Once the masks move with their slices, once by random numbers of their own. What will the loss
# do the second time? And what the Dice on patients that the network has not seen?


# %%
def train_on_moved(apart, epochs=6):
    """A training on moved slices; `apart`: masks move by other random numbers."""
    start.restore(learning_rate=0.02)
    rows = []
    for number in range(epochs):
        moved, outlines = data.augment_batch(seen_images, seen_masks, moves, seed=number)
        if apart:
            _, outlines = data.augment_batch(seen_images, seen_masks, moves, seed=1000 + number)
        now = training.fit_arrays(model, moved, outlines, epochs=1, seed=number, validation=held_out, progress=False)
        rows.append(now.assign(epoch=number + 1))
    return pd.concat(rows, ignore_index=True)


# %% tags=["nbval-ignore-output"]
together, apart = train_on_moved(apart=False), train_on_moved(apart=True)
for name, history in (("together", together), ("apart", apart)):
    first, last = history.iloc[0], history.iloc[-1]
    print(f"{name:9} training loss {first.loss:.2f} → {last.loss:.2f}, validation loss {first.val_loss:.2f} → "
          f"{last.val_loss:.2f}, best validation Dice {history.val_dice.max():.2f}")  # fmt: skip
axes = plots.side_by_side({"moved together": together, "moved apart": apart})
plots.show(axes, alt="Two trainings: in both, losses fall; validation Dice rises in the left one only")

# %% [markdown]
# Look at the blue lines only, and cover the others. You would go to bed: the loss fell to a fraction, with masks that
# lay anywhere but on their tumours, and the validation loss raised no alarm. What was learned there is that tumour is
# rare, and lies somewhere in the head: true, and useless. Only a score that asks for tumours, on patients that were not
# trained on, tells. Dice is 0.
#
# So: look at a batch before the first step, exactly as the network gets it. And watch the validation Dice.
#
# ## By heart
#
# Lesson 3 let a network learn a batch by heart, as a test. Now we let it run, to see what that looks like from outside:
# three slices of one patient, repeated to 64, which is eight steps. Unseen patients are scored after every epoch.
#
# **24 epochs: in which one will the network be best on the unseen patients?** Best is where the validation loss is
# lowest.

# %% exercise="best_epoch"
### BEGIN SOLUTION
best_epoch = 20
### END SOLUTION

# %%
check("best_epoch", best_epoch)

# %% tags=["nbval-ignore-output"]
patient = np.flatnonzero(seen.patient == seen.patient.min())
few = np.resize(patient[[0, len(patient) // 2, -1]], 64)
start.restore(learning_rate=0.02)
by_heart = training.fit_arrays(model, seen_images[few], seen_masks[few], epochs=24, validation=held_out, progress=False)
turn, last = by_heart.val_loss.idxmin(), by_heart.iloc[-1]
print(f"training loss: {by_heart.loss[turn]:.3f} in epoch {turn + 1}, {last.loss:.3f} in the last")
print(f"validation loss: {by_heart.val_loss[turn]:.3f} in epoch {turn + 1}, {last.val_loss:.3f} in the last")
axes = plots.curves(by_heart.drop(columns="val_dice"))
plots.show(axes, alt="Training loss falls to nearly 0; validation loss falls, turns, and rises again to the end")

# %% [markdown]
# The best epoch is not the last. From there on the network gets better and better at three slices, and surer and surer
# of its mistakes on everybody else. This is **overfitting**, and the training loss will never tell you about it.
#
# Had you been there, you would have lowered the rate when it began to stall, stopped when it turned, and kept the
# weights of the best epoch. Three **callbacks** of Keras do this: code that is called after every epoch.
#
# ## The first watchman: a plateau cuts the rate
#
# `ReduceLROnPlateau` counts the epochs since the best one. When the count reaches its `patience`, it multiplies the
# learning rate by its `factor` and begins to count anew. Large steps first, then small ones, just when large ones no
# longer help. Here are twelve validation losses to follow with a finger; the numbers at the points are its count.

# %%
twelve = [0.60, 0.45, 0.40, 0.42, 0.41, 0.43, 0.38, 0.39, 0.40, 0.39, 0.41, 0.42]
plateau = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", patience=3, factor=0.2, min_delta=0)
told, _ = training.replay(twelve, [plateau], learning_rate=0.02)
axes = plots.steered(told, patience=3)
plots.show(axes, alt="Twelve losses, the count of epochs since the best at each; below, the rate falls after each 3")

# %% [markdown]
# In epoch 5 the loss was better than in epoch 4, and the count went on: it is the *best* that has to be beaten.
# (`min_delta=0` lets any improvement count; without it Keras wants at least 0.0001.)
#
# ### Exercise 2: the rate of every epoch


# %% exercise="plateau_rates"
def plateau_rates(losses, rate, patience, factor):
    """The learning rate that each epoch is trained with, as a list.

    losses: the validation loss after each epoch. rate: that of the first epoch. After `patience` epochs in a row
    whose loss is not lower than the best one before, the following epoch's rate is multiplied by `factor`, and the
    count begins again at 0; the best loss stays the best.
    """
    ### BEGIN SOLUTION
    rates, best, waited = [], float("inf"), 0
    for loss in losses:
        rates.append(rate)
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited == patience:
            rate, waited = rate * factor, 0
    return rates
    ### END SOLUTION


# %%
check("plateau_rates", plateau_rates)

# %%
# hint("plateau_rates")

# %% [markdown]
# ## The second and the third: stop, and bring back the best
#
# `EarlyStopping` counts in the same way, with more patience, and then ends the training. By then the best epoch is some
# epochs past. With `restore_best_weights=True` its weights come back. To see that, we let the same twelve losses go by
# a "network" of a single weight, whose value is the number of the epoch.

# %%
stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=4, restore_best_weights=True)
told, weight = training.replay(twelve, [stop])
print(f"stopped after epoch {len(told)}; the weight in the end: {weight}")
axes = plots.steered(told, patience=4, stopped=len(told), restored=weight, rate=False)
plots.show(axes, alt="The same losses up to epoch 11, where a line says stop; epoch 7, the lowest, is ringed: restored")

# %% [markdown]
# `ModelCheckpoint` does with a file what `restore_best_weights` does in memory: it saves whenever there is a new best.
# So after a power cut the best weights are still there; all that came after them is lost. To go on where it stopped
# takes more: see below.
#
# ### Exercise 3: when, and which?


# %% exercise="early_stop"
def early_stop(losses, patience):
    """(last epoch, best epoch): after which epoch training ends, and which one's weights are kept. Counted from 1.

    losses: the validation loss after each epoch that would be trained. Training ends after `patience` epochs in a row
    that are not lower than the best one before; or with the last. Of equal losses the first is the best.
    """
    ### BEGIN SOLUTION
    least, kept = float("inf"), 0
    for epoch, loss in enumerate(losses, start=1):
        if loss < least:
            least, kept = loss, epoch
        elif epoch - kept == patience:
            return epoch, kept
    return len(losses), kept
    ### END SOLUTION


# %%
check("early_stop", early_stop)

# %%
# hint("early_stop")

# %% [markdown]
# ## All three on duty
#
# Now for real: the training on three slices once more, watched. `live=True` draws the curves anew after every epoch,
# so that you can watch too, and stop the cell when you have seen enough.

# %% tags=["nbval-ignore-output"]
folder = Path(tempfile.mkdtemp())
watch = {"monitor": "val_loss", "mode": "min"}
watchmen = [
    keras.callbacks.ReduceLROnPlateau(patience=3, factor=0.2, **watch),
    keras.callbacks.EarlyStopping(patience=8, restore_best_weights=True, **watch),
    keras.callbacks.ModelCheckpoint(folder / "best.weights.h5", save_best_only=True, save_weights_only=True, **watch),
]
common = {"epochs": 40, "validation": held_out, "callbacks": watchmen, "live": True, "progress": False}
watched = training.fit_arrays(start.restore(learning_rate=0.02), seen_images[few], seen_masks[few], **common)

# %% [markdown]
# The dotted line marks the epoch of the best Dice; our watchmen watch the loss, and the two need not agree. What did
# they do? Find in the next picture: the epochs in which the rate was cut, the end, and the epoch that was restored.

# %% tags=["nbval-ignore-output"]
best = int(watched.epoch[watched.val_loss.idxmin()])
cuts = watched.learning_rate.nunique() - 1
print(f"stopped after epoch {len(watched)} of 40; best: epoch {best}; the rate was cut {cuts} times")
axes = plots.curves(watched.drop(columns="val_dice"), restored=best)
plots.show(axes, alt="Losses with the steps of the rate; an arrow leads from the last epoch back to the restored one")

# %% [markdown]
# Believe it? The network in memory should score what the best epoch scored, not the last; and so should the file.

# %% tags=["nbval-ignore-output"]
in_memory = training.score(model, *held_out)
model.load_weights(folder / "best.weights.h5")
on_disk = training.score(model, *held_out)
rows = {"best epoch": watched.iloc[best - 1], "last epoch": watched.iloc[-1], "in memory": in_memory}
pd.DataFrame({**rows, "on disk": on_disk}).T[["val_loss", "val_dice"]].astype(float).round(3)

# %% [markdown]
# Three watchmen cannot make a good network out of three slices. They saved you from a worse one, and the time.
#
# ## The recipe
#
# A training is decided by a handful of settings, and the original authors' are known: patience 10 and factor 0.2 for
# the rate, 30 for the stop, 60 epochs. With a patience of 10, a training of six epochs never sees a cut: patience is
# counted in epochs, and has to fit their number. A `Recipe` holds all of it, and refuses impossible values.
# `original()` is theirs, `full()` ours for a graphics card, `fast()` for your machine.

# %%
recipes = {name: getattr(training.Recipe, name)() for name in ("original", "full", "fast")}
names = ["size", "width", "batch", "epochs", "learning_rate", "epsilon", "schedule", "warmup"]
names += ["plateau_patience", "plateau_factor", "stopping_patience", "monitor", "empty_per_tumor", "standardise"]
settings = {title: [str(getattr(recipe, name)) for name in names] for title, recipe in recipes.items()}
settings = pd.DataFrame(settings, index=names)
settings.loc[["plateau_patience", "plateau_factor"], settings.loc["schedule"] != "plateau"] = "–"  # not used
settings

# %% [markdown]
# Three rows to notice. `monitor`: the original watches the validation loss, ours the validation Dice by patient, the
# number that is reported in the end. `schedule`: our fast recipe lets the rate fall along a cosine, whatever
# validation says. In 30 epochs a patience of 10 would leave room for two cuts at most. And `standardise`: what you did
# by hand in lesson 1 is the first layer of our networks, which bring each sequence of a slice to one mean and spread.
# Of all that we tried on real patients nothing helped as much ([results/runs.csv](../results/runs.csv)).
#
# ## Pull the plug
#
# A long training will be interrupted. A laptop goes to sleep, Colab takes its machine back. `training.train` works by a
# recipe, into a folder, and leaves there after every epoch all that the next one depends on: weights, the optimiser's
# memory, the learning rate, what the watchmen have counted. The order of the slices and their variation follow from
# the recipe's seed and the number of the epoch.
#
# We cannot kill this kernel without ending your lesson. But a copy of the folder, taken before the third epoch, is just
# what a process killed there would leave behind. So: train a tiny network for four epochs, and copy on the way.

# %%
few_patients, whole, left = folder / "kaggle_3m", folder / "whole", folder / "left"
for name in seen.patient.unique()[:5]:
    shutil.copytree(root / name, few_patients / name)
tiny = training.Recipe(network="unet", weights=None, width=0.05, size=32, epochs=4, validation=0.2, test=0.2)
copy = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epoch == 2 and shutil.copytree(whole, left))
run = training.train(tiny, few_patients, whole, progress=False, callbacks=[copy])
print("in the folder:", ", ".join(sorted(path.name for path in left.iterdir())))
print(f"epochs: {len(run.history)} in the whole run, {len(training.load_run(left).history)} in what was left")

# %% [markdown]
# Now resume what was left. If anything was forgotten, an optimiser's moment or a random number, epochs 3 and 4 come out
# differently. Do they? (The watchmen's counts come back too, but with a patience of 10 four epochs cannot show it.)

# %% tags=["nbval-ignore-output"]
resumed = training.train(tiny, few_patients, left, resume=True, progress=False)
largest = (resumed.history - run.history).abs().to_numpy().max()
print(f"epochs: {len(resumed.history)}; largest difference of any number in the two histories: {largest:.5f}")
shutil.rmtree(folder)
resumed.history.round(4)

# %% [markdown]
# As if nothing had happened. On the command line it is `course train … --resume`. Try it with a real kill: start one,
# press Ctrl-C, resume.
#
# ## Four trainings
#
# You have seen three kinds of curves. Here are four trainings without their names, each six epochs or more. Which one
# has too low a rate, which one masks that moved apart, which one too few slices, and which one is well?

# %% tags=["nbval-ignore-output"]
start.restore(learning_rate=1e-4)
slow = training.fit_arrays(model, seen_images, seen_masks, epochs=6, validation=held_out, progress=False)
four = {"together": together, "apart": apart, "by heart": by_heart, "slow": slow}
axes = plots.side_by_side(four, columns=4, shuffle=12)  # names taken off, drawn in another order
plots.show(axes, alt="Four trainings A to D, each with training loss, validation loss and validation Dice by epoch")

# %% [markdown]
# ### Exercise 4: in your own words
#
# A sentence or two for each of A to D: what do the curves show, and what would you do next? A person reads this.

# %% exercise="four_trainings"
### BEGIN SOLUTION
four_trainings = (
    "A: both losses fall, but validation Dice stays at 0: the network has learned that tumour is rare, not where it "
    "is. I would look at a batch with its outlines; the masks probably do not lie on the tumours. B: the training "
    "loss goes to nearly 0 while the validation loss turns: overfitting on too few slices. More patients, "
    "augmentation, and the weights of the best epoch. C: everything falls, but slowly, and Dice has not begun: the "
    "rate is too low, a range test finds a better one. D: both losses fall together and Dice rises: go on."
)
### END SOLUTION

# %%
check("four_trainings", four_trainings)

# %% [markdown]
# ## In this lesson
#
# - Decode once, keep bytes in memory, vary anew in every epoch; look at a batch as the network gets it.
# - Slice and mask share their random numbers. Moved apart, the loss still falls, and nothing is learned.
# - A range test finds the learning rate in some eighty steps.
# - The best epoch is not the last: one watchman cuts the rate, one stops, one keeps the best weights.
# - A training that can be resumed is one that has kept everything: weights, optimiser, counts, seeds.
#
# How do you know that training works before it ends? By patients that it is not trained on, after every epoch.
#
# **To read:** Smith 2015, *Cyclical Learning Rates for Training Neural Networks* ([arXiv
# 1506.01186](https://arxiv.org/abs/1506.01186)), whose range test you have run; Kingma and Ba 2014, *Adam* ([arXiv
# 1412.6980](https://arxiv.org/abs/1412.6980)), whose `epsilon` matters more than people think.
#
# Next, in lesson 7: where exactly is it wrong?

# %%
from course_lib import progress

progress.show(6)
