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
# # 7 · See predictions
#
# **Where exactly is it wrong?**
#
# Somebody tells you that a network reaches a Dice of .80. You know now how much it shares with the expert. You do not
# know whether it keeps one pixel's distance all round every tumour, or draws nine tumours to the pixel and never sees
# the tenth. The number is the same. To the tenth patient it is not. In this lesson you look: at one slice, at the best
# and the worst patient, at every slice of one head. At the end you take the pencil yourself, and see how near to the
# expert a careful human comes.
#
# | | |
# |---|---|
# | **You will be able to** | make overlays, contours and error maps; judge a threshold; compare best and worst patients; clean a mask; draw a figure fit for a report; predict a scan of your own |
# | **Time** | 50 minutes |
# | **Memory, GPU** | 1.4 GB; a GPU is not needed |

# %% tags=["setup"]
from pathlib import Path

import numpy as np
from PIL import Image

from course_lib import data, evaluation, masks, models, plots, training, widgets
from course_lib.backend import keras  # Keras, without the log of its start
from course_lib.check import check, hint

# %% [markdown]
# ## A network, and patients that it has not seen
#
# The network that ships with this course is two networks whose answers are averaged. Each is lesson 4's: a U-Net with
# VGG19 as its way down, of a quarter of the width, trained on the same real patients, but from random weights of its
# own ([their card](../data/model/README.md)). The first layer of each standardises every slice by its brain, as you did
# by hand in lesson 1. `unseen` leaves out the patients that they were trained or chosen on, if you have the real data.
# Of phantoms they have seen none.

# %%
scans = models.unseen(data.index_scans(data.find_data())).reset_index(drop=True)
images, truths = data.load_slices(scans, size=128)
truths = truths[..., 0] > 0
print(f"{scans.patient.nunique()} patients, {len(scans)} slices, {truths.any(axis=(1, 2)).sum()} with tumour")

# %% [markdown]
# It takes slices of 64 pixels, and answers with a probability for every pixel, the mean of the two. We enlarge the
# probabilities, not the masks: between a pixel that is surely tumour and one that surely is not, the border can then
# lie in between.

# %%
network = models.shipped_model()
small, _ = data.load_slices(scans, size=network.input_shape[1])
probabilities = evaluation.resize_probabilities(evaluation.predict_slices(network, small), 128)[..., 0]
guesses = probabilities >= 0.5
print("probabilities:", probabilities.shape, f"from {probabilities.min():.2f} to {probabilities.max():.2f}")

# %% [markdown]
# ## One slice, three ways
#
# Which slice? The best would flatter, the worst would frighten. We sort all tumour slices by Dice and take the one in
# the middle. What does the network say about it?

# %%
with_tumor = np.flatnonzero(truths.any(axis=(1, 2)))
slice_dice = np.array([evaluation.dice_score(truths[k], guesses[k]) for k in with_tumor])
one = with_tumor[slice_dice.argsort()[len(with_tumor) // 2]]
axes = plots.overlay(images[one], probabilities[one], title=f"{scans.patient[one]}, slice {scans.slice[one]}")
plots.show(axes, alt="A FLAIR slice, the network's probabilities in colour: high all over the lesion")

# %% [markdown]
# An **overlay** shows how sure the network is, and hides the scan below it. It says nothing about who is right. For
# that, draw both outlines: the expert's solid, the network's, at a threshold of 0.5, dashed. This is a **contour**.

# %%
axes = plots.contour(images[one], truths[one], guesses[one])
print(f"Dice of this slice: {np.median(slice_dice):.2f}")
plots.show(axes, alt="The same slice with two outlines: the dashed one runs just outside the other nearly all round")

# %% [markdown]
# Half of all tumour slices look better than this, half worse. The dashed line runs a pixel or so outside the solid one
# nearly all the way round. Is that good? To see *how* it is wrong, ask of every pixel what became of it.
#
# ### Exercise 1: what became of every pixel?
#
# There are four answers, and each gets a number: **0** healthy, and left alone; **1** a *hit*, tumour that was
# guessed; **2** a *miss*, tumour that was not; **3** a *false alarm*, a guess where there is no tumour. Tumour is
# guessed where the probability is at least the threshold. On a picture of four by four pixels:

# %%
few = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]])
sure = np.array([[0, 0.1, 0.2, 0], [0.1, 0.9, 0.4, 0.1], [0.7, 1, 0.5, 0.2], [0.1, 0.6, 0.3, 0]])
codes = np.array([[0, 0, 0, 0], [0, 1, 2, 0], [3, 1, 1, 0], [0, 3, 0, 0]])
axes = plots.panels([few, sure, codes], ["the expert's mask", "probability", "codes at 0.5"], numbers=True)
plots.show(axes, alt="Of four tumour pixels three are 1, one of probability 0.4 is 2; outside two guesses are 3, the rest 0")


# %% exercise="error_codes"
def error_codes(truth, probability, threshold):
    """What became of every pixel: 0, 1, 2 or 3.

    truth: (height, width) boolean, the expert's mask. probability: of the same shape, 0 to 1. threshold: a number;
    a pixel of at least this probability is guessed to be tumour. Returns (height, width) whole numbers.
    """
    ### BEGIN SOLUTION
    guess = probability >= threshold
    codes = np.zeros(truth.shape, np.uint8)
    codes[truth & guess] = 1
    codes[truth & ~guess] = 2
    codes[~truth & guess] = 3
    return codes
    ### END SOLUTION


# %%
check("error_codes", error_codes)

# %% [markdown]
# Stuck? Run the next cell without its `#`, up to three times.

# %%
# hint("error_codes")

# %% [markdown]
# Coloured, the codes make the **error map**, the picture to remember. Hits are plain blue, misses are hatched, false
# alarms are dotted: whoever does not see the colours reads the patterns.

# %%
axes = plots.error_map(images[one], truths[one], guesses[one])
counts = np.bincount(masks.error_codes(truths[one], probabilities[one]).ravel(), minlength=4)
print(dict(zip(["healthy", "hits", "misses", "false alarms"], counts.tolist())))
plots.show(axes, alt="The error map: a blue area of hits, round it a thin rim of false alarms, few misses")

# %% [markdown]
# ## Where the threshold lies
#
# Why 0.5? Move the slider. Which errors grow as it goes up, which as it goes down? Is there a place where both vanish?

# %%
widgets.threshold_explorer(probabilities[one], truths[one], images[one])

# %% [markdown]
# Up: misses. Down: false alarms. And nowhere none of both. Dice is best well above 0.5: most of the rim goes before
# much of the tumour does. Would every slice say so?
#
# ### Exercise 2: the best threshold
#
# Try a list of thresholds, and give back the one with the best Dice (`evaluation.dice_score(truth, mask)` computes
# it). If several are equally good, give back the highest of them: it marks no pixel more than needed.


# %% exercise="best_threshold"
def best_threshold(truth, probability, thresholds):
    """The threshold with the best Dice; of several equally good ones the highest.

    truth: (height, width) boolean. probability: the same shape, 0 to 1; tumour is guessed where it is at least the
    threshold. thresholds: list of numbers, in any order. Returns one of them.
    """
    ### BEGIN SOLUTION
    best, best_dice = None, -1
    for threshold in sorted(thresholds):
        dice = evaluation.dice_score(truth, probability >= threshold)
        if dice >= best_dice:
            best, best_dice = threshold, dice
    return best
    ### END SOLUTION


# %%
check("best_threshold", best_threshold)

# %%
# hint("best_threshold")

# %% [markdown]
# Now for all patients, each one's whole volume: a thin line for each, the mean in black, and a ring at each one's best
# threshold. What do you expect: one place where all the rings meet?

# %%
rows = [scans.index[scans.patient == name] for name in scans.patient.unique()]
thresholds = np.round(np.arange(0.05, 1, 0.05), 2)
dice = np.array([[evaluation.dice_score(truths[k], probabilities[k] >= t) for t in thresholds] for k in rows])
one_worst, other = dice[:, thresholds == 0.5].ravel().argsort()[:2]
axes = plots.dice_by_threshold(thresholds, dice, marked={"the worst patient": one_worst, "the second worst": other})
mean, wide = dice.mean(axis=0), (thresholds >= 0.35) & (thresholds <= 0.75)
print(f"mean from .35 to .75: {mean[wide].min():.2f} to {mean[wide].max():.2f}, at .95: {mean[-1]:.2f}")
print(f"the worst at best: {dice[one_worst].max():.2f}; the second worst at best: {dice[other].max():.2f}")
print(f"the steepest line from .45 to .55: {(dice[:, 10] - dice[:, 8]).max():.2f} up")
plots.show(axes, alt="Dice against threshold: the mean flat in the middle, rings at many places, one line leaps")

# %% [markdown]
# The mean is nearly flat in the middle; the rings scatter: what is best for one patient is not for the next. One line
# leaps up near 0.5. Why there? In healthy tissue of that head one of the two networks is sure of a tumour, the other
# sure that there is none: their mean is about a half, and a hair of threshold decides. But the two lines at the bottom
# have no good place at all: to what a network does not see, no threshold helps. (If you do choose one, choose it on
# patients that you will not report: that is for lesson 8.)
#
# ## From worst to best
#
# Every patient's Dice, from worst to best.

# %%
table = evaluation.score_patients(scans, probabilities).sort_values("dice", ignore_index=True)
axes = plots.patient_scores(table)
plots.show(axes, alt="Every patient's Dice from worst to best: one at 0, one at .35, six about .7, the others above .8")

# %% [markdown]
# Most patients are better than the mean; a few are so much worse that they pull it down. Who are they? We look at the
# two worst, two from a third of the way up, the two best, each on the slice with the largest tumour.

# %%
third = len(table) // 3
some = table.iloc[[0, 1, third, third + 1, -2, -1]]
largest = [scans.tumor_pixels[scans.patient == name].idxmax() for name in some.patient]
titles = ["worst", "second worst", "a third up", "a third up", "second best", "best"]
labels = [f"patient's Dice {score:.2f}" for score in some.dice]
axes = plots.error_gallery(images[largest], truths[largest], guesses[largest], titles, labels)
plots.show(axes, alt="Six patients from worst to best: one tumour all missed, then errors mostly at borders")

# %%
some[["patient", "tumor_slices", "dice", "precision", "recall"]].round(2)

# %% [markdown]
# Read the table beside the picture. *Recall* is the share of the tumour that was found, *precision* the share of what
# was marked that is tumour. In the worst patient nothing is marked at all: recall is 0, and there is nothing of which
# precision could be a share (NaN). In the second worst most of what is marked is tumour, but it is only a fifth of the
# tumour. Odd: on the slice shown most was found. Keep that in mind. In the other four the errors on *these* slices lie
# along the border, and in a dark gap that one guess has filled. And compare the two a third of the way up: nearly the
# same Dice, but one guess is too tight (precision above recall), the other too wide. One number does not tell them
# apart; the picture does.
#
# The gallery shows FLAIR only. Is it that the worst lack the other sequences? Whose are copies of FLAIR, as in lesson
# 1? And how does the worst look?

# %%
for name, score in zip(table.patient, table.dice):
    if copies := data.missing_sequences(images[scans.patient == name]):
        print(f"{name}: {' and '.join(copies)} copied from FLAIR, Dice {score:.2f}")
axes = plots.sequences(images[largest[0]], truths[largest[0]])
plots.show(axes, alt="The worst patient's slice in three sequences: three times the same picture, the tumour faint")

# %% [markdown]
# Two patients lack sequences. The worst is one of them: three times the same picture. But the other is one of the two a
# third of the way up, and its tumour was found. This network has been prepared for that: in its training FLAIR now and
# then stood in for another sequence ([its card](../data/model/README.md)). And the second worst lacks nothing. So what
# do the two worst share? Look at the gallery's upper row again: in which of them would *you* have found the tumour?
#
# ### Exercise 3: in your own words
#
# In three or four sentences: where is the network wrong, in the worst patients and in the others? And what about the
# scans of the two worst may have made it hard? A person reads this.

# %% exercise="what_the_worst_share"
### BEGIN SOLUTION
what_the_worst_share = (
    "In the two worst patients most of the tumour is missed: of the one nothing is found, of the other a fifth, "
    "although on the slice shown most of it is. Both tumours are hardly brighter than the brain around them; I might "
    "have overlooked them myself. That one of the two has copies of FLAIR in place of the other sequences cannot be "
    "what they share: the other one has them all. In the others the errors on these slices lie mostly along the "
    "border, here too tight, there too wide."
)
### END SOLUTION

# %%
check("what_the_worst_share", what_the_worst_share)

# %% [markdown]
# Whatever you suspect: two patients can give you an idea, but not prove it. Suppose it is that their tumours are faint.
# Then ask everybody, not the two only: how bright is the tumour in FLAIR, beside the rest of the head, on the slice
# with the largest one? (1 would be: not brighter at all.) Guess first: what Dice have the five faintest, what the five
# brightest?

# %%
chosen = scans.groupby("patient").tumor_pixels.idxmax()[table.patient]
brightness = []
for flair, tumor in zip(images[chosen, ..., 1], truths[chosen]):
    head = (flair > 30) & ~tumor  # what is darker is air
    brightness.append(np.median(flair[tumor]) / np.median(flair[head]))
by_brightness = table.assign(brightness=brightness).sort_values("brightness").iloc[[*range(5), *range(-5, 0)]]
by_brightness[["patient", "brightness", "dice", "precision", "recall"]].round(2)

# %% [markdown]
# The five faintest are all among the six with the lowest Dice. The one left of these six is among the five brightest:
# its tumour is found nearly whole (recall), but more than half of what is marked is something else (precision). The
# other four of the brightest are drawn well. So faintness may explain much, not all; and what holds for everybody at
# hand is still no proof of a cause: in lesson 9 you change the scans on purpose.
#
# ## A whole patient at a glance
#
# So far we chose the slice with the largest tumour, where it is easiest to find. Whom did that flatter most? We compare
# every patient's Dice on that slice with the Dice of the whole volume.

# %%
chosen_dice = np.array([evaluation.dice_score(truths[k], guesses[k]) for k in chosen])
flattered = int((chosen_dice - table.dice).argmax())
name = table.patient[flattered]
print(f"{name}: Dice {chosen_dice[flattered]:.2f} on that slice, {table.dice[flattered]:.2f} on the whole volume")

# %% [markdown]
# The second worst: good enough on that slice, poor on the whole volume. What happened on the other slices? Here are
# *all* of this patient's, from the neck up. Look for blue.

# %%
rows = scans.index[scans.patient == name]
axes = plots.patient_errors(images[rows], truths[rows], guesses[rows], scans.slice[rows].tolist(), title=name)
shows = truths[rows].any(axis=(1, 2))
found = (truths[rows] & guesses[rows]).any(axis=(1, 2))
print(f"tumour on {shows.sum()} slices, a part of it found on {found.sum()}")
plots.show(axes, alt="All slices of one patient, errors in colour, and bars: hits on three slices, crumbs on two")

# %% [markdown]
# Three slices are blue, two have a crumb of it, and on the other ten nothing was found. The slice that we had chosen is
# one of the three. Whoever sees that slice alone would say: found. A slice chosen for its tumour can show a network at
# its best.
#
# Are the first and the last slice of a tumour harder than those in between? There it tapers off, and what is small
# loses more Dice for every pixel.

# %%
shows = scans.tumor_pixels > 0
beside = shows.groupby(scans.patient)  # inner: the slices before and behind, of the same patient, show tumour too
inner = shows & beside.shift(1, fill_value=False) & beside.shift(-1, fill_value=False)
for where, chosen in (("first and last slices", ~inner), ("slices in between", inner)):
    print(f"{where}: mean Dice {slice_dice[chosen[with_tumor]].mean():.2f}")

# %% [markdown]
# ## The same look at a network of our own
#
# How would we have known, without all these pictures, what a network does where we did not look? We train a small
# U-Net for a few seconds, as many published ones were trained: on tumour slices only.

# %%
split = data.split_by_patient(scans, seed=0)
seen = split.train[split.train.tumor_pixels > 0]
keras.utils.set_random_seed(0)
ours = models.unet((64, 64, 3), filters=(8, 16, 32, 48))
training.fit_arrays(ours, *data.load_slices(seen, 64), epochs=10, learning_rate=5e-3, progress=False)
print(f"trained on {len(seen)} slices of {seen.patient.nunique()} patients")

# %% [markdown]
# Both networks, on patients that neither has seen, each on the slice with the largest tumour. Which is better?

# %% tags=["nbval-ignore-output"]
new = scans[~scans.patient.isin(split.train.patient)]
ours_says = evaluation.resize_probabilities(evaluation.predict_slices(ours, small[new.index]), 128)[..., 0] >= 0.5
both = {"ships": guesses[new.index], "trained here": ours_says}
chosen = new.groupby("patient").tumor_pixels.idxmax().iloc[:5]
picked = new.index.get_indexer(chosen)
axes = plots.error_gallery(images[chosen], truths[chosen], {name: guess[picked] for name, guess in both.items()})
plots.show(axes, alt="Five patients, the errors of two networks below each other: one finds all tumours, one not")

# %% [markdown]
# Ours has seen sixteen patients for seconds, the other one fifty-six for minutes, so it may be worse. But it was
# trained on tumour slices, and tumour slices are what we looked at. What does it do where there is nothing to find?

# %% tags=["nbval-ignore-output"]
last = new[new.patient == new.patient.iloc[-1]]
said = ours_says[new.index.get_indexer(last.index)]
axes = plots.patient_errors(images[last.index], truths[last.index], said, last.slice.tolist())
empty = ~truths[new.index].any(axis=(1, 2))
for which, guess in both.items():
    print(f"{which}: marks tumour on {guess[empty].any(axis=(1, 2)).sum()} of {empty.sum()} slices without tumour")
plots.show(axes, alt="All slices of one patient: false alarms of our network on most slices, with and without tumour")

# %% [markdown]
# It marks far more of them than the network that ships. Probably the main reason: it has never met a slice without
# tumour, so nothing taught it to leave one alone. A gallery of tumour slices would never have told. Whatever you look
# at was *chosen*, by you or by somebody who wants to please you. Look at what was not.
#
# ## What stands apart
#
# In the last picture much of the colour lies far from the tumour: islands. The network that ships draws some too,
# smaller ones. Most patients have one tumour, in one piece. So one often cleans a mask by keeping only its largest
# piece.
#
# ### Exercise 4: the largest part
#
# Two tumour pixels that touch belong to the same part, also when they touch at a corner only. `ndimage.label(mask,
# structure=np.ones((3, 3)))` gives every pixel the number of its part, from 1 on in the order in which they are met,
# and 0 for the background; and it says how many parts there are.

# %%
from scipy import ndimage

ndimage.label([[1, 0, 0, 1], [0, 1, 0, 0]], structure=np.ones((3, 3)))

# %% [markdown]
# The label says nothing of size: of this mask part 2 is to be kept, as ones.

# %%
islands = np.zeros((6, 6), bool)
islands[0, :2] = islands[1, 4:] = islands[2, 3:5] = islands[3, 2] = islands[5, 0] = True
numbered, _ = ndimage.label(islands, structure=np.ones((3, 3)))
titles = ["the mask", "its parts", "the largest"]
axes = plots.panels([islands, numbered, numbered == 2], titles, numbers=True)
plots.show(axes, alt="A mask of three parts of 2, 5 and 1 pixels, their numbers, and the part of 5 pixels alone")


# %% exercise="largest_part"
def largest_part(mask):
    """The largest connected part of a mask, as a mask.

    mask: (height, width) boolean. Returns the same shape, boolean: True only where the largest part is. An empty mask
    stays empty.
    """
    ### BEGIN SOLUTION
    parts, count = ndimage.label(mask, structure=np.ones((3, 3)))
    if count == 0:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return parts == sizes.argmax()
    ### END SOLUTION


# %%
check("largest_part", largest_part)

# %%
# hint("largest_part")

# %% [markdown]
# The library's `masks.largest_part` takes whole volumes too, where parts also touch from slice to slice. What does it
# do to the patients of the network that ships? Guess first: whom will it help, and may it harm anybody?

# %%
before, after = [], []
for rows in (scans.index[scans.patient == name] for name in table.patient):
    before.append(evaluation.dice_score(truths[rows], guesses[rows]))
    after.append(evaluation.dice_score(truths[rows], masks.largest_part(guesses[rows])))
change = np.array(after) - before
print(f"mean Dice {np.mean(before):.3f} before, {np.mean(after):.3f} after")
print(f"better by more than .01: {(change > 0.01).sum()} patients, worse: {(change < -0.01).sum()}")
for who, k in {"the worst": 0, "the second worst": 1, "the one who gains most": int(change.argmax())}.items():
    print(f"{who}: {before[k]:.2f} before, {after[k]:.2f} after")

# %% [markdown]
# Much for a patient with a large island, little for most, harm to nobody here. And nothing for the two worst: this only
# takes away, and what was missed stays missed. Is it safe, then? Not everywhere: in the real data set one tumour slice
# in seven shows more than one part, and a second tumour would be wiped out. (Gentler remedies:
# `evaluation.keep_large_parts` drops only what is much smaller than the largest part, and `evaluation.predict_volume`
# lets a slice's mirror image and its neighbours have a say. What both together gain on real patients, the network's
# card tells.)
#
# ## A figure fit for a report
#
# A picture that leaves your notebook loses everything that you know about it. So it must say whose slice it is and
# which; which sequence; whose outline is whose; what the network was and the threshold; how large the things are.

# %%
k = largest[2]
what = "mean of two VGG19-U-Nets, width ¼, 64 × 64 pixels"
axes = plots.report_figure(images[k], truths[k], guesses[k], scans.patient[k], scans.slice[k], 0.5, network=what)
alt = "A slice, both outlines from near, and the errors: misses along the border of a lesion that was found"
for path in plots.save_figure(axes, "runs/lesson07/figure", alt):
    print(path.name)
plots.show(axes)

# %% [markdown]
# Both files are in the folder `runs/lesson07` beside this notebook. PNG, here with 300 dots an inch, is for slides and
# documents; PDF is for print: letters and outlines stay sharp at any size. The bar is in pixels, and the figure says
# why: nobody can measure millimetres in files that do not carry them.
#
# ## A scan of your own
#
# Any slice will do that looks to the network like those it was trained on. What does not is converted where that can
# be done, refused where it cannot, and sometimes simply not noticed:
#
# | you bring | you get |
# |---|---|
# | an 8-bit TIFF of a slice of the head: pre-contrast, FLAIR, post-contrast, as in lesson 1 | an answer |
# | another size, not square, or FLAIR alone (grey, 8 or 16 bits) | an answer, and a note on what was converted |
# | three sequences of 16 bits, a mask, a damaged file | an error that says what to do |
# | the sequences in another order, or something else than a head | an answer, and a wrong one |
#
# We take a slice from the scans, so that this works offline; put the path of your own file in its place. `course
# predict` does the same from a terminal.

# %%
from course_lib.commands.predict import predict_files  # what `course predict` calls
from course_lib.commands.scans import notes, read_scan
from course_lib.errors import DataError

folder = Path("runs/lesson07")
image, expert = images[largest[-1]], truths[largest[-1]]
Image.fromarray(image).save(folder / "my_scan.tif")
((path, mask),) = predict_files(network, [folder / "my_scan.tif"], threshold=0.5)
axes = plots.overlay(read_scan(path).image, mask, title=path.name)
plots.show(axes, alt="A slice read from a file, the network's mask over the lesion in orange")

# %% [markdown]
# What happens to files that do not fit: FLAIR alone, in grey? Or a mask, taken for a scan by mistake?

# %%
Image.fromarray(image[..., 1]).save(folder / "flair_only.tif")
Image.fromarray(np.uint8(expert) * 255).save(folder / "my_scan_mask.tif")
for path in (folder / "flair_only.tif", folder / "my_scan_mask.tif"):
    try:
        print(*notes({path: read_scan(path).remarks}))
    except DataError as error:
        print(error)

# %% [markdown]
# The grey one gets an answer, with a note. Is it a good answer? And what of a third file, which fits, but whose first
# two sequences have changed places, because somebody put them together in another order?

# %%
Image.fromarray(image[..., [1, 0, 2]]).save(folder / "swapped.tif")
files = [folder / name for name in ("my_scan.tif", "flair_only.tif", "swapped.tif")]
pictures = [read_scan(path).image for path in files]
found = [mask for _, mask in predict_files(network, files, threshold=0.5)]
labels = [f"Dice {evaluation.dice_score(expert, mask):.2f}" for mask in found]
titles = ["as it should be", "FLAIR alone", "pre, FLAIR swapped"]
axes = plots.error_gallery(pictures, [expert] * 3, found, titles, labels)
print(*labels)
plots.show(axes, alt="A lesion hit with all sequences, in part with FLAIR alone; with two swapped it is all missed")

# %% [markdown]
# With FLAIR alone it finds what is bright there and loses the dull part, which it had found with all three; and this is
# its best patient. It has met patients who lack a sequence, and still the note is worth reading. With the swapped ones
# nothing is found, and there is no error, no warning: just an empty mask. A network cannot tell that it looks at the
# wrong thing. Look at your first predictions of any new source of scans before you believe a single number.
#
# ## Be the radiologist
#
# Your turn with the pencil, on a patient that you have not seen yet. Outline the tumour, with mouse, finger or
# keyboard; then do it again without looking at your first attempt. You are scored against the expert, against the
# network, and against yourself.

# %%
shown = {scans.patient[one], name, *some.patient, *new.patient}
by_dice = with_tumor[slice_dice.argsort()]
fresh = next(k for k in by_dice[len(by_dice) // 2 :] if scans.patient[k] not in shown)
board = widgets.outline_board(images[fresh], truths[fresh], guesses[fresh])
board

# %% [markdown]
# If you read this on a page, or ran the lesson without drawing, the outline above is an *example* that the computer
# made from the expert's: moved to the right by a pixel and smoothed. No person drew it. Outlines can also be given as
# points (x, y), in pixels from the upper left. A box of four points around the lesion, and the example:

# %%
y, x = np.nonzero(truths[fresh])
box = [(x.min(), y.min()), (x.max(), y.min()), (x.max(), y.max()), (x.min(), y.max())]
mine = {"a box": box, "example": widgets.example_outline(truths[fresh])}
widgets.score_attempts(truths[fresh], guesses[fresh], mine).drop(columns="Dice with the one before").round(2)

# %% [markdown]
# Four corners, which nobody would call an outline, still reach about .8: Dice forgives much.
#
# How far from 1 were you, and from yourself? Were you careless, or is the expert wrong? Perhaps neither. Think of two
# readers who look at a typical tumour here, of some 450 pixels. Both stay within one pixel of the expert's outline
# everywhere. But the one draws a pixel too wide all round, the other a pixel too tight. **Which Dice do these two
# reach with each other, from 0 to 1?** Guess before you run on.

# %% exercise="two_readers_guess"
### BEGIN SOLUTION
two_readers_guess = 0.95
### END SOLUTION

# %%
check("two_readers_guess", two_readers_guess)

# %% [markdown]
# We let the computer draw for all tumour slices: the expert's outline moved by one pixel, drawn a pixel wider, and the
# two readers. Beside them stands the network, compared with the expert.

# %%
costs = masks.one_pixel_costs(truths[with_tumor])
costs.columns = ["area", "moved by a pixel", "a pixel wider", "one wide, one tight"]
costs["network and expert"] = slice_dice
for column, dice in costs.drop(columns="area").items():
    print(f"{column:20} median Dice {dice.median():.2f}")
axes = plots.pixel_costs(costs)
plots.show(axes, alt="Dice against tumour size: all rise; the network is far lowest where tumours are smallest")

# %% [markdown]
# Two readers whom nobody would call careless share about .8, and less the smaller the tumour: the border of a glioma
# is not a line. On a typical slice the network is nearer to its expert than those two are to each other. That is not
# quite fair: beside it belongs a reader one pixel off the expert, who reaches .9. So on such a slice about three
# quarters of what keeps it from 1 could be pencil. What is *not* pencil is the smallest quarter, where it falls far
# below everybody: on nearly half of these slices it finds nothing at all.
#
# And people? Two experts agree at 84 % on tumours of this kind, give or take 2, [says the first author of this data
# set's paper](https://mateuszbuda.github.io/2017/12/01/brainseg.html), of other readers and other scans; their own
# network, on all 110 patients, reached .82 (Buda and colleagues 2019; at 256 pixels, twice as fine as here). If a
# network claims .95, ask whose pencil it has learned, and think of lesson 2's twins.
#
# ## In this lesson
#
# - An overlay says how sure, a contour how near, an error map where and in which way it is wrong.
# - A threshold trades misses for false alarms. To what a network does not see, none helps.
# - A few bad patients pull the mean down. Look at the worst first, and at the slices that nobody chose.
# - Keeping the largest part removes islands, and every tumour, or piece of one, that is not the largest.
# - A network answers whatever you show it: FLAIR alone, swapped sequences too. Nothing warns you when it is lost.
# - One pixel costs a tenth of Dice, and two careful readers share about .8. Above that one compares pencils.
#
# **To read:** Buda, Saha and Mazurowski 2019, *Association of genomic subtypes of lower-grade gliomas with shape features
# automatically extracted by a deep learning algorithm* ([doi
# 10.1016/j.compbiomed.2019.05.002](https://doi.org/10.1016/j.compbiomed.2019.05.002)), who made this data set; Reinke
# and colleagues 2021, *Common limitations of image processing metrics: a picture story* ([arXiv
# 2104.05642](https://arxiv.org/abs/2104.05642)), what Dice does and does not see, in pictures.
#
# Next, in lesson 8: how good is it, really, and how sure are you?

# %%
from course_lib import progress

progress.show(7)
