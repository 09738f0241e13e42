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
# # 2 · Count the masks
#
# **How can a model be 99 % right and useless?**
#
# A salesman shows you a program that outlines brain tumours. "Ninety-nine per cent of all pixels right," he says,
# "checked on slices that it had never seen." Both statements are true. By the end of this lesson you will know why
# neither should impress you, and what to ask him instead. It takes no network: only counting.
#
# | | |
# |---|---|
# | **You will be able to** | measure how rare tumour is, by slice and by pixel; tell why pixel accuracy and an averaged Dice mislead; split by patient, and show what a split by slice gives away |
# | **Time** | 45 minutes |
# | **Memory, GPU** | under 1 GB; a GPU makes no difference |

# %% tags=["setup"]
import numpy as np
import pandas as pd

from course_lib import data, evaluation, plots
from course_lib.check import check, hint

# %% tags=["setup"]
root = data.find_data()
scans = data.index_scans(root)

# %% [markdown]
# ## Slices without tumour
#
# Every patient here has a tumour. On how many of their slices would you expect to see it?

# %%
has_tumor = scans.tumor_pixels > 0
print(f"{has_tumor.sum()} of {len(scans)} slices show tumour: {100 * has_tumor.mean():.0f} %")
axes = plots.mask_counts(scans.tumor_pixels)
plots.show(axes, alt="Two bars: slices without tumour, and the fewer slices with tumour")

# %% [markdown]
# A tumour is a few centimetres across and a head is twenty: most cuts miss it. In the real set 1,373 of 3,929 slices
# show tumour, 35 %. Is that the same for everybody?

# %%
axes = plots.slices_by_patient(scans.patient, scans.tumor_pixels)
plots.show(axes, alt="A bar of slices for each patient, those with tumour marked: some for everybody, all for nobody")

# %% [markdown]
# The share of tumour slices differs from patient to patient by a factor of three and more. Remember that when somebody
# averages over slices: a patient with many of them counts for more.
#
# ## Pixels without tumour
#
# That was slices. A network, though, decides pixel by pixel. Guess before you count: **of 100 pixels, taken from
# anywhere in any slice, how many are tumour?**

# %% exercise="tumor_percent"
### BEGIN SOLUTION
tumor_percent = 5
### END SOLUTION

# %%
check("tumor_percent", tumor_percent)

# %% [markdown]
# ### Exercise 1: count
#
# Now write the function that counts. What stands in the files is 255 for tumour; `load_slices` makes it 1. Your
# function should give the same share for both.


# %% exercise="tumor_share"
def tumor_share(masks):
    """Share of all pixels that are tumour, 0 to 1.

    masks: (slice, height, width), tumour where not 0. Many slices have none.
    """
    ### BEGIN SOLUTION
    return float((masks > 0).mean())
    ### END SOLUTION


# %%
check("tumor_share", tumor_share)

# %% [markdown]
# Stuck? Run `hint("tumor_share")`, up to three times. The same works for every exercise.
#
# ### A hundred squares
#
# If all pixels of all slices were a hundred squares, how many would be air, how many head, how many tumour?

# %%
images, masks = data.load_slices(scans, size=128)
masks = masks[..., 0].astype(bool)
has_tumor = masks.any(axis=(1, 2))  # at this size: made smaller, a tumour of a few pixels can vanish
images.shape, masks.shape

# %%
share = masks.mean()
head = (images.max(axis=-1) > 25).mean()  # brighter than air in at least one sequence
print(f"{100 * share:.2f} % of all pixels are tumour")
axes = plots.hundred_squares({"tumour": share, "head": head - share, "air": 1 - head})
plots.show(axes, alt="A hundred squares: one is tumour, in the middle; over thirty around it are head, the rest air")

# %% [markdown]
# One. In the real set it is 1.03 %. If you guessed more, you are in good company: we remember the slices with the large
# tumours and forget the black corners.
#
# ## The laziest model
#
# Here is a model that needs no training: it says "no tumour", always. How many pixels does it get right?

# %%
guesses = np.zeros_like(masks)
right = (guesses == masks).mean(axis=(1, 2))
worst = right.argmin()
print(f"{100 * right.mean():.1f} % of all pixels are right; on its worst slice still {100 * right[worst]:.0f} %")

# %% [markdown]
# There is the salesman's 99 %. What does being right look like on that worst slice?

# %%
title = f"{100 * right[worst]:.0f} % of these pixels are right"
axes = plots.error_map(images[worst], masks[worst], guesses[worst], title=title)
plots.show(axes, alt="The slice with the largest tumour: all of the tumour is hatched as missed, nothing was found")

# %% [markdown]
# It missed everything that anybody cares about, and air made up for it. **Pixel accuracy** asks a question to which
# air is most of the answer. Whenever one class is rare, doing nothing is nearly right.
#
# ## Dice, which ignores the air
#
# What should a score look at? At tumour alone: at what the expert outlined and at what the model did. **Dice** is twice
# their overlap over the sum of both areas.
#
# $$\text{Dice} = \frac{2\,|\text{truth} \cap \text{guess}|}{|\text{truth}| + |\text{guess}|}$$
#
# Air, in neither outline, does not occur in it. What does Dice say of the lazy model on that worst slice?

# %%
evaluation.dice_score(masks[worst], guesses[worst])

# %% [markdown]
# Nothing found, nothing earned. But now take a slice without tumour. Both areas are 0, and 0/0 has to be *decided*.
# The usual decision is that two empty masks agree: Dice 1. That is sensible for one slice. Then somebody averages over
# all slices. What does the lazy model get? (The bars at the top tell you.)

# %%
dice = np.array([evaluation.dice_score(truth, guess) for truth, guess in zip(masks, guesses)])
pd.Series(
    {"tumour slices": dice[has_tumor].mean(), "empty slices": dice[~has_tumor].mean(), "all slices": dice.mean()},
    name="mean Dice of predicting nothing",
).round(3).to_frame()

# %% [markdown]
# A respectable Dice, for a model that has never found anything. It is the share of empty slices, no more; on the real
# set 0.651. A trained model that raises no false alarm gets the same present. How does its number read?

# %%
axes = plots.flattered_dice(empty_share=1 - has_tumor.mean(), honest=[0, 0.72])
plots.show(axes, alt="Reported Dice against that of tumour slices: a line from far above 0 up to 1, over the diagonal")

# %% [markdown]
# With the real set's share of empty slices, a Dice of 0.72 where there is something to find reads as 0.902. Nobody
# lied; the average did. So in this course empty slices never enter a mean Dice. They get a table of their own, of false
# alarms, and the number that counts is the Dice of a patient's *whole volume*, all slices as one block (lesson 8).
#
# ## Large and small
#
# Why a number for each patient, and not one for all pixels together? Look at how large the tumours are, on the
# slices that show one. The axis is logarithmic: a step upwards multiplies.

# %%
axes = plots.area_by_patient(scans.patient, scans.tumor_pixels, groups=scans.institution)
plots.show(axes, alt="Tumour area of every tumour slice, patient beside patient: from a few pixels to thousands")

# %%
volume = scans.groupby("patient").tumor_pixels.sum().sort_values(ascending=False)
quarter = len(volume) // 4
print(f"the largest tumour is {volume.iloc[0] / volume.iloc[-1]:.0f} times the smallest")
held = 100 * volume.iloc[:quarter].sum() / volume.sum()
print(f"the largest {quarter} of {len(volume)} tumours hold {held:.0f} % of all tumour pixels")

# %% [markdown]
# Pour all pixels into one pot, and a quarter of the patients makes about half of the score. The small tumours, which
# are overlooked most easily, hardly count. One number a patient gives everybody one vote.
#
# ## Slices it had never seen
#
# That settles "99 %". The salesman's other statement was that his slices were new to the program. Here are five
# slices in a row. Suppose that the program was trained on four of them. How new is the fifth?

# %%
patient = volume.index[quarter]
rows = scans[(scans.patient == patient) & has_tumor]
around = rows.index[len(rows) // 2 - 2 :][:5]
titles = [f"slice {number}" for number in scans.slice[around]]
axes = plots.slice_grid(images[around], masks[around], titles=titles, columns=5)
plots.show(axes, alt="Five slices in a row of one patient, tumour outlined: each looks much like the one before")

# %% [markdown]
# They are a few millimetres apart, cuts through the same brain and the same tumour, by the same scanner, outlined by
# the same hand. Two neighbours like these we call **twins**.
#
# ### Exercise 2: how many twins?
#
# Given a table of training slices and a table of test slices, both cut out of `scans`: how many of the test slices have
# a twin in training?


# %% exercise="count_twins"
def count_twins(train, test):
    """Number of test slices with a neighbour in training: same patient, slice number one higher or one lower.

    train, test: tables with the columns patient (name) and slice (whole number).
    """
    ### BEGIN SOLUTION
    known = set(zip(train.patient, train.slice))
    count = 0
    for patient, number in zip(test.patient, test.slice):
        if (patient, number - 1) in known or (patient, number + 1) in known:
            count += 1
    return count
    ### END SOLUTION


# %%
check("count_twins", count_twins)

# %% [markdown]
# ## Two ways to split
#
# Keep a fifth for the test. Many do it in one line: shuffle the slices, take the first fifth. The other way is to
# shuffle the *patients*. Of 100 test slices, how many have a twin in training, the one way and the other?

# %%
splits = {
    "by slice": data.split_by_slice(scans, validation=0, test=0.2),
    "by patient": data.split_by_patient(scans, validation=0, test=0.2),
}
for name, split in splits.items():
    count, total = data.count_twins(split.train, split.test), len(split.test)
    print(f"{name}: {count} of {total} test slices have a twin in training, {100 * count / total:.0f} %")

# %% [markdown]
# Could you have known? A neighbour lands in training with a chance of 0.8, so both neighbours miss it with a chance of
# 0.2 × 0.2 = 0.04. That leaves 96 of 100, give or take luck and the first and last slices, which have one neighbour
# only. On the real set it is 95 of 100; split by patient, none.
#
# ## The copier
#
# Do twins matter? Build the second laziest model. It looks at no pixel. Asked for a slice, it searches the
# training slices for a twin and copies the expert's outline from there; without a twin it says "no tumour".


# %%
def find_twins(train, test):
    """For each test slice the row of a neighbour in training, -1 where there is none."""
    known = {(name, number): row for name, number, row in zip(train.patient, train.slice, train.index)}
    asked = zip(test.patient, test.slice)
    return np.array([known.get((name, n - 1), known.get((name, n + 1), -1)) for name, n in asked])


found = {name: find_twins(split.train, split.test) for name, split in splits.items()}
copies = {name: masks[rows] & (rows >= 0)[:, None, None] for name, rows in found.items()}  # empty without a twin
for name, copied in copies.items():
    print(f"{name}: {copied.any(axis=(1, 2)).sum()} outlines copied")

# %% [markdown]
# How well does it draw? Five pairs from the split by slice, cut out around the tumour. Dashed: the outline in training,
# which the copier takes. Solid: what the expert drew on the test slice.

# %%
test = splits["by slice"].test.index
both = np.flatnonzero(copies["by slice"].any(axis=(1, 2)) & has_tumor[test])
some = both[np.linspace(0, len(both) - 1, 5).astype(int)]
here, twin = test[some], found["by slice"][some]
axes = plots.twins(images[twin], masks[twin], images[here], masks[here])
plots.show(axes, alt="Five training slices, their twins in the test below: alike, and mostly alike in outline")

# %% [markdown]
# Not bad for a model that never looked. What does it score?

# %%
table = {}
for name, split in splits.items():
    pairs = zip(masks[split.test.index], copies[name])
    dice = np.array([evaluation.dice_score(truth, copied) for truth, copied in pairs])
    tumor = dice[has_tumor[split.test.index]]
    table[name] = [np.median(tumor), tumor.mean(), dice.mean()]
rows = ["median Dice, tumour slices", "mean Dice, tumour slices", "mean Dice, empty slices as 1"]
pd.DataFrame(table, index=rows).round(2)

# %% [markdown]
# On 80 patients of the real set the split by slice gives 0.77, 0.65 and 0.86. That last number would pass for the best
# honest result published on this data (Buda 2019: 0.82 on average over patients), and it belongs to a model that has
# never looked at a brain. Split by patient, it finds nothing.
#
# A network with millions of weights can do what the copier does, and better: it recognises the brain and remembers the
# outline. Its score then says how well it remembers. Of 17 public projects on this data set whose code we read,
# 12 split by slice.
#
# ### Exercise 3: split by patient
#
# What the scanner will bring tomorrow is a *new patient*. So that is what a test has to hold. Write the split, by a
# recipe that gives the same patients on every computer:
#
# 1. every name once, sorted (the order of files in a folder differs from computer to computer);
# 2. shuffled by `np.random.default_rng(seed).permutation`;
# 3. of these, the first `round(test_share × number of patients)` are the test part, all others training.


# %% exercise="split_patients"
def split_patients(patients, test_share, seed):
    """Divide patients into training and test: (train, test), two sets of names.

    patients: list of names, one for each slice, so that most occur many times: scans.patient.tolist().
    test_share: share of the patients for the test, 0 to 1. seed: whole number.
    """
    ### BEGIN SOLUTION
    names = np.random.default_rng(seed).permutation(sorted(set(patients))).tolist()
    count = round(test_share * len(names))
    return set(names[count:]), set(names[:count])
    ### END SOLUTION


# %%
check("split_patients", split_patients)

# %% [markdown]
# The library's `split_by_patient` does one thing more. The hospitals differ in their scanners, so each should send its
# share of patients to every part. Does it?

# %%
parts = data.split_by_patient(scans, validation=0.15, test=0.15, seed=0)
patients = {part: rows.groupby("institution").patient.nunique() for part, rows in parts._asdict().items()}
pd.DataFrame(patients).fillna(0).astype(int)

# %% [markdown]
# As far as whole patients allow. The scores will be lower from here on, and they will mean something.
#
# ### Exercise 4: what does the copier show?
#
# Look again at the five pairs and at the copier's table. In three or four sentences: what has the copier learned about
# tumours, why do its two columns differ, and what would you ask a colleague who reports a Dice of 0.90 on this data? A
# person reads this answer.

# %% exercise="what_the_copier_shows"
### BEGIN SOLUTION
what_the_copier_shows = (
    "The copier has learned nothing about tumours: it never looks at a picture. Split by slice, nearly every test slice "
    "has a twin in training whose outline fits almost as well, so copying scores high; split by patient there is nothing "
    "to copy, and the score falls to 0. A high score under a slice split may therefore be memory. I would ask: did "
    "you split by patient? Over which slices is the 0.90 averaged, and what does an empty slice count? How many patients "
    "were tested, and how do the worst of them look?"
)
### END SOLUTION

# %%
check("what_the_copier_shows", what_the_copier_shows)

# %% [markdown]
# ## In this lesson
#
# - One pixel in a hundred is tumour, and most slices have none: predicting nothing is 99 % right.
# - Counting empty slices as 1 adds their share to a mean Dice. Ask what an average is taken over.
# - The largest tumour is more than ten times the smallest: one patient, one vote.
# - Split by slice, nearly every test slice has a twin in training, and a model that only copies scores well. Split
#   patients, never slices.
#
# And the salesman? Ask him: *what does predicting nothing score? were the patients new? what is the Dice of each
# patient, and of the worst?*
#
# **To read:** Maier-Hein and others 2024, "Metrics reloaded", *Nature Methods* 21
# ([doi 10.1038/s41592-023-02151-z](https://doi.org/10.1038/s41592-023-02151-z)), on which score answers which question;
# Kapoor and Narayanan 2023, "Leakage and the reproducibility crisis in machine-learning-based science", *Patterns* 4
# ([doi 10.1016/j.patter.2023.100804](https://doi.org/10.1016/j.patter.2023.100804)).
#
# Next: [lesson 3, U-Net from scratch](03_unet_from_scratch.ipynb): how can a network know both what and where?

# %%
from course_lib import progress

progress.show(2)
