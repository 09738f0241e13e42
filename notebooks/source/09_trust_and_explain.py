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
# # 9 · Trust and explain
#
# **When should nobody believe it?**
#
# A witness who is always certain is no use to a court, even if he is often right: nobody can tell when. So one asks
# him again, from another side. One asks what exactly he saw. One looks up how often he was right when he swore to it.
# And one finds out whether he notices when the lights are off. In this lesson a network is on the stand.
#
# | | |
# |---|---|
# | **You will be able to** | read a reliability diagram; make an uncertainty map and check it against the errors; say what a heat map proves and what not; test a network on a missing sequence and on another scanner |
# | **Time** | 50 minutes |
# | **Memory, GPU** | 1.4 GB; a GPU is not needed, nothing is trained |

# %% tags=["setup"]
import numpy as np
import pandas as pd
from scipy import stats

from course_lib import data, evaluation, explain, plots
from course_lib.check import check, hint

# %% [markdown]
# On the stand: the network that ships with the course ([its card](../data/model/README.md)). It is two networks,
# trained on the same real patients from other random weights, and its answer is the mean of theirs. We ask it about
# patients that it has never seen; every second slice will do. As long as you have no real data these are the course's
# phantoms, which it was not trained on: part of what goes wrong below is that alone. Keep it in mind until the section
# on scanners.

# %%
from course_lib import models

model = models.shipped_model()
scans = models.unseen(data.index_scans(data.find_data()))[::2].reset_index(drop=True)
images, masks = data.load_slices(scans, size=model.input_shape[1])
truth, head = masks[..., 0] > 0, explain.head_mask(images)
probability = evaluation.predict_slices(model, images)[..., 0]
print(f"{len(scans)} slices of {scans.patient.nunique()} patients")

# %% [markdown]
# ## It swears to it
#
# Two slices, with what the network calls tumour. On one of the two there is no tumour at all. Which? (Look at them
# before you read the code.)

# %%
called = probability >= 0.5
area = called.sum(axis=(1, 2))
invented = int(np.where(truth.any(axis=(1, 2)), 0, area).argmax())
overlap = np.array([evaluation.dice_score(*pair) for pair in zip(truth, called)])
found = int(np.where(truth.any(axis=(1, 2)) & (area > 100), overlap, 0).argmax())
pair = [found, invented]
axes = plots.slice_grid(images[pair], guesses=called[pair], titles=["first", "second"], columns=2)
plots.show(axes, alt="Two FLAIR slices with what the network has outlined: on the first an area brighter than all "
                     "around it; on the second, at the base of the skull, half of the cerebellum and a spot beside it")

# %% [markdown]
# You probably saw it: the second outline cuts through the cerebellum, whose other half is hardly darker. The network
# could help you by being less sure there. Is it?

# %%
for name, which in (("first", found), ("second", invented)):
    sure, dice = probability[which][called[which]].mean(), overlap[which]
    print(f"{name:6}: inside the outline {sure:.0%} on average; Dice with the expert {dice:.2f}")

# %% [markdown]
# A Dice of 0 belongs to the slice without tumour: all of that outline is made up, and it is a little less sure of it,
# not much. One slice proves little, so let us count. **Of 100 pixels inside the head that the network calls tumour
# with at least 90 %, how many are tumour?** On average it gives them more than 99 %. Guess first.

# %% exercise="sure_and_right"
### BEGIN SOLUTION
sure_and_right = 90
### END SOLUTION

# %%
check("sure_and_right", sure_and_right)

# %%
sure = head & (probability >= 0.9)
print(f"it says {probability[sure].mean():.1%} on average; tumour are {truth[sure].mean():.0%}")

# %% [markdown]
# If a weather service says "90 % rain" on a hundred days and it rains on ninety, it is **calibrated**, whatever it said
# about each single day. This network is not. Of the pixels to which it swears it promises to be wrong in fewer than one
# in two hundred, and is in more than one in twenty.
#
# ### Exercise 1: the share of tumour, bin by bin
#
# Do the same for everything that it says. Cut the scale from 0 to 1 into bins of equal width. Of the head's pixels
# whose probability falls into a bin, which share is tumour? A bin begins with its lower edge; the last one takes 1
# too.


# %% exercise="tumor_shares"
def tumor_shares(truth, probability, head, bins=10):
    """The share of tumour among the head's pixels of each bin: (bin,), NaN where a bin has no pixels.

    truth, head: boolean arrays. probability: 0 to 1, of the same shape, which may be any.
    """
    ### BEGIN SOLUTION
    truth, said = truth[head], probability[head]
    place = np.minimum((said * bins).astype(int), bins - 1)
    shares = np.full(bins, np.nan)
    for k in range(bins):
        if (place == k).any():
            shares[k] = truth[place == k].mean()
    return shares
    ### END SOLUTION


# %%
check("tumor_shares", tumor_shares)

# %% [markdown]
# Stuck? Run the next cell without its `#`, up to three times.

# %%
# hint("tumor_shares")

# %% [markdown]
# Drawn, this is a **reliability diagram**. A calibrated network lies on the diagonal. Below it, the network promises
# more tumour than there is, above it less. We draw it twice: for the head, and for the whole image, air included. What
# will the air change?

# %%
everywhere = np.ones_like(head)
tables = {
    "inside the head": explain.reliability_table(truth, probability, head),
    "whole image": explain.reliability_table(truth, probability, everywhere),
}
axes = plots.reliability(tables)
plots.show(axes, alt="From 0.15 to 0.5 about a quarter is tumour; then the line climbs, below the diagonal. Whole "
                     "image: the same line, a larger lowest bin. A small hill of pixels at one half")
between = tables["inside the head"].query("0.1 <= low < 0.5")
print(f"where it says 10 % to 50 %, tumour are {between.share.min():.0%} to {between.share.max():.0%}, bin by bin")

# %% [markdown]
# Look at the line first. Up to one half it hardly rises: whether the network says 15 % or 45 % does not matter, about a
# quarter is tumour. From there it climbs, but stays below the diagonal: what the network calls tumour, it calls so too
# loudly, and its "certainly" is not certain. Below, on a logarithmic scale, you see that it seldom says anything
# between: it swears, one way or the other. (At one half there is a small hill. Can you think whence? We shall come to
# it.)
#
# Air left the line where it was. It only filled the lowest bin, and there lies a trap. The usual one-number summary,
# the **expected calibration error**, is the mean gap between line and diagonal, weighed by pixels.

# %%
for name, inside in (("inside the head", head), ("whole image", everywhere)):
    error = explain.calibration_error(truth, probability, inside)
    print(f"{name:15}: calibration error {error:.4f}")

# %% [markdown]
# Less than half, and not one answer about tissue was better. Both numbers look excellent besides, because most of a
# head is plainly healthy too. When a paper reports a small calibration error, ask over which pixels. The line cannot
# be flattered like that.
#
# ### Exercise 2: the Brier score
#
# Calibration alone is cheap: who says 3 % about every pixel, where 3 % are tumour, is calibrated and useless. The
# **Brier score** asks for more. It is the mean squared distance between what was said and what is: 0.8 about a tumour
# pixel is 0.2 away and costs 0.04; about a healthy one it costs 0.64.


# %% exercise="brier"
def brier(truth, probability, head):
    """Mean squared distance of the probability from what is (1 for tumour, 0 for healthy), over the head's pixels.

    truth, head: boolean arrays. probability: 0 to 1, of the same shape.
    """
    ### BEGIN SOLUTION
    distance = probability[head] - truth[head]
    return float((distance**2).mean())
    ### END SOLUTION


# %%
check("brier", brier)

# %%
# hint("brier")

# %% [markdown]
# Is the network worth more than someone who says the same about every pixel, and knows only how common tumour is?

# %%
same = np.full(probability.shape, truth[head].mean())
for name, said in (("always the same", same), ("the network", probability)):
    table = explain.reliability_table(truth, said, head)
    gap, score = explain.calibration_error(truth, said, head), explain.brier_score(truth, said, head)
    print(f"{name:15}: calibration error {gap:.4f}, Brier score {score:.4f}, bins used {(table['count'] > 0).sum()}")

# %% [markdown]
# The one who knows nothing is the better calibrated, and the worse witness. Brier tells them apart. But no number over
# all pixels says *which* pixels to doubt. For that, ask again.
#
# ## Ask again
#
# A head in the mirror is still a head, with its tumour on the other side. A network that has understood should say
# the same thing there. Asking about several versions of a slice is called **test-time augmentation**.
#
# ### Exercise 3: ask in the mirror too
#
# `predict` takes slices and gives probabilities. Ask it about the slices and about their left-right mirror images.


# %% exercise="mirrored_mean"
def mirrored_mean(predict, images):
    """Mean of the answers to the slices and to their mirror images, each pixel where it belongs.

    predict: a function, (slice, height, width, sequence) in, probabilities (slice, height, width) out.
    images: (slice, height, width, sequence).
    """
    ### BEGIN SOLUTION
    in_the_mirror = predict(images[:, :, ::-1])
    return (predict(images) + in_the_mirror[:, :, ::-1]) / 2
    ### END SOLUTION


# %%
check("mirrored_mean", mirrored_mean)

# %%
# hint("mirrored_mean")

# %% [markdown]
# The library's `explain.augmented_prediction` does it for any list of variants. We take four: as it is, mirrored, and
# turned by ten degrees to either side. It gives the mean, and how far the four lie apart: their standard deviation at
# every pixel, our **uncertainty**. 0 is agreement; 0.5 is as far apart as four answers can be. In the picture blue is
# 0, and full yellow a probability of 1 or an uncertainty of 0.5. In its last column, what the network missed is orange,
# and what it made up is yellow.

# %%
asked = explain.augmented_prediction(model, images, explain.TURNS)
wrong = (asked.probability >= 0.5) != truth
missed = truth & (asked.probability < 0.1)
overlooked = int(missed.sum(axis=(1, 2)).argmax())
rows = [found, invented, overlooked]
axes = plots.uncertainty_beside_error(
    images[rows], truth[rows], asked.probability[rows], asked.uncertainty[rows], ["found", "made up", "overlooked"]
)
plots.show(axes, alt="Three slices. Found: a thin rim of uncertainty. Made up: a rim too, and a patch beside it, but "
                     "none in the middle. Overlooked: a tumour missed; probability and uncertainty are 0 everywhere")

# %%
there = truth[overlooked]
print(f"overlooked: probability of the tumour's pixels {asked.probability[overlooked][there].mean():.3f},",
      f"uncertainty {asked.uncertainty[overlooked][there].mean():.3f}")

# %% [markdown]
# Compare the two columns on the right. Around the tumour that was found, the four answers differ along the border only.
# Around what was made up they do the same, and quarrel about the cerebellum's other half; but the middle of what was
# made up is sworn to by all four. And the tumour in the last row was missed without a doubt. (Remember these two; we
# shall look them up.) But three rows, picked by us, prove nothing; an uncertainty map is a claim, and a claim is
# checked. Suppose a reader has time for the most uncertain 2 % of the head's pixels. Which share of all errors lies
# there?

# %%
doubts = {
    "four answers": asked.uncertainty[head],
    "one answer": -np.abs(probability[head] - 0.5),
    "by lot": np.random.default_rng(0).random(head.sum()),
}
for name, doubt in doubts.items():
    caught, auc = explain.errors_caught(doubt, wrong[head], 0.02), explain.error_auc(doubt, wrong[head])
    print(f"{name:12}: {caught:.0%} of the errors in the most doubtful 2 %; AUC {auc:.2f}")

# %% [markdown]
# AUC is the chance that a wrong pixel is more doubtful than a right one; .5 is guessing. "One answer" takes the plain
# answer's own word for it: the nearer to one half, the more doubtful. It does know something, and serves the reader of
# 2 % even better. Over all pixels four answers know more. Now the same for every share of pixels that you might be
# willing to believe:

# %%
curves = {name: explain.risk_coverage(doubt, wrong[head]) for name, doubt in doubts.items()}
for name, curve in curves.items():
    few, most, every = 100 * curve["risk"].iloc[[1, 89, 99]]
    print(f"{name:12}: wrong are {few:.1f} % of the surest 2 %, {most:.1f} % of the surest 90 %, {every:.1f} % of all")
surest, lies = np.argsort(doubts["one answer"], kind="stable")[: head.sum() // 50], (called != truth)[head]
print(f"one answer's surest 2 %: {called[head][surest].mean():.0%} of it called tumour;",
      f"of the errors there {called[head][surest][lies[surest]].mean():.0%} are made up")
axes = plots.risk_by_coverage(curves)
plots.show(axes, alt="Wrong pixels among those kept, against how many are kept: by lot nearly level; with doubts far "
                     "lower without the last tenth, never 0, and steep at the far left, for one answer above the lot")

# %% [markdown]
# Leave out the most doubtful tenth, and most of the errors are gone. Not all; and look at the far left. Asked once, the
# pixels of which the network is surest of all are wrong more often than pixels drawn by lot. Tumour is a small part of
# a head, but about two thirds of that last certainty go to it, and some of that tumour does not exist. Four answers
# mend that, but only in part.
#
# The mean of four answers is an answer too. Is it a better one? We score patients, as lesson 8 does.


# %%
def by_patient(score):
    """`score(rows)` for the rows of every patient's slices."""
    return pd.Series({patient: score(rows) for patient, rows in scans.groupby("patient").indices.items()})


def dice_of(said):
    """Dice of every patient."""
    return by_patient(lambda rows: evaluation.dice_score(truth[rows], said[rows] >= 0.5))


dice = dice_of(asked.probability)
print(f"mean Dice asked once {dice_of(probability).mean():.2f}, asked four times {dice.mean():.2f}")

# %% [markdown]
# A little, if anything; what four answers are good for is doubt. A clinic does not doubt pixels, it doubts cases. How
# unsure was the network, on average, where it called tumour? Does that tell the good cases from the bad? (A rank
# correlation of -1 would mean: the more unsure, the lower the Dice, without exception; 0: no such order.)


# %%
def doubt_where_called(rows):
    """Mean uncertainty of the pixels that it calls tumour; where it calls none, as high as can be."""
    called = asked.probability[rows] >= 0.5
    return asked.uncertainty[rows][called].mean() if called.any() else 0.5


doubt = by_patient(doubt_where_called)
print(f"rank correlation of uncertainty and Dice: {stats.spearmanr(doubt, dice).statistic:.2f}")
axes = plots.uncertainty_by_patient(doubt, dice)
plots.show(axes, alt="One point a patient: the more uncertain the network on average, the lower the Dice; at the far "
                     "right, at Dice 0, the patient in whom it calls nothing tumour")

# %% [markdown]
# The cases to look at twice can be picked without knowing the truth. That is worth a lot. Now the other side of it:
# where do all four answers agree, and are wrong together?

# %%
agreed = asked.uncertainty[head & wrong] < 0.05
print(f"errors on which the four answers agree (uncertainty below 0.05): {agreed.mean():.0%}")

# %% [markdown]
# It is sure where it is wrong, in about two of five errors on the phantoms. To agree with oneself is not to be right.
# But are there not two networks in it? Where they contradict each other the mean is near one half: that is the hill in
# the reliability diagram. How many of the errors will that lay bare?

# %%
members = dict(zip(("first", "second"), models.members(model)))
calls = {name: evaluation.predict_slices(one, images)[..., 0] >= 0.5 for name, one in members.items()}
apart, mistaken = calls["first"] != calls["second"], called != truth
print(f"where the two contradict each other, wrong are {mistaken[head & apart].mean():.0%},",
      f"elsewhere {mistaken[head & ~apart].mean():.1%}")
print(f"errors in which the two agree: {(~apart)[head & mistaken].mean():.0%}")

# %% [markdown]
# Where they quarrel, look. But most errors, nearly three in four, they make together, and on real patients it was the
# same. Four answers or two networks, the witnesses went to the same school. Uncertainty can tell you where to look; its
# absence cannot tell you to stop.
#
# ## Ask what it saw
#
# **Seg-Grad-CAM** (Vinogradova and colleagues, 2020) asks which places of a layer's maps raised the answer for a
# region. Each map gets a weight: how much the region's answer would rise if the map did, on average. The weighted maps
# are added up, and what is below 0 is cut off. We take three layers, on the way down, up, and at the end. A heat map
# belongs to one network, so we ask the second of the two, and outline what that one calls tumour.


# %%
second, outline = members["second"], calls["second"]
LAYERS = {"on the way down": "block3_norm4", "on the way up": "up3_relu2", "at the end": "up1_relu2"}


def heat(network, which, layers=LAYERS):
    """Maps of some layers for what `second` calls tumour on a slice."""
    return {
        name: explain.seg_grad_cam(network, images[which], layer, outline[which]) for name, layer in layers.items()
    }


trained = heat(second, found)
axes = plots.heat_maps(images[[found]], [trained], outline[[found]])
plots.show(axes, alt="A slice and three heat maps of it: all are brightest inside the outline; the first two have "
                     "pale patches elsewhere, in the air too")

# %% [markdown]
# It looks at the tumour: a picture that convinces everybody. But what would a picture look like that should *not*
# convince us? Adebayo and colleagues (2018) proposed a test: ask a network that has learned nothing. Some methods that
# were popular then drew it nearly the same pictures, so what they had drawn was the image, not the network's reasons.
# And we add a test of our own: the area that was made up.

# %%
untrained = heat(explain.random_twin(second), found)
false_alarm = heat(second, invented)
names = ["trained", "random weights", "made up"]
which = [found, found, invented]
axes = plots.heat_maps(images[which], [trained, untrained, false_alarm], outline[which], names)
plots.show(axes, alt="Three rows of heat maps. Trained: bright inside the outline. Random weights: patterns all over "
                     "the picture. Made up: brightest inside the false outline, with pale patches in the air")

# %% [markdown]
# The pale patches lie mostly in air; we count inside the head only.


# %%
def print_shares(name, maps, which):
    """How much of the head's heat lies inside the outline, map by map, and how much of the head does."""
    inside, area = outline[which] & head[which], head[which]
    listed = ", ".join(f"{heat_map[inside].sum() / heat_map[area].sum():.0%}" for heat_map in maps.values())
    part = inside.sum() / area.sum()
    print(f"{name:14}: {listed} of the head's heat inside the outline, which holds {part:.0%} of the head")


for each in zip(names, (trained, untrained, false_alarm), which):
    print_shares(*each)

# %% [markdown]
# The method passes Adebayo's test: with random weights the picture falls apart, so it does show something that was
# learned. And it tells us nothing about whether the answer is right. For an area that does not exist it draws a map
# that points there too. A heat map says *this moved the answer*; whether it should have, it cannot know. (That the map
# at the end marks the outline is no discovery either: it is nearly the answer itself.)
#
# And why these three layers? Because we had looked at the others. Here are three more, of the same network and the
# same tumour: what would you have said of it, had we begun with these?

# %%
others = {"at the start": "block1_norm2", "deepest": "block5_norm4", "first step up": "up4_relu2"}
hidden = heat(second, found, others)
axes = plots.heat_maps(images[[found]], [hidden], outline[[found]])
plots.show(axes, alt="A slice and three heat maps of it: at the start fine lines, brightest along the skull, and the "
                     "tumour dark; the deepest map is bright in a lower corner of the picture, the first step up's "
                     "in a stripe below the tumour")
print_shares("others", hidden, found)

# %% [markdown]
# Who chooses the layer chooses the picture. Ask which ones were looked at before one was shown.
#
# The deepest map shines in a corner, far from the tumour, more than half of it in air. Did something there move the
# answer? Every map is drawn on its own scale: something is yellow even where next to nothing moves anything. No map can
# tell the two apart. An experiment can. In each block a normalisation comes last: it multiplies every map by a factor
# and adds a number. Set the factors to 0, and the block is silent: it says the same everywhere, whatever the slice.


# %%
def with_silent(network, name):
    """What the network calls tumour while one of its layers is silent."""
    layer = network.get_layer(name)
    factors, *rest = layer.get_weights()
    layer.set_weights([0 * factors, *rest])
    silenced = evaluation.predict_slices(network, images)[..., 0] >= 0.5
    layer.set_weights([factors, *rest])
    return silenced


# %% [markdown]
# Then count the pixels that are called otherwise, per 100 that were called tumour. What do you expect of the fifth
# block, the deepest? And will the other network, the first, depend on the same blocks?

# %%
for name, network in members.items():
    for block in (3, 4, 5):
        changed = with_silent(network, f"block{block}_norm4") != calls[name]
        print(f"{name}, block {block} silent: {100 * changed.sum() / calls[name].sum():.1f} called otherwise per 100")
deep = sum(each.count_params() for each in second.layers if each.name.startswith(("block4", "block5")))
print(f"blocks 4 and 5 hold {deep / second.count_params():.0%} of a network's weights")

# %% [markdown]
# The third block matters to both. Of the fifth neither takes much notice, and the second takes little of the fourth
# (which, when silent, silences the fifth as well): more than half of its weights. They are not broken: their maps
# differ from place to place as those of other blocks do. But in slices of 64 pixels, it seems, three blocks can be
# enough. The first network leans on its fourth, though it has the same build and learned from the same patients. On
# slices of real patients it was much the same, and there the two have the same Dice, which tells you nothing of all
# this. A heat map raises a question; silencing a part answers it.
#
# ## Take one sequence away
#
# Sixteen times in the data set, by our own count, a sequence was not taken, and FLAIR was put in its place. What does
# the network do then? We take away one after the other. (FLAIR itself is never missing there; we put pre-contrast in
# its place.) This network has rehearsed: in its training FLAIR stood in for pre-contrast in 15 % of the slices, and for
# post-contrast in as many. Which loss will hurt most, and will the network notice?

# %%
without = {name: explain.remove_sequence(images, name) for name in data.SEQUENCES}
answers = {"all three": probability}
for name, pictures in without.items():
    answers[f"without {name}"] = evaluation.predict_slices(model, pictures)[..., 0]

scores = pd.DataFrame({name: dice_of(said) for name, said in answers.items()})
means = ", ".join(f"{name} {mean:.2f}" for name, mean in scores.mean().items())
axes = plots.paired_scores(scores)
plots.show(axes, alt=f"Dice of every patient with all sequences and without each in turn; on average: {means}")

# %% [markdown]
# Every line is one patient. What was rehearsed it bears: without pre-contrast or post-contrast it loses nothing on
# average (the mean hides a phantom, weak before, that falls to next to nothing). What was not rehearsed it does not:
# without FLAIR next to nothing is left. (One of the phantoms still has its FLAIR, in the place of another sequence. Did
# that save it? The answer comes soon.) Now the question of this lesson: did it *say* so? Here is what it says about the
# pixels that are tumour, and how far its four answers lie apart there.

# %%
shows = truth.any(axis=(1, 2))  # slices with tumour
blind = explain.augmented_prediction(model, without["FLAIR"][shows], explain.TURNS)
seeing = explain.Augmented(asked.probability[shows], asked.uncertainty[shows])
for name, answer in (("all three", seeing), ("without FLAIR", blind)):
    sworn, apart = (answer.probability[truth[shows]] < 0.1).mean(), answer.uncertainty[truth[shows]].mean()
    print(f"{name:13}: {sworn:.0%} of the tumour called healthy with over 90 %; mean uncertainty there {apart:.3f}")

# %% [markdown]
# Nearly all of the tumour is called healthy, and sworn to; and the four answers, which could lie 0.5 apart, agree
# *more* than before: by its own account, the network has never been so certain. On real patients it was the same. An
# uncertainty compares the network with itself; that the input is not what it should be, only a look at the input tells.
# And that look is cheap:

# %%
one = scans.groupby("patient").indices[scans.patient[found]]
for name, pictures in {"all three": images, **without}.items():
    equal = " and ".join(data.missing_sequences(pictures[one])) or "none"
    print(f"{name if name == 'all three' else 'without ' + name:13}: equal to FLAIR: {equal}")

# %% [markdown]
# A comparison of two arrays sees what no probability shows. (It cannot tell which of two equal ones is the copy.) Now
# in earnest: the patients as they came, when nobody had taken anything away. Does it find any? And whose were the area
# that was made up, and the tumour that was overlooked?

# %%
for patient, rows in scans.groupby("patient").indices.items():
    if equal := data.missing_sequences(images[rows]):
        rank = (scores["all three"] <= scores["all three"][patient]).sum()
        print(f"{patient}: {' and '.join(equal)} equal to FLAIR; Dice number {rank} of {len(scores)} from below,",
              f"{scores['without FLAIR'][patient]:.2f} without FLAIR")  # fmt: skip
print("made up was an area of", scans.patient[invented])
print("overlooked was a tumour of", scans.patient[overlooked])

# %% [markdown]
# Of the phantoms it finds two. One has FLAIR in the place of post-contrast, which was rehearsed: its Dice is in the
# middle of the field. When we took its FLAIR away that copy was still there, and saved it little: the network looks for
# FLAIR in FLAIR's place. The other has FLAIR three times. Its Dice is the lowest, and the overlooked tumour is its. The
# check costs next to nothing, and could have been made before the network was asked. It says "look", not "wrong": one
# of the real patients that the network never saw lacks post-contrast too, and is among its best.
#
# But the patient with the area that was made up has all three sequences, and no comparison of arrays would have warned
# anybody. What is different there?

# %%
for name, which, places in (("found", found, truth), ("made up", invented, called), ("overlooked", overlooked, truth)):
    flair, here = images[which, ..., 1].astype(float), places[which]
    times = flair[here].mean() / flair[head[which] & ~here].mean()
    print(f"{name:10}: on FLAIR it is {times:.1f} times as bright as the rest of the head")

# %% [markdown]
# Nothing is wrong with the scan. The slice lies at the base of the skull, where there is more bone and muscle than
# brain, and beside those the cerebellum is bright: not as bright as the tumour that was found, but enough, it seems.
# No check of the input warns of that. It takes a person who looks, and does not take a calm network's word. (The
# overlooked tumour, by the way, is hardly brighter than the rest of its head. The network's card says that in real
# patients too it draws such tumours, small ones, poorly or misses them.)
#
# ## Another scanner
#
# Every hospital has its own. Dimmer, a receiving coil on one side, another contrast, more noise: none of it changes
# where the tumour is. In lesson 1 you standardised slices by hand: subtract the mean, divide by the deviation. This
# network does it itself, before anything else, for each sequence of each slice, with mean and deviation of the brain.
# Which of the four does that undo? (Every picture below is drawn with its own brightness, as on a viewing station, so
# the dimmer one does not look it; the network gets the numbers as they are.)

# %%
scanners = {
    "as it was": {},
    "dimmer": {"brightness": 0.5},
    "one-sided": {"uneven": 0.4},
    "flat contrast": {"gamma": 0.6},
    "noisy": {"noise": 12},
}
pictures = {name: explain.other_scanner(images, **change) for name, change in scanners.items()}
axes = plots.slice_grid([each[found] for each in pictures.values()], titles=list(pictures), columns=5)
plots.show(axes, alt="One FLAIR slice under five scanners; the tumour is easy to see in all of them")

# %%
answers = {name: evaluation.predict_slices(model, each)[..., 0] for name, each in pictures.items()}
scores = pd.DataFrame({name: dice_of(said) for name, said in answers.items()})
means = ", ".join(f"{name} {mean:.2f}" for name, mean in scores.mean().items())
axes = plots.paired_scores(scores)
plots.show(axes, alt=f"Dice of every patient with five scanners; on average: {means}")

# %% [markdown]
# You would outline the tumour on all five. Half the brightness costs nothing: to subtract and to divide takes it back,
# and most lines are level. A one-sided coil is not undone, as one mean and one deviation cannot be right for both ends
# of a slice, but it costs no phantom as much as .1. Flat contrast harms some and helps others. Noise costs the most:
# your eye forgives it, and several phantoms lose everything. In training the network had met noise, but as a rule not a
# quarter as much.
#
# On the sixteen real patients that it never saw, dimmer slices and the coil cost nothing, and noise by far the most;
# one fell from .90 to 0. But flat contrast, which the phantoms bore, cost three of them more than .2: what holds on
# phantoms has to be tried on patients. What a network does by construction it does for every patient. What it has
# merely learned to bear it bears as far as it was rehearsed, and how far that is has to be tried, patient by patient:
# the mean hides the one who falls.
#
# Could one not simply compare institutions? We have five of them in the set.

# %%
table = pd.DataFrame({"dice": scores["as it was"], "institution": scans.groupby("patient").institution.first()})
rows = {}
for name, values in table.groupby("institution").dice:
    low, high = evaluation.bootstrap_interval(values)
    rows[name] = {"patients": len(values), "mean Dice": values.mean(), "low": low, "high": high}
pd.DataFrame(rows).T.astype({"patients": int}).round(2)

# %% [markdown]
# Before you rank them, look at the first column. Of one patient there is no interval at all. Of two or three there is
# one, and it is too narrow: the bootstrap can only draw again what it was given, so it never reaches beyond the best
# and the worst of them. Whether the network works at another institution is found out with many patients from there,
# or not at all.
#
# ### Exercise 4: in your own words
#
# A hospital wants to use this network on its own scans. Write four or five sentences: when should nobody believe it,
# which test of this lesson showed that, and what would you check on every scan before the network sees it? A person
# reads this.

# %% exercise="when_not_to_believe"
### BEGIN SOLUTION
when_not_to_believe = (
    "Nobody should believe it because it is sure: it gave over 90 % to an area that does not exist, and the "
    "reliability diagram shows that such certainty is right less often than it says. Where the four answers lie "
    "apart it should be checked first, as errors gather there, but many errors show hardly any uncertainty, and most "
    "are made by both of its networks. It should never be believed on scans unlike those it was trained with: without "
    "FLAIR it missed nearly everything and swore that nothing was there, and noise cost some patients nearly all of "
    "their Dice. Before it sees a scan I would compare the sequences with each other, and measure noise, contrast "
    "and unevenness (brightness it can take); and I would first test it on many patients of this hospital."
)
### END SOLUTION

# %%
check("when_not_to_believe", when_not_to_believe)

# %% [markdown]
# ## In this lesson
#
# - A probability is a promise. The reliability diagram, inside the head, shows how it is kept; one number over all
#   pixels flatters.
# - Test-time augmentation shows where errors gather, by pixel and by patient. Check such a map against the errors
#   before you hand it to anyone.
# - Certainty is no evidence, nor is agreement: some errors show no uncertainty, a missing FLAIR hardly any, and most
#   errors are made by both networks.
# - A heat map says what moved the answer, not whether the answer is right. Ask a random network for comparison, ask
#   which layers were left out, and silence a part to learn whether it matters.
# - Inputs have to be checked as inputs. Standardising undoes a dimmer scanner, and no more than that; a new scanner or
#   institution is a new test, with many patients.
#
# **To read:** Guo and colleagues 2017, *On Calibration of Modern Neural Networks* ([arXiv
# 1706.04599](https://arxiv.org/abs/1706.04599)); Wang and colleagues 2019 on test-time augmentation of brain tumour
# outlines ([arXiv 1807.07356](https://arxiv.org/abs/1807.07356)); Vinogradova, Dibrov and Myers 2020, *Towards
# Interpretable Semantic Segmentation via Gradient-weighted Class Activation Mapping* ([arXiv
# 2002.11434](https://arxiv.org/abs/2002.11434)); Adebayo and colleagues 2018, *Sanity Checks for Saliency Maps* ([arXiv
# 1810.03292](https://arxiv.org/abs/1810.03292)).
#
# Next, in lesson 10: can you do it without us?

# %%
from course_lib import progress

progress.show(9)
