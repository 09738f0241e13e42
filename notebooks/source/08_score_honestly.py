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
# # 8 · Score honestly
#
# **How good is it, really, and how sure are you?**
#
# A colleague asks how good the course's network is. You could answer 0.70, or 0.78, or 0.81. Each is its Dice, on the
# same patients (the phantoms that ship with the course), computed without a mistake. By the end of this lesson you will
# know which of them to say, what to say beside it, and which habit adds more to a score than all else that we try here.
#
# | | |
# |---|---|
# | **You will be able to** | score a patient by Dice, HD95 and lesions; say how sure a mean is; compare two models on the same patients; choose a threshold without fooling yourself; measure what a slice split leaks |
# | **Time** | 60 minutes |
# | **Memory, GPU** | 1.4 GB; a GPU is not needed |

# %% tags=["setup"]
import numpy as np
import pandas as pd

from course_lib import data, evaluation, models, plots, training
from course_lib.backend import keras
from course_lib.check import check, hint
from course_lib.losses import DiceLoss
from course_lib.masks import largest_part
from course_lib.results import read_results

# %% [markdown]
# We take the network that ships with the course, trained on real patients, and patients that it has never seen. It is
# two networks whose answers are averaged, and looks at 64 × 64 pixels; its probabilities are brought back to 128 before
# anything is scored.

# %%
scans = models.unseen(data.index_scans(data.find_data())).reset_index(drop=True)
model = models.shipped_model()
images64, _ = data.load_slices(scans, size=model.input_shape[1])
maps = evaluation.resize_probabilities(evaluation.predict_slices(model, images64), 128)[..., 0]
images, masks = data.load_slices(scans, size=128)
truth, guess = masks[..., 0] > 0, maps >= 0.5
print(f"{len(scans)} slices of {scans.patient.nunique()} patients; tumour on {truth.any(axis=(1, 2)).sum()} of them")

# %% [markdown]
# Does the first line say *synthetic patients*? Then these are phantoms, invented patients, while the network learned
# from real ones: all scores below are about phantoms.
#
# ## One network, four scores
#
# Here are four averages that you will meet in reports, of the very same masks. Beside them: what a model gets that
# never finds anything.

# %%
scores = {
    "the network": evaluation.averages(scans.patient, truth, guess),
    "predicting nothing": evaluation.averages(scans.patient, truth, np.zeros_like(guess)),
}
pd.DataFrame(scores).round(2)

# %% [markdown]
# Read from below. **All pixels together** treats everybody as one large patient: who has the largest tumour has the
# most votes. **Patients**: one Dice for each patient's whole volume, then the mean; everybody has one vote. **Tumour
# slices**: whoever has many of them counts more, a slice with ten tumour pixels counts as much as one with a thousand,
# and false alarms on the other slices cost nothing.
#
# And **all slices, empty ones as 1**. On an empty slice both masks are empty, 0/0, which is *decided* to be 1. That is
# sensible for a slice. In the mean it turns the share of empty slices into a score: look at what predicting nothing
# gets. (On the real set 0.651, as in lesson 2.)
#
# You may say: then let everybody use the same average, any of them, and models can still be compared. Can they? Three
# candidates, the same network with three thresholds. A pixel counts as tumour from a probability of 0.5 on, as so far,
# or already from 0.3, or only from 0.7. Which is the best?

# %%
cuts = {"from 0.3": 0.3, "from 0.5": 0.5, "from 0.7": 0.7}
table = pd.DataFrame({name: evaluation.averages(scans.patient, truth, maps >= cut) for name, cut in cuts.items()})
axes = plots.crowned(table)
plots.show(axes, alt="Four averages of three models; the winner is ringed; over all slices it is the one from 0.7")

# %%
lost = {name: (truth & (maps < cut)).sum() / truth.sum() for name, cut in cuts.items()}
pd.concat([table, pd.DataFrame({"share of tumour missed": lost}).T]).round(4)

# %% [markdown]
# One network, four averages, three winners. The first row crowns the candidate that misses the most tumour, nearly a
# quarter of it, because it keeps quiet on empty slices. The second, for which empty slices do not exist, puts that one
# last and crowns the one that draws the most. The other two prefer the middle; over patients it wins by so little that
# you should ask whether that means anything at all. Keep that question.
#
# ## A patient is a volume
#
# What matters to a patient is the tumour in the head, not the tumour on slice 14. So the course counts a patient's
# slices as one block: one overlap, one sum of sizes, one Dice. Empty slices then need no decision. They add nothing to
# the overlap; a false alarm on one adds to the sizes, and so costs what it should.
#
# ### Exercise 1: Dice of a patient
#
# Write it. What if the whole volume is empty? Two empty volumes agree, 1; if only one of them is empty, 0.


# %% exercise="patient_dice"
def patient_dice(truth, guess):
    """Dice of a whole volume, 0 to 1.

    truth, guess: (slice, height, width) boolean, all slices of one patient.
    """
    ### BEGIN SOLUTION
    size = truth.sum() + guess.sum()
    if size == 0:
        return 1.0
    return float(2 * (truth & guess).sum() / size)
    ### END SOLUTION


# %%
check("patient_dice", patient_dice)

# %% [markdown]
# Stuck? Run the next cell without its `#`, up to three times.

# %%
# hint("patient_dice")

# %% [markdown]
# Now every patient, from the worst to the best. Before you look: the mean, on the phantoms, is 0.78. Where will most of
# them lie? (The marks are the hospitals that the patients come from, by their codes in the data.)

# %%
patients = evaluation.score_patients(scans, maps)
above, below = (patients.dice > patients.dice.mean()).sum(), (patients.dice < 0.5).sum()
print(f"{above} of {len(patients)} patients lie above the mean, {below} below 0.5; worst: {patients.dice.min():.2f}")
axes = plots.patient_scores(patients)
plots.show(axes, alt="Dice of each patient, rising from 0 to above 0.9: most lie above the mean, one at 0")

# %% [markdown]
# A mean is nobody's score. Most patients lie above it, and a few far below pull it down. Those few are why you look at
# every patient before you believe a mean. Here is the worst: four slices, the expert's outline solid, the network's
# dashed.

# %%
worst = scans.index[scans.patient == patients.patient[patients.dice.idxmin()]]
four = worst[np.argsort(-(truth | guess)[worst].sum(axis=(1, 2)))[:4]]
axes = plots.slice_grid(images[four], truth[four], guess[four], columns=4)
plots.show(axes, alt="Four slices of the worst patient: the expert's outline on each, no dashed one on any")

# %% [markdown]
# There is no dashed outline, here or on any other slice of this patient. The tumour is little brighter than the brain
# around it. No average of Dice tells you that there is such a patient.
#
# And the slices without tumour? They are counted apart: on how many does the network draw anything at all?

# %%
alarms = evaluation.false_alarm_table(scans, maps)
print(f"false alarms on {alarms.alarms.sum()} of {alarms.empty_slices.sum()} slices without tumour,")
print(f"in {(alarms.alarms > 0).sum()} of {len(alarms)} patients; the largest has {alarms.largest_alarm.max()} pixels")

# %% [markdown]
# That is 13 % of them. On real patients it was 2 % ([the network's card](../data/model/README.md)). A score holds for
# patients of the kind that it was measured on.
#
# ## What Dice does not see
#
# This patient has a Dice of more than 0.9, which is very good. Where is the network wrong?

# %%
places = scans.groupby("patient", sort=False).indices
kept = np.concatenate([largest_part(guess[rows]) for rows in places.values()])
odd = patients[patients.dice > 0.9].nlargest(1, "hd95").iloc[0]
rows = places[odd.patient]
shown = [rows[area[rows].sum(axis=(1, 2)).argmax()] for area in (kept, guess & ~kept)]
titles = [f"slice {number}" for number in scans.slice[shown]]
axes = plots.slice_grid(images[shown], truth[shown], guess[shown], titles, columns=2)
plots.show(axes, alt="Two slices: on one both outlines fit; on the other, low in the head, there is only a dashed one")

# %% [markdown]
# There is a second outline, far below the tumour. Such strays, on three slices of 31, are a sixteenth of all that is
# drawn, and the Dice of the whole volume hardly minds. Somebody who plans a radiation would. So there is a second
# score, of distance. Walk along the expert's outline, and at each point ask how far the network's outline is; then walk
# along the network's and ask for the expert's. The farthest point of either walk is the Hausdorff distance, and one
# stray pixel decides it. **HD95** forgives each walk its farthest 5 %, by taking the 95th percentile,
# `np.percentile(distances, 95)`, and is the larger of the two.
#
# The files do not say how large a pixel is, nor how far apart the slices lie. So this distance is in pixels, with
# slices one pixel apart: good for comparing models, no millimetres.
#
# ### Exercise 2: HD95
#
# You write it for a slice; for a patient the library does the same with the surface of the volume.
# `evaluation.surface_points(mask)` gives the outline's pixels, a row for each: *(row, column)*. Two masks without
# tumour: 0. To nothing there is no distance: NaN if just one is empty.


# %% exercise="hd95"
def hd95(truth, guess):
    """Distance that 95 % of either outline keeps from the other, in pixels.

    truth, guess: (height, width) boolean. Both empty: 0. One of them empty: NaN.
    """
    a, b = evaluation.surface_points(truth), evaluation.surface_points(guess)  # (points, 2) each
    ### BEGIN SOLUTION
    if len(a) == 0 or len(b) == 0:
        return 0.0 if len(a) == len(b) else float("nan")
    distances = np.linalg.norm(a[:, None] - b[None], axis=-1)  # from each point of a (down) to each of b (across)
    of_truth, of_guess = distances.min(axis=1), distances.min(axis=0)
    return float(max(np.percentile(of_truth, 95), np.percentile(of_guess, 95)))
    ### END SOLUTION


# %%
check("hd95", hd95)

# %%
# hint("hd95")

# %% [markdown]
# A third way to count asks neither for pixels nor for distances: how many **lesions** were found, and how many were
# seen that are not there? Parts of a mask that hang together are one lesion, and F1 is Dice over lesions and parts
# instead of pixels.

# %%
def counted(drawn):
    """What a drawing of all patients finds, what it draws in vain, and its scores."""
    parts = np.sum([evaluation.count_lesions(truth[rows], drawn[rows]) for rows in places.values()], axis=0)
    alarms, scored = evaluation.false_alarm_table(scans, drawn).alarms.sum(), evaluation.score_patients(scans, drawn)
    return [*parts, alarms, scored.lesion_f1.mean(), scored.hd95.mean(), scored.hd95.isna().sum(), scored.dice.mean()]


names = ["lesions", "found", "parts drawn", "of these no lesion", "slices with false alarm"]
names += ["mean lesion F1", "mean HD95, px", "patients without HD95", "mean Dice"]
counts = pd.DataFrame({"all parts": counted(guess), "largest part only": counted(kept)}, index=names)
counts.round(2).map("{:g}".format)

# %% [markdown]
# All but three lesions are found. But of the parts that the network draws, more than two thirds touch no tumour; F1
# counts such a crumb as much as a tumour. In the second column every patient keeps the largest part of the drawing and
# loses the rest. All strays are gone, and no lesion with them: F1 rises above 0.9, HD95 falls to less than a quarter.
# Dice moves by no more than 0.03.
#
# This remedy takes for granted that everybody has one tumour. A gentler one asks for more looks. Show the network the
# mirror image of each slice too, and take the mean; then give the slice before and the slice after a quarter of the say
# each, since a tumour seldom begins and ends within one slice. Of what is drawn then, drop only the specks: parts less
# than a fifth as large as the largest. On 16 real patients (the card again) that brought the mean HD95 from 5.0 pixels
# to 3.3, and false alarms from 8 slices to 4; the mean Dice stayed where it was. What will it do here?

# %%
how = {"flip": True, "neighbors": 0.25, "size": 128}
seen = [evaluation.predict_volume(model, images64[rows], **how)[..., 0] for rows in places.values()]
voted = np.concatenate([evaluation.keep_large_parts(volume, share=0.2) for volume in seen]) >= 0.5
counts["more looks, no specks"] = counted(voted)
counts.round(2).map("{:g}".format)

# %% [markdown]
# Nearly all strays are gone again, and most of the false alarms. HD95 falls to a third, and a lesion is found that was
# missed before.
#
# Now look at the row below HD95. One patient lacks it, however one draws: the worst, of whom nothing is drawn, and to
# nothing there is no distance. The mean passes over that patient without a word, and looks the better for it. Where a
# score can be missing, say how often it is.
#
# Each remedy has a small gain in Dice. Is it one to believe? That depends on how sure one can be of a mean.
#
# ## How sure are you?
#
# Suppose other patients had come, of the same kind and as many. The mean would have come out differently. Guess: **how
# wide, in hundredths of Dice, is the range that holds 95 % of such means?** Answer 10 if you think of 0.70 to 0.80.

# %% exercise="interval_width"
### BEGIN SOLUTION
interval_width = 6
### END SOLUTION

# %%
check("interval_width", interval_width)

# %% [markdown]
# No other patients will come. The **bootstrap** makes do with those there are: draw one at random, put it back, draw
# again, until the group is as large as the real one. Some are in it twice, some not at all. Note the mean, and begin
# anew, 10,000 times. The middle 95 % of the noted means are the interval.
#
# ### Exercise 3: the bootstrap
#
# `rng.integers(n, size=(10_000, n))` draws 10,000 groups of *n* places at once. Other ways of drawing are as good, and
# 5,000 groups are enough.


# %% exercise="mean_interval"
def mean_interval(values, seed):
    """Where the middle 95 % of the means of patients drawn again lie: (low, high).

    values: list of scores, one a patient (np.asarray makes an array of it). seed: for np.random.default_rng.
    """
    rng = np.random.default_rng(seed)
    ### BEGIN SOLUTION
    values = np.array(values)
    drawn = rng.integers(len(values), size=(10_000, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
    ### END SOLUTION


# %%
check("mean_interval", mean_interval)

# %%
# hint("mean_interval")

# %%
dice = patients.dice.to_numpy()
drawn = np.random.default_rng(0).integers(len(dice), size=(10_000, len(dice)))
low, high = evaluation.bootstrap_interval(dice)
print(f"mean {dice.mean():.2f}, interval {low:.2f} to {high:.2f}; standard deviation between patients {dice.std():.2f}")
axes = plots.means_drawn_again(dice, dice[drawn].mean(axis=1), (low, high))
plots.show(axes, alt="Below, the patients' Dice as points; above, a hill of means, the middle 95 % of them marked")

# %% [markdown]
# That is wide. (To compare: on real scans of this kind experts agree among themselves at about 0.84, Buda 2019. Had the
# patients been real, the network could be clearly worse than an expert, or as good as one.) Patients differ here by
# about 0.2. Even where they differ only by 0.12, seventeen of them, a usual test set, leave 1.96 × 0.12 / √17 =
# 0.057 to either side.
#
# "But I have hundreds of slices!" Let us draw slices instead of patients.

# %%
has_tumor = truth.any(axis=(1, 2))
slices = np.array([evaluation.dice_score(*pair) for pair in zip(truth[has_tumor], guess[has_tumor])])
rows = {}
for name, values in {f"{len(slices)} tumour slices": slices, f"{len(dice)} patients": dice}.items():
    rows[name] = (values.mean(), *evaluation.bootstrap_interval(values))
    print(f"{name}: {rows[name][1]:.2f} to {rows[name][2]:.2f}, {100 * (rows[name][2] - rows[name][1]):.0f} hundredths")
axes = plots.intervals(rows)
plots.show(axes, alt="Two intervals: that over tumour slices is about half as wide as that over patients")

# %% [markdown]
# The means differ, since slices vote in the one and patients in the other. Look at the widths. The narrow one would be
# right if every slice were a patient of its own. But the slices of one patient stand and fall together: that the
# network fails on the eighth slice of the worst patient is no news after the seventh. Patients came at random, not
# slices; so patients are drawn again.
#
# ## Is B better than A?
#
# Back to the small gains. A is the network, B keeps the largest part only, C takes more looks and drops specks. D is a
# cautious one: the network cut at 0.9. Their means, each with its interval:

# %%
drawings = {
    "A: the network": guess,
    "B: largest part only": kept,
    "C: more looks, no specks": voted,
    "D: cut at 0.9": maps >= 0.9,
}
variants = pd.DataFrame({name: evaluation.dice_by_patient(scans.patient, truth, d) for name, d in drawings.items()})
axes = plots.intervals({name: (d.mean(), *evaluation.bootstrap_interval(d)) for name, d in variants.items()})
plots.show(axes, alt="Four wide intervals that overlap")

# %% [markdown]
# "The intervals overlap, so nobody can tell." Is that so? These intervals are wide because patients differ. But all
# four have been given *the same* patients, easy and hard ones alike. Ask each patient: what did B change for you?

# %%
first, *others = variants
compared = {name: evaluation.compare_models(variants[first], variants[name]) for name in others}
changes = {name: variants[name] - variants[first] for name in others}
axes = plots.paired_changes(changes, {name: (c.difference, c.low, c.high) for name, c in compared.items()})
plots.show(axes, alt="Changes of each patient's Dice: B never below 0, twice far above, C to both sides, D mostly below")

# %%
pd.DataFrame(compared, index=evaluation.Comparison._fields).round(4).map("{:zg}".format)

# %% [markdown]
# D is worse, whatever the overlapping bars said: 21 of 24 patients lost, and the interval of the *differences* stays
# clear of 0. **Wilcoxon's test** ranks the changes by size and asks how often a coin, tossing their signs, would come
# out as one-sided: hardly ever. C helped more than twice as many patients as it hurt. But its interval begins at 0, a
# hair to this side or to that as the draw will have it, and coins do such things about once in thirteen times. Of C we
# do not know.
#
# B passes. Twenty gained and nobody lost, which coins hardly ever toss, and the interval stays clear of 0. But look at
# the picture again. How much of the gain is left without the two patients who gained most?

# %%
gain = changes["B: largest part only"].sort_values()
print(f"mean gain of B: {gain.mean():.3f}; without the two who gained most: {gain.iloc[:-2].mean():.3f}")
print(f"no change at all: {(gain == 0).sum()} of {len(gain)} patients")

# %% [markdown]
# Little more than a third. These are two questions. Does B help more patients than it hurts? It does. By how much does
# it raise the mean? That hangs on how often such patients come, and two among two dozen do not tell.
#
# And the fine print. We thought of B *after* looking at a stray outline in one of these very patients. An honest test
# of B would take new ones.
#
# ## Who chooses the threshold?
#
# That is the same trap. Every threshold gives another score. To report the best of them is to choose on the test. How
# much does that flatter? Draw two groups of patients. Choose the threshold that is best for the one group
# (*validation*), or for the other (*test*), and score both on the test group. Repeat 2,000 times.

# %%
thresholds = np.arange(0.05, 1, 0.05).round(2)
by_threshold = evaluation.dice_by_threshold(scans.patient, truth, maps, thresholds)
rows = {}
for count in (3, 6, 12):
    chosen = evaluation.choose_many_times(by_threshold, min(count, len(dice) // 2))
    rows[f"{count} patients each"] = chosen.mean()
flattery = pd.DataFrame(rows).T.rename(columns={"on_validation": "chosen on validation", "on_test": "chosen on test"})
flattery["flattered by"] = flattery["chosen on test"] - flattery["chosen on validation"]
flattery.round(3)

# %% [markdown]
# Chosen on the test, the score is flattered, the more so the fewer the patients. It is not much here: one knob with
# nineteen positions. But count what else gets chosen in a project: the epoch, the loss, the learning rate, the
# architecture, what to do with strays. A much-used network for this data
# ([mateuszbuda/brain-segmentation-pytorch](https://github.com/mateuszbuda/brain-segmentation-pytorch)) scores 0.91 on
# ten patients, and its README says plainly that it was chosen on those ten.
#
# So patients are divided in three: *training* for the weights, *validation* for every choice, *test* for one number,
# once.
#
# ## The leak
#
# The last habit is the most expensive. Lesson 2 showed that a slice split leaves nearly every test slice a twin in
# training. What does a network make of that?
#
# To be fair, both splits should be judged on the same test slices. So we do it crosswise. Deal the patients into two
# halves, left and right, and lay every fourth of everybody's tumour slices aside for the test. Train one network on
# what remains of the left half, one on what remains of the right. Each test slice is then outlined twice: by the
# network that has seen *other slices of the same patient*, as in a slice split, and by the one that has seen *other
# patients only*.

# %%
tumor = data.index_scans(data.find_data()).query("tumor_pixels > 0")
names = np.random.default_rng(0).permutation(sorted(tumor.patient.unique()))[:24]
tumor = tumor[tumor.patient.isin(names)].reset_index(drop=True)
left = tumor.patient.isin(names[::2]).to_numpy()
test = (tumor.groupby("patient").cumcount() % 4 == 2).to_numpy()  # every fourth tumour slice of each patient
images48, masks48 = data.load_slices(tumor, size=48)
twins = data.count_twins(tumor[~test], tumor[test])
print(f"training slices: left {(left & ~test).sum()}, right {(~left & ~test).sum()}; test slices: {test.sum()}")
print(f"{100 * twins / test.sum():.0f} % of the test slices have a twin among the training slices of their half")

# %% [markdown]
# Which of the two will do better, and by how much?

# %%
keras.utils.set_random_seed(0)
network = models.unet((48, 48, 3), filters=(8, 16, 32, 32))
network.compile(keras.optimizers.Adam(0.003), loss=DiceLoss(), jit_compile=False)
start = training.Snapshot(network)
outlined = {}
for name, half in {"left": left, "right": ~left}.items():
    start.restore()
    training.fit_arrays(network, images48[half & ~test], masks48[half & ~test], epochs=25, progress=False)
    outlined[name] = evaluation.predict_slices(network, images48[test])[..., 0] >= 0.5
print("trained on:", ", ".join(outlined))

# %% tags=["nbval-ignore-output"]
is_left, owners, answers = left[test, None, None], tumor.patient[test], masks48[test][..., 0] > 0
by_known = np.where(is_left, outlined["left"], outlined["right"])
by_other = np.where(is_left, outlined["right"], outlined["left"])
known = evaluation.dice_by_patient(owners, answers, by_known)
new = evaluation.dice_by_patient(owners, answers, by_other)
leak = evaluation.compare_models(new, known)
print(f"the leak: {leak.difference:.2f} Dice, interval {leak.low:.2f} to {leak.high:.2f}")
print(f"known is better for {leak.higher} of {leak.patients} patients, worse for {leak.lower}")
axes = plots.known_and_new(known, new)
plots.show(axes, alt="Each patient's Dice twice: nearly always higher where the network knew the patient, often by far")

# %% [markdown]
# The same two networks, the same test slices, the same day. What differs is whether the network had met the patient.
# Whoever splits by slice reports the upper line and promises it to patients for whom the lower line holds.
#
# Set this beside everything else in this lesson. Either remedy brought less than three hundredths. The threshold,
# chosen as unfairly as you like, brought about as little. The split moves the score by a multiple of all that, and
# takes no work at all. Of 17 public projects on this data whose code we read, 12 split by slice.
#
# Ours is a small network with a dozen patients to learn by heart. How large is the leak on real patients? We measured
# it ([how](../results/README.md)): 80 patients; the course's VGG19-U-Net, from random weights, at 64 × 64; 3 seeds. Two
# recipes: the original project's, with tumour slices only and no augmentation, and the course's. Each of them met both
# splits, and every network saw 16,000 slices, repetitions counted. Guess before you look: does the slice split flatter
# both recipes alike?

# %%
summary = read_results("leak_summary")
axes = plots.leak_by_split(summary)
plots.show(axes, alt="Mean Dice of two recipes with both splits: only the original's is far higher when split by slice")

# %%
for gap in summary[summary["split"].isna()].itertuples():
    print(f"{gap.recipe}, {gap.patients} patients:")
    for score in ("slice_dice", "patient_dice"):
        low, high = getattr(gap, f"{score}_low"), getattr(gap, f"{score}_high")
        print(f"    {score:<12} {getattr(gap, score):+.2f} ({low:+.2f} to {high:+.2f})")

# %% [markdown]
# With the original recipe the slice split lifts the Dice of tumour slices by 0.11 (0.04 to 0.18), with the course's by
# 0.02 (−0.02 to 0.07). Why does it spare one of them? A leak pays whoever learns by heart. The original recipe shows
# each tumour slice some nineteen times, always the same; the course's shows it some ten times, turned, stretched and
# dimmed anew, among as many empty ones. That is our guess: these runs do not take the two apart. Train for longer, and
# the course's recipe may learn by heart as well.
#
# Now compare the recipes with each other. Whoever splits by slice and scores tumour slices, as the original project
# did, sees the original recipe win by 0.77 to 0.71. Split by patient, the two are level: 0.66 to 0.66. And over whole
# patients, empty slices and all, the course's wins by 0.73 to 0.56. The slice split does not only flatter. It picks the
# wrong winner.
#
# Two things to know about these figures. Each split has a test part of its own, so the differences are taken over the
# 32 patients that appear in both. And in the slice split a patient's test part is a few slices, not the whole volume:
# the tumour slices make the fairer comparison.
#
# ### Exercise 4: the sentence
#
# Your colleague is still waiting. In three or four sentences: how good is the network that we began with, on patients
# of what kind, and how sure are you? Use what the figures above say. A person reads this.

# %% exercise="honest_sentence"
### BEGIN SOLUTION
honest_sentence = (
    "On 24 synthetic patients that it had never seen, the network reaches a mean Dice over patients of 0.78 (95 % "
    "interval 0.68 to 0.85, bootstrap over patients). Most lie above that mean, but of one patient's tumour nothing is "
    "found. 24 of 27 lesions are found, yet more than two thirds of the parts that it draws are no lesion, and of 500 "
    "slices without tumour 64 raise a false alarm; keeping the largest part mends most of that, which is still to be "
    "confirmed on new patients. The threshold, 0.5, was not chosen on these patients. How good the network is on real "
    "ones, these figures do not say."
)
### END SOLUTION

# %%
check("honest_sentence", honest_sentence)

# %% [markdown]
# ## In this lesson
#
# - Say what a mean is taken over. A patient's Dice is that of the whole volume; empty slices never enter as 1.
# - Dice hardly sees small strays far off; HD95 and lesions do. Look at the worst patients, and count those without a
#   score.
# - Patients are drawn at random, so bootstrap patients. Two dozen leave a wide interval.
# - Compare models on the same patients, by their differences. Overlapping intervals prove nothing.
# - Choose on validation, test once. And split patients, never slices: nothing else here moved a score as far.
#
# **To read:** Reinke and others 2024, "Understanding metric-related pitfalls in image analysis validation", *Nature
# Methods* 21 ([doi 10.1038/s41592-023-02150-0](https://doi.org/10.1038/s41592-023-02150-0)); Varoquaux and Cheplygina
# 2022, "Machine learning for medical imaging: methodological failures and recommendations for the future", *npj
# Digital Medicine* 5 ([doi 10.1038/s41746-022-00592-y](https://doi.org/10.1038/s41746-022-00592-y)); Buda, Saha and
# Mazurowski 2019 on this data set ([doi
# 10.1016/j.compbiomed.2019.05.002](https://doi.org/10.1016/j.compbiomed.2019.05.002)).
#
# Next, in lesson 9: when should nobody believe it?

# %%
from course_lib import progress

progress.show(8)
