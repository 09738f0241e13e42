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
# # 10 · Capstone
#
# **Can you do it without us?**
#
# A study on brain tumours has a fixed order: divide the patients, train, choose, score once, write down what came out
# and what did not. Here you go through all of it with a network of your own. What you have at the end is what one
# publishes: a file of masks that others can score, and a card that says how far to trust them.
#
# | | |
# |---|---|
# | **You will be able to** | run the full recipe on the real patients; choose on validation and test once; hand in predictions that can be scored; write a model card |
# | **Time** | 120 minutes, and the hours in which a GPU works without you |
# | **Memory, GPU** | 1.3 GB and no GPU in the fast preset; the full one takes a GPU, and the real data |

# %% tags=["setup"]
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from course_lib import data, evaluation, handin, host, plots
from course_lib.check import check, hint

# %%
from course_lib import models
from course_lib.training import Recipe, train

# %% [markdown]
# ## One parameter
#
# Everything below runs on two processor cores and invented patients in about a minute, and on a GPU and the real
# patients in its own time. What decides is one word, *fast* or *full*. `host.preset()` says "full" where there are
# both, a GPU and real patients, and otherwise "fast". To decide yourself, put the word between its brackets.

# %%
preset = host.preset()  # or host.preset("full")
recipes = {
    "fast": Recipe.fast(size=48, width=0.125, epochs=12, learning_rate=2e-3),
    "full": Recipe.full(),
}
recipe = recipes[preset]

# %% [markdown]
# What hangs on that word? All in which the two recipes differ:

# %%
differing = recipes["fast"].differences(recipes["full"])
pd.DataFrame({name: list(map(str, pair)) for name, pair in differing.items()}, index=["fast", "full"]).T

# %% [markdown]
# How large, from which weights, how fast and how long. Now the networks that they make. Guess: which layers does the
# large one have that the small one lacks?

# %%
small = models.vgg19_unet((48, 48, 3), weights=None, width=0.125, standardise=True)
large = models.vgg19_unet((256, 256, 3), weights=None, standardise=True)
kinds = [[type(layer).__name__ for layer in network.layers] for network in (small, large)]
print(f"{len(kinds[0])} layers and {len(kinds[1])}; the same kinds in the same order: {kinds[0] == kinds[1]}")
print(f"weights: {small.count_params():,} and {large.count_params():,}")

# %%
for name, network in (("small", small), ("large", large)):
    title = f"{name}: {network.count_params():,} weights"
    axes = plots.network_diagram(network, title=title)
    plots.show(axes, alt=f"The {name} network as a U of five levels with four skips; only the numbers in it differ")
del small, large

# %% [markdown]
# None. It is the same U, drawn twice. The code that you understand is the code that does the real thing; it only has
# more to multiply. Both begin with a layer that does what you did by hand in lesson 1: it brings each sequence of a
# slice to one mean and one spread, those of the brain, so that scanners matter less.
#
# ## What the large one costs
#
# Measured on two cores, with nothing else running, for the large network: one training step takes 88 ms a slice at 64
# pixels, 344 ms at 128 and 1,210 ms at 256 (bfloat16). An epoch on the real set shows it about 1,900 slices, so at
# 256 pixels that is some 38 minutes, and sixty epochs take a day and a half. That is what a GPU is for. How long
# yours takes we have not measured, and it depends on which you get: the bar tells you after the first epoch. All
# 3,929 slices and masks at 256 pixels are 1.03 GB in memory.
#
# | where | the real patients | the GPU | so that a run outlives the session |
# |---|---|---|---|
# | **Kaggle** | nothing to download: *Add Input*, search for `lgg-mri-segmentation` by mateuszbuda | *Settings → Accelerator*; switch the internet on, for the course and the ImageNet weights | nothing: the first cell sets `COURSE_RUNS` to `/kaggle/working/runs`, and *Save Version* keeps it |
# | **Colab** | put your Kaggle token into *Secrets* as `KAGGLE_API_TOKEN`, and run in a cell `from course_lib.download import fetch; fetch()`; a command after `!` cannot read secrets | *Runtime → Change runtime type* | mount your Drive, and let `COURSE_RUNS` name a folder there |
# | **at home** | `course data --kaggle` fetches, checks and unpacks them | Linux or WSL2, `pip install "tensorflow[and-cuda]"` | nothing: runs lie in `runs/` |
#
# Kaggle's token, and what to do where the download is refused or cut: [data/README.md](../data/README.md).
#
# The badges at the top open this lesson on Kaggle and Colab, and its first cell fetches the course there. `COURSE_RUNS`
# is an environment variable: set it in a cell before that one, with `%env COURSE_RUNS=…`. Sessions end when they
# please; a run is on disk after every epoch, and goes on where it was. If the GPU's memory does not suffice,
# `Recipe.full(batch=8)` needs less.
#
# ## The patients
#
# Which are in use? The library looks in four places and says what it took; `course data` shows all four.

# %%
root = data.find_data()
scans = data.index_scans(root)
scans.groupby("institution").agg(patients=("patient", "nunique"), slices=("slice", "size"))

# %% [markdown]
# Before anything is trained, everybody gets a place: some to learn from, some to choose on, some for the end. Somebody
# on both sides would be recognised rather than understood (lesson 2). So trust nobody's split, ours included: check it.
#
# ### Exercise 1: is anybody on both sides?
#
# A patient's folder is named `COLLECTION_INSTITUTION_NUMBER_DATE`, as `TCGA_CS_4941_19960909`. Two institutions
# may use the same number. Somebody who was scanned on two dates would have two folders, and is still one person.


# %% exercise="shared_patients"
def shared_patients(train, validation, test):
    """The people who are in two or three of the parts: a sorted list of COLLECTION_INSTITUTION_NUMBER.

    train, validation, test: lists of folder names.
    """
    ### BEGIN SOLUTION
    a, b, c = [{entry.rsplit("_", 1)[0] for entry in entries} for entries in (train, validation, test)]
    return sorted((a & b) | (a & c) | (b & c))
    ### END SOLUTION


# %%
check("shared_patients", shared_patients)

# %% [markdown]
# Stuck? Run the next cell without its `#`, up to three times.

# %%
# hint("shared_patients")

# %% [markdown]
# Here is the split that training will make from this recipe, and the one that most published notebooks make.

# %%
settings = {"validation": recipe.validation, "test": recipe.test, "seed": recipe.seed}
splits = {
    "by patient": data.split_by_patient(scans, **settings),
    "by slice": data.split_by_slice(scans, **settings),
}
for name, split in splits.items():
    names = [part.patient.unique() for part in split]
    shared = handin.shared_patients(*names)
    print(f"{name}: {[len(part) for part in names]} patients in the parts, {len(shared)} in more than one")

# %% [markdown]
# ## Train
#
# One line. It splits, loads, augments, trains, keeps the best epoch, and writes everything down. The folder is named
# after the preset and the patients. If there is a run in it already, `resume=True` goes on with that one: stop this
# cell half-way with ■ and start it again, and see.
#
# The cell uses one GPU. Has the machine several? Then train in a terminal first, in the course's folder and before
# this notebook takes hold of one: `course train --preset full --out runs/full-tcga-110` takes all it finds, and `course
# train --help` says how several machines join in. The cell will find the finished run, and go on with that. (Have you
# set `COURSE_RUNS`? The folder `full-tcga-110` belongs in there.)

# %% tags=["nbval-ignore-output"]
folder = handin.run_folder(preset, scans)
run = train(recipe, root, folder, resume=True)
print(f"{len(run.history)} epochs, {np.mean(run.seconds[1:]):.1f} s each after the first")

# %% tags=["nbval-ignore-output"]
axes = plots.curves(run.history)
plots.show(axes, alt="Losses fall and validation Dice ends far above its start; the best epoch is marked")

# %% [markdown]
# The curve is that of the validation patients. Nobody has looked at those kept for the end. **What will be their mean
# Dice, from 0 to 1?**

# %% exercise="my_dice"
### BEGIN SOLUTION
my_dice = 0.6
### END SOLUTION

# %%
check("my_dice", my_dice)

# %% [markdown]
# ## Choose, on validation
#
# Everything that you choose, you choose on the validation patients. First the threshold: from which probability on
# is a pixel tumour? One half is a habit, not a law.

# %% tags=["nbval-ignore-output"]
parts = handin.parts_of(run, scans)
model = run.best_model()
images, masks = data.load_slices(parts.validation, recipe.size)
maps = evaluation.predict_slices(model, images)
patients = parts.validation.patient
by_threshold = evaluation.dice_by_threshold(patients, masks[..., 0], maps, np.arange(5, 100, 5) / 100)
threshold = float(by_threshold.mean(axis=1).idxmax())
axes = plots.dice_by_threshold(by_threshold.index, by_threshold.T, title=f"chosen: {threshold}")
axes.plot(threshold, by_threshold.mean(axis=1).max(), "ko", markersize=10)
plots.show(axes, alt="Dice against threshold for each validation patient, and their mean, its highest point as a dot")

# %% tags=["nbval-ignore-output"]
mean = by_threshold.mean(axis=1)
near = mean.index[mean > mean.max() - 0.02]
print(f"mean within 0.02 of the best: thresholds from {near.min()} to {near.max()}")
print("each patient's own best:", ", ".join(str(each) for each in sorted(by_threshold.idxmax())))

# %% [markdown]
# The mean hardly cares where in that range you choose; single patients do, and want different things.
#
# Can the network do better without training any longer? You know one way from lesson 9: ask in the mirror too, mirror
# the answer back, and average the two. Is that better? Compare patient by patient. (The threshold was chosen for the
# plain answer, which favours it a little.)

# %% tags=["nbval-ignore-output"]
mirrored = evaluation.predict_slices(model, images[:, :, ::-1])[:, :, ::-1]
answers = {"plain": maps, "with its mirror image": (maps + mirrored) / 2}
ways = pd.DataFrame()
for name, one in answers.items():
    ways[name] = evaluation.dice_by_patient(patients, masks[..., 0], one[..., 0] >= threshold)
ways.round(3)

# %% tags=["nbval-ignore-output"]
gain = evaluation.compare_models(ways["plain"], ways["with its mirror image"])
print(f"mean difference {gain.difference:+.3f} (95 % interval {gain.low:+.3f} to {gain.high:+.3f})")
print(f"better for {gain.higher} of {gain.patients} patients, worse for {gain.lower}; p = {gain.p_value:.3f}")

# %% [markdown]
# Look down a column, then along a row. Patients differ far more than the two ways do; that is why one compares within
# each patient. And then ask how many patients there are. Of the phantoms it is four. Toss four coins: once in eight
# times they all fall alike. So on four patients even a perfect record, four of four, has p = 0.125 (Wilcoxon's test),
# and an interval drawn from four is not to be trusted either. To call something better you want more patients, and
# more than one seed. We go on with the plain answer.
#
# What else could make your network better? Each of these is one change to the recipe or one line after it. Which of
# them help on your patients, and how much, is what you would find out; we promise nothing. What we tried on real ones
# stands in [results/runs.csv](../results/runs.csv), with what did not help.
#
# | what | how |
# |---|---|
# | more pixels, more channels | `size=96`, `width=0.5` in the fast recipe |
# | what it is trained on | `empty_per_tumor=0.5`, or `None` for every empty slice; `augmentation=` with other ranges, or `Augmentation.none()` |
# | what it is trained for | `loss="dice"`; `fn_weight=0.5, fp_weight=0.5` (lesson 5) |
# | how it is trained | `freeze_encoder=True` (with ImageNet weights); `schedule="cosine"`; more epochs; `standardise=False`, to see what that first layer is worth |
# | after training | the slices before and after have a say too, the mirror image as well: `evaluation.predict_volume(model, one_patient, flip=True, neighbors=0.25)`, or `course evaluate --flip --neighbors 0.25`; against specks far from the tumour `evaluation.keep_large_parts(maps, 0.2)`, or `--parts 0.2`; the mean of several seeds |
# | beyond the recipe | the neighbouring slices as further channels |
#
# The rules are the same for all: change one thing at a time, give the run another name (`run_folder("my-idea",
# scans)`), same split, compare in pairs on validation. Each look at the test patients makes them a little less new. So
# look **once**, when everything is chosen.
#
# ## Predictions to hand in
#
# Whoever scores your network should not have to run it. A mask will do for every slice. But most of a mask is nothing,
# and what is not comes in rows: so one writes down where each row of tumour begins, and how long it is.
#
# ### Exercise 2: runs
#
# Read the mask as one long line, row after row. The mask with the rows `0 1 1` and `1 0 0` has one run: it begins at
# pixel 1 (the first is 0) and is 3 long. Many of Kaggle's competitions count down the columns, and from 1; we do not.


# %% exercise="encode_runs"
def encode_runs(mask):
    """The runs of tumour: a list of (start, length), both whole numbers. An empty mask gives an empty list.

    mask: (height, width) array of whole numbers, tumour where not 0.
    """
    ### BEGIN SOLUTION
    runs, start = [], None
    for position, value in enumerate([*mask.ravel(), 0]):  # an empty pixel at the end closes the last run
        if value != 0 and start is None:
            start = position
        elif value == 0 and start is not None:
            runs.append((start, position - start))
            start = None
    return runs
    ### END SOLUTION


# %%
check("encode_runs", encode_runs)

# %%
# hint("encode_runs")

# %% [markdown]
# The library writes such a file, with patient and number of each slice, the threshold, and the network's name. The
# masks in it have the size of the scans' own files. So a network for 48 pixels and one for 256 are judged by the same
# outlines, and a coarse one gets no discount.

# %% tags=["nbval-ignore-output"]
files = {}
for part in ("validation", "test"):
    rows = getattr(parts, part)
    maps = evaluation.predict_slices(model, data.load_slices(rows, recipe.size)[0])
    files[part] = handin.save_predictions(folder / f"{part}.json", rows, maps, threshold, model=folder.name)
    print(f"{files[part].name}: {len(rows)} slices, {files[part].stat().st_size / 1000:.0f} kB")

# %% [markdown]
# What stands in it? The head of the file, and its longest line (the pairs in a row: start, length, start, length, …):

# %% tags=["nbval-ignore-output"]
lines = files["test"].read_text().splitlines()
print(lines[0])
print(max(lines, key=len)[:160], "…")

# %% [markdown]
# Nothing in it can be executed, and an editor shows it. `read_predictions` takes it apart and refuses what is damaged,
# cut short, or holds a slice twice. Are the masks the ones that went in?

# %%
read = handin.read_predictions(files["test"])
size = read.size
masks = read.masks(parts.test)
same = masks == (evaluation.resize_probabilities(maps, size)[..., 0] >= threshold)
print(f"{len(masks)} masks of {size} × {size} pixels; the same as before: {bool(same.all())}")

# %% [markdown]
# ## Score, once
#
# Everything is chosen. From now on nothing is changed any more, whatever comes. What is scored is the file.

# %% tags=["nbval-ignore-output"]
tables = [handin.score_predictions(files[part], getattr(parts, part)).assign(part=part) for part in files]
scores = pd.concat(tables, ignore_index=True)
scores[["part", "patient", "slices", "dice", "hd95", "precision", "recall", "alarms", "empty_slices"]].round(2)

# %% [markdown]
# ### Exercise 3: what the card says first
#
# A table like this one has a row for each patient, with the columns `part`, `slices` and `dice`; the table that
# your function is given may hold training patients too. How good is the network, on how many patients, and how sure is
# that?


# %% exercise="headline"
def headline(table):
    """Patients, mean, median, and the interval of the mean, of those patients only who were kept for the end.

    table: DataFrame, a row a patient: part ("train", "validation" or "test"), slices, dice.
    Returns a dict with the keys patients, mean, median, low, high; low and high are the ends of the 95 % bootstrap
    interval of the mean over patients, as `evaluation.bootstrap_interval` gives it.
    """
    ### BEGIN SOLUTION
    dice = table.dice[table.part == "test"]
    low, high = evaluation.bootstrap_interval(dice)
    return {"patients": len(dice), "mean": dice.mean(), "median": dice.median(), "low": low, "high": high}
    ### END SOLUTION


# %%
check("headline", headline)

# %%
# hint("headline")

# %% [markdown]
# And yours? How far from your guess?

# %% tags=["nbval-ignore-output"]
found = handin.headline(scores)
print(f"mean Dice {found['mean']:.2f} ({found['low']:.2f} to {found['high']:.2f}), {found['patients']} patients")
axes = plots.patient_scores(scores[scores.part == "test"], interval=(found["low"], found["high"]))
plots.show(axes, alt="Dice of each test patient from worst to best, the mean as a line, its interval as a wide band")

# %% [markdown]
# On the phantoms the test may come out far below validation: four other patients, and epoch and threshold were picked
# for the first four.
#
# The band is how far the mean would move with other patients. On the real set seventeen are kept for the end; with
# scores that have, say, a standard deviation of 0.12, the interval still reaches 0.057 to either side.
#
# And what may you expect of real patients? What ships is two networks of a quarter of the width, which see 64 pixels and
# whose answers are averaged. Here are the real patients that they never saw, each a mark. Where will the worst lie?

# %%
ours = pd.read_csv(data.data_folder() / "model" / "scores.csv").assign(part="test")
known = handin.headline(ours)
print(f"mean Dice of {known['patients']} real patients {known['mean']:.2f}, worst {ours.dice.min():.2f}")
axes = plots.patient_scores(ours, interval=(known["low"], known["high"]))
plots.show(axes, alt="Dice of each real patient, rising from 0.7 to 0.9, a few more above the mean than below; its "
                     "interval as a band")

# %% [markdown]
# Nobody is missed, and nobody drawn perfectly. To hold yours against, for the real patients only:
#
# | whose | Dice by patient | tested on |
# |---|---|---|
# | Buda and colleagues 2019, U-Net at 256 pixels | mean .82, median .85 | all 110, cross-validated |
# | the network that ships, plain ([its card](../data/model/README.md)) | mean .85 (.81 to .88), median .87 | 16 that it never saw |
# | the same with mirror images and neighbouring slices, without specks | mean .85 (.81 to .88), median .87 | the same 16 |
# | five such pairs by the same recipe, plain ([results/](../results)) | mean .79 (.75 to .83), median .85 | 80, each by a network that never saw them |
# | two experts, of each other (Buda and colleagues 2019) | about .84 | |
#
# The sixteen were lucky: over all eighty, the same recipe is worth more than five hundredths less. Three of the eighty
# lack the pre-contrast sequence and came to the test together, so their network had never seen such a patient; they
# have .30, .70 and .42. One split of few patients says little, whichever way it errs.
#
# Would you like a narrower band than seventeen patients give? Then test on everybody, in turns: `course train --folds 5
# --fold 0`, and so on to `--fold 4`. Five trainings, and every patient is in the test once.
#
# More than .90 by patient? Then look for the leak before you look for a journal.
#
# ## Look at the worst
#
# A mean has no face. Here is your worst test patient, slice by slice.

# %% tags=["nbval-ignore-output"]
worst = scores[scores.part == "test"].nsmallest(1, "dice").patient.iloc[0]
rows = parts.test[parts.test.patient == worst]
images, truth = data.load_slices(rows, size)
title = f"{worst}: Dice {scores.set_index('patient').dice[worst]:.2f}"
axes = plots.patient_errors(images, truth, read.masks(rows), rows.slice.tolist(), title=title)
plots.show(axes, alt="Every slice of the worst patient with hits, misses and false alarms, and their pixels as bars")

# %% [markdown]
# Is it misses or false alarms? Which slices, what kind of tumour? That belongs on the card.
#
# ### Exercise 4: limits, in your own words
#
# Four or five sentences for somebody who finds your network and has never met you. What is it for, and what not? Whom
# did it never see? Where did it fail, and how would one notice? What has nobody tested? They go onto the card as they
# stand. A person reads this.

# %% exercise="limits"
### BEGIN SOLUTION
limits = (
    "For learning how such networks are trained and judged, and for nothing else. It has seen invented patients "
    "only, each with a tumour of one kind: never a healthy person, a child, another tumour, or a real scanner. Of one "
    "of the four test patients it found next to nothing, and an empty mask does not say so: look at the scan whenever "
    "it draws nothing. At 48 pixels it cannot draw a fine edge. Four patients say little about a fifth. Nobody has "
    "tested it without one of the three sequences, or on an institution that was not in training."
)
### END SOLUTION

# %%
check("limits", limits)

# %% [markdown]
# ## The card
#
# A model card is what one is told before one trusts a network, as a patient is told before one takes a drug. Its facts
# come from the run's own files, so nobody can misremember them. The limits are yours, and so is what was tried and
# given up: we have written down the one thing that we tried; put yours there, with their intervals and seeds.

# %% tags=["nbval-ignore-output"]
tried = (f"Asking in the mirror too: mean Dice {gain.difference:+.3f} ({gain.low:+.3f} to {gain.high:+.3f}) on "
         f"{gain.patients} validation patients, compared in pairs, one seed. Not used.")
card = handin.draft_card(run, scans, scores, threshold, limits, tried)
(folder / "card.md").write_text(card, encoding="utf-8")
display(Markdown(card))

# %% [markdown]
# ## Hand in
#
# Three things from the run's folder: `card.md`, `test.json`, and this notebook. Whoever has the same patients scores
# your file with one line, `handin.score_predictions("test.json", parts.test)`, where `parts.test` are the scans of the
# test patients that your card names, and finds the figures of your card. A person reads the rest, and marks it like
# this:
#
# | | 0 | 1 | 2 |
# |---|---|---|---|
# | **The split** | slices, or not said | by patient | by patient, checked, and the card says who is where |
# | **The choice** | made on the test, or not said | on validation | on validation, and the card says what was tried and given up |
# | **The comparison** | two means side by side | in pairs, on the same patients | in pairs with interval, more than one seed, and no claim that the interval does not bear |
# | **The score** | a mean over slices | by patient, on patients kept for the end | with median, interval, and false alarms counted apart |
# | **The file** | missing, or refused | can be scored | gives the very figures of the card |
# | **The failures** | none shown | the worst patient shown | shown and explained: what it has in common with other failures |
# | **The limits** | missing | true of any network | true of this one: whom it never saw, where it fails, what nobody tested |
# | **Again** | cannot be repeated | recipe and seed given | somebody else can run it from the card alone |
#
# Sixteen points. None of them is for a high Dice: a low score, honestly found and well explained, earns them all.
#
# ## In this lesson
#
# - The real thing is the same code, only larger: one word decides.
# - Choose on validation, as often as you like; score the test once.
# - Compare within each patient, and let the interval speak. Four patients decide nothing.
# - Hand in masks, not claims: a file that anybody can score.
# - A card says what a network is for, and what not. *Not for diagnosis* stands on all of ours.
#
# Can you do it without us? You just did, on a small scale. Now let the word be *full*.
#
# **To read:** Mitchell and colleagues 2019, *Model cards for model reporting* ([arXiv
# 1810.03993](https://arxiv.org/abs/1810.03993)); Buda, Saha and Mazurowski 2019, whose data these are
# ([doi 10.1016/j.compbiomed.2019.05.002](https://doi.org/10.1016/j.compbiomed.2019.05.002)); Isensee and colleagues
# 2021, *nnU-Net* ([doi 10.1038/s41592-020-01008-z](https://doi.org/10.1038/s41592-020-01008-z)), on how far a plain
# U-Net goes when everything around it is done with care.

# %%
from course_lib import progress

progress.show(10)
