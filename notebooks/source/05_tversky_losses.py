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
# # 5 · Tversky losses
#
# **What is a missed tumour worth?**
#
# Two people outline the same tumour. One stays on the safe side and marks a little too much. The other marks only what
# is certain, and leaves a part out. Before an operation, the first mistake costs a second look; the second may cost
# more than that. Every network takes a side in this too, because the loss that trained it puts a price on both
# mistakes, whether or not anybody chose it. In this lesson you choose it.
#
# | | |
# |---|---|
# | **You will be able to** | go from counts to Dice, Tversky and focal Tversky; trade misses for false alarms; see where a loss pulls; avoid the trap of the empty mask |
# | **Time** | 60 minutes |
# | **Memory, GPU** | 1.2 GB; a GPU is not needed, the network is small |

# %% tags=["setup"]
import inspect

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from course_lib import data, evaluation, plots, widgets
from course_lib.check import check, hint

# %% tags=["setup"]
from course_lib.backend import keras, ops  # Keras, without the log of its start
from course_lib import losses, models
import tensorflow as tf

# %%
scans = data.index_scans(data.find_data())
with_tumor = scans[scans.tumor_pixels > 0]
print(f"{len(with_tumor)} slices with tumour, of {with_tumor.patient.nunique()} patients")

# %% [markdown]
# ## Three counts
#
# We take a slice that shows its tumour well (of the forty slices with most tumour, the one whose tumour is brightest),
# and a guess that is the expert's outline, moved by four pixels to the left and four up.

# %%
forty = with_tumor.nlargest(40, "tumor_pixels")
images, masks = data.load_slices(forty, size=128)
pairs = zip(images[..., 1], masks[..., 0])
best = int(np.argmax([flair[mask > 0].mean() / flair[flair > 25].mean() for flair, mask in pairs]))
image, truth = images[best], masks[best, ..., 0].astype("float32")
axes = plots.error_map(image, truth, np.roll(truth, (-4, -4), axis=(0, 1)))
plots.show(axes, alt="A tumour with hits in the middle, misses at its lower right rim, false alarms at the upper left")

# %% [markdown]
# Pixels that are tumour and were guessed are **hits** (true positives, TP). Tumour that was not guessed is a **miss**
# (false negative, FN). What was guessed and is no tumour is a **false alarm** (false positive, FP). Everything else,
# most of the picture, is rightly left alone, and no score of this lesson counts it: lesson 2 showed what happens to
# those that do.
#
# A network answers with probabilities. One could count after a threshold, but then a pixel that goes from 0.2 to 0.4
# changes no count at all, and training, which follows small changes, would see a flat plain. So one counts fractions:
# a tumour pixel guessed with 0.75 is three quarters of a hit and one quarter of a miss.
#
# ### Exercise 1: soft counts


# %% exercise="soft_counts"
def soft_counts(truth, guess, per_image=False):
    """Hits, false alarms and misses, in this order, in fractions of a pixel.

    truth: masks, (image, height, width), 0 or 1. guess: probabilities, of the same shape.
    per_image: False adds up over the whole batch: three numbers. True: three arrays with one number an image.
    """
    ### BEGIN SOLUTION
    axes = (1, 2) if per_image else None
    hits = (truth * guess).sum(axis=axes)
    alarms = ((1 - truth) * guess).sum(axis=axes)
    misses = (truth * (1 - guess)).sum(axis=axes)
    return hits, alarms, misses
    ### END SOLUTION


# %%
check("soft_counts", soft_counts)

# %% [markdown]
# Stuck? Run the next cell without its `#`, up to three times.

# %%
# hint("soft_counts")

# %% [markdown]
# ## From counts to a loss
#
# Two guesses for a tumour of four pixels. The timid one misses two of them; the generous one finds all and raises two
# false alarms. Which of the two would you rather have?

# %%
tumor = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]], "float32")
timid, generous = tumor.copy(), tumor.copy()
timid[2] = 0
generous[1:3, 3] = 1
axes = plots.panels([tumor, timid, generous], ["the tumour", "timid", "generous"], numbers=True)
plots.show(axes, alt="Four by four pixels: a tumour of four; the timid guess has two of them, the generous one six")

# %% [markdown]
# **Dice**, lesson 2's score, is usually written with twos: twice the hits, divided by the two areas. Halve it above and
# below, and it says what it weighs:
#
# $$\text{Dice} = \frac{2\,\text{hits}}{2\,\text{hits} + \text{misses} + \text{false alarms}}
# = \frac{\text{hits}}{\text{hits} + \tfrac12\,\text{misses} + \tfrac12\,\text{false alarms}}$$
#
# Half for each: that is a decision, and nobody has asked you. Salehi and colleagues (2017) put two weights in its
# place, following a psychologist, Amos Tversky, who had asked in 1977 how alike people find two things. The **Tversky
# index** is
#
# $$\frac{\text{hits} + s}{\text{hits} + w_\text{misses}\,\text{misses} + w_\text{alarms}\,\text{false alarms} + s}$$
#
# and one minus it is the **Tversky loss**. The few pixels *s* smooth it; what they are good for, you will see. In this
# course misses weigh 0.7 and false alarms 0.3, unless we say otherwise, and the arguments say which is which:
# `fn_weight` weighs misses (false negatives), `fp_weight` false alarms (false positives).
#
# ### Exercise 2: the Tversky index
#
# `losses.soft_counts(truth, guess)` is the library's own, if you want it to count for you. As long as they pool a
# batch, the library's functions take arrays of any shape.


# %% exercise="tversky_index"
def tversky_index(truth, guess, fn_weight=0.7, fp_weight=0.3, smooth=1.0):
    """Overlap of masks and guesses, 1 where they agree; the counts of the whole batch are added up first.

    truth: masks, (image, height, width), 0 or 1. guess: probabilities, of the same shape.
    fn_weight, fp_weight: weight of misses, of false alarms. smooth: pixels added above and below.
    """
    ### BEGIN SOLUTION
    hits, alarms, misses = losses.soft_counts(truth, guess)
    errors = fn_weight * misses + fp_weight * alarms
    return (hits + smooth) / (hits + errors + smooth)
    ### END SOLUTION


# %%
check("tversky_index", tversky_index)

# %%
# hint("tversky_index")

# %% [markdown]
# The library has it too. What do the two guesses cost?

# %%
weightings = {"Dice: both ½": (0.5, 0.5), "misses .7, alarms .3": (0.7, 0.3), "misses .9, alarms .1": (0.9, 0.1)}
for name, (misses, alarms) in weightings.items():
    cost = [losses.tversky_loss(tumor, guess, misses, alarms, smooth=0) for guess in (timid, generous)]
    print(f"{name:21} timid {cost[0]:.6f}   generous {cost[1]:.6f}")

# %% [markdown]
# Already Dice prefers the generous guess, since a miss hurts twice: it is an error more, *and* a hit less. The more a
# miss weighs, the further the two move apart. Here is every other mixture of errors: on a black line, all guesses cost
# the same.

# %%
axes = plots.loss_surface(weightings, points={"timid": (50, 0), "generous": (0, 50)})
plots.show(axes, alt="Three maps of the loss over misses and false alarms: lines of equal loss stand ever steeper")

# %% [markdown]
# Walk up along a line: for each miss less, how many false alarms more does it allow? At the lower left corner itself,
# the perfect guess, where no line is drawn, it is one for Dice, 7/3 for .7 and .3, nine for .9 and .1; the further out,
# the more. The steeper the lines, the less a false alarm matters. In the last panel it hardly does: to mark twice the
# tumour's area costs about as much as to miss a tenth of it.
#
# ## What a miss is worth
#
# Training follows the slope. So let us ask every pixel: how strongly does the loss pull at you? Our guess is a network
# that does not know the border: think of a hundred experts who all draw the outline, each a few pixels off in some
# direction, and take the share of them who mark a pixel. That is the mask, blurred.

# %%
unsure = gaussian_filter(truth, 3)
axes = plots.overlay(image, unsure)
plots.show(axes, alt="The slice with probabilities over it: near 1 in the tumour's middle, fading across its border")


# %%
def slope(loss, truth, guess):
    """How the loss changes with every pixel of the guess: an array like it."""
    guess = tf.Variable(guess)
    with tf.GradientTape() as tape:
        value = loss(tf.constant(truth), guess)
    return ops.convert_to_numpy(tape.gradient(value, guess))


for name, (misses, alarms) in weightings.items():
    pull = -slope(lambda *pair: losses.tversky_loss(*pair, misses, alarms, smooth=0), truth, unsure)
    up, down = pull[truth > 0], -pull[truth == 0]
    print(f"{name:21} tumour {up.min():.6f} to {up.max():.6f} up, others {down.min():.6f} to {down.max():.6f} down,")
    print(f"{'':21} so a tumour pixel is worth {up.mean() / down.mean():.1f} others")

# %% [markdown]
# In the whole picture there are just two numbers. The loss knows only counts: it pulls all tumour pixels up alike and
# pushes all others down alike, in the middle as at the rim. Their ratio is the answer to this lesson's question, in
# pixels. And it is more than the ratio of the weights, because a miss is a hit less, too.
#
# Now a pixel on the border, tumour with probability *p*, and the network must decide. Marking it gains "up" with
# probability *p* and costs "down" otherwise. The more a miss is worth, the smaller the *p* at which marking pays: about
# 1 / (1 + its worth), and not exactly, because the worth above is that at the blurred guess, and a mask has its own. So
# each weighting would rather have another mask. Which one?

# %%
chosen = [widgets.preferred_mask(unsure, *weights) for weights in weightings.values()]
for name, (threshold, mask) in zip(weightings, chosen):
    share = mask.sum() / truth.sum()
    print(f"{name:21} takes all pixels above {threshold:.2f}: {share:.2f} times the expert's area")

# %%
y, x = (int(np.mean(where)) for where in np.nonzero(truth))
near = np.s_[:, max(y - 34, 0) : y + 34, max(x - 34, 0) : x + 34]
three = (np.stack([part] * 3)[near] for part in (image, truth))
axes = plots.slice_grid(*three, np.stack([mask for _, mask in chosen])[near], list(weightings), columns=3)
plots.show(axes, alt="The same tumour three times: the dashed mask on the expert's outline, outside it, far outside")

# %% [markdown]
# The same lesion, the same knowledge, three masks. Nobody has taught the third network worse anatomy. It was told that
# misses are dear, and it draws the conclusion where it is unsure. Where it is sure, no weight changes anything.
#
# The thresholds are no accident. If the weights add up to 1, marking pays for every pixel whose probability is above
# *the weight of a false alarm times the index* that is reached:

# %%
for (name, weights), (threshold, mask) in zip(weightings.items(), chosen):
    index = losses.tversky_index(unsure, mask, *weights, smooth=0)
    print(f"{name:21} {weights[1]:.1f} × index {index:.2f} = {weights[1] * index:.2f}; threshold {threshold:.2f}")

# %% [markdown]
# So even Dice marks pixels that are more likely healthy than not, unless its guess is perfect.
#
# ## The exponent
#
# Abraham and Khan (2018) bend the loss: **focal Tversky** is (1 − index) to a power. What does a power do to a loss
# between 0 and 1?

# %%
worst = np.linspace(0, 1, 101)
bent = {f"to the power {gamma:g}": worst**gamma for gamma in (0.5, 0.75, 1, 2)}
axes = plots.loss_lines(worst, bent, "1 − index: 0 is a perfect guess", "focal loss")
plots.show(axes, alt="Four curves from 0 to 1: powers below 1 rise steeply at first, power 2 lies flat there")

# %% [markdown]
# It moves no minimum: the best mask stays the best. What changes is the slope, and with it who gets heard. Below 1 the
# curve is steepest near perfection, so a slice that is nearly right goes on being improved. Above 1 it lies flat there,
# and the loss turns to the slices that are badly wrong.
#
# Try it. Both weights and the exponent are yours. On the left the expert's outline and the mask that the loss would
# rather have; in the middle its pull on every pixel of the unsure guess, once it has come back through the network's
# last step, the sigmoid, which passes on almost nothing where the network is sure (white); on the right the loss of
# every mask that a threshold could make. Can you make the preferred mask *smaller* than the expert's? Which slider
# leaves the mask alone?

# %%
widgets.tversky_explorer(image, truth, unsure)

# %% [markdown]
# ## A batch: pooled, or image by image?
#
# Networks are shown several slices at a time. Add up the counts of all of them and divide once (**pooled**), or give
# each slice its own loss and take the mean (**per image**)? Take three slices: a large tumour, nearly all found; a
# small one of ten pixels, missed altogether; and one without tumour, with five false alarms.

# %%
masks3, guesses3 = np.zeros((2, 3, 20, 50), "float32")
masks3[0, :, :20], guesses3[0, :, :18] = 1, 1
masks3[1, 5, :10] = 1
guesses3[2, 5, :5] = 1
found3 = np.maximum(guesses3, masks3 * [[[0]], [[1]], [[0]]])
for per_image in (False, True):
    before, after = (losses.tversky_loss(masks3, g, per_image=per_image) for g in (guesses3, found3))
    print(f"{'per image' if per_image else 'pooled':10} loss {before:.3f}; with the small tumour found {after:.3f}")

# %% [markdown]
# Pooled, the small tumour is worth its ten pixels, next to nothing. Per image it is worth a third of the batch. That
# sounds fairer, and so it is, to small tumours. It has a price, in the slice without any; we come to it.
#
# ### Exercise 3: focal Tversky, pooled and per image
#
# Misses weigh .7, false alarms .3, smooth 1: what `losses.tversky_index(truth, guess)` does if it is told nothing else.
# With `per_image=True` it gives an index for every image.


# %% exercise="focal_tversky_loss"
def focal_tversky_loss(truth, guess, gamma=0.75, per_image=False):
    """(1 - Tversky index) to the power gamma: one number.

    truth: masks, (image, height, width), 0 or 1. guess: probabilities, of the same shape.
    gamma: the exponent itself. per_image: the mean of the images' own losses, instead of one for the pooled counts.
    """
    ### BEGIN SOLUTION
    index = losses.tversky_index(truth, guess, per_image=per_image)
    return np.mean((1 - index) ** gamma)
    ### END SOLUTION


# %%
check("focal_tversky_loss", focal_tversky_loss)

# %%
# hint("focal_tversky_loss")

# %% [markdown]
# As an answer, that is right. As something to train with it has a hole, at the very place where all is well. What is
# the slope of a power below 1 at 0? Take the tumour of four pixels, and the perfect guess.


# %%
def naive(truth, guess):
    """What the formula says, to the letter."""
    return (1 - losses.tversky_index(truth, guess)) ** 0.75


for name, loss in {"to the letter": naive, "the library's": losses.focal_tversky_loss}.items():
    print(f"{name:14} slopes from {slope(loss, tumor, tumor).min():.3f} to {slope(loss, tumor, tumor).max():.3f}")

# %% [markdown]
# `nan` is "not a number": the slope of the power is infinite there, and nothing can be computed with that. One such
# gradient is enough. After the next step every weight of the network is `nan` too, and the run is over. It does not
# take a miracle either: numbers of 32 bits cannot tell 1 from 0.99999999. Below one millionth the library replaces the
# power by a straight line, steep but finite: the first slope above is that of a tumour pixel, the second any other's.
#
# ## The empty mask
#
# Two slices of three show no tumour. The right answer to such a slice is nothing, and what should the loss be, if
# nothing is what the network says? We ask `keras.losses.Tversky`, which comes with Keras, and our own, first for
# nothing, then for a faint suspicion of one per cent everywhere.

# %%
empty = np.zeros((1, 64, 64, 1), "float32")
asked = {
    "Keras": keras.losses.Tversky(),
    "ours, smooth 0": losses.TverskyLoss(smooth=0),
    "ours, smooth 1": losses.TverskyLoss(),
}
for name, loss in asked.items():
    values = [float(loss(empty, guess)) for guess in (empty, empty + 0.01)]
    steepest = np.abs(slope(loss, empty, empty + 0.01)).max()
    print(f"{name:15} nothing {values[0]:.2f}, suspicion {values[1]:.2f}, largest slope there {steepest:.1e}")

# %% [markdown]
# Look at the first line. A perfect answer gets a loss of 1, the worst there is. So does every other answer, since there
# are no hits to be had: above the line stands 0, whatever stands below. And where all answers cost the same there is no
# slope. **An empty mask teaches nothing at all**, and the network will never learn from it what is *not* a tumour.
# (If your Keras says something else in this line, it is a later one than the 3.15 of this course.)
#
# Without smoothing, ours at least calls the perfect answer perfect. The slope is 0 all the same. A pixel of smoothing
# mends it: now every false alarm costs something.

# %%
count = np.arange(0, 101)
strips = (count[:, None, None] > count[:100]).astype("float32")  # strip k has k false alarms
lines = {
    f"smooth {s}": 1 - losses.tversky_index(strips * 0, strips, smooth=s, per_image=True) for s in (0, 1, 10, 100)
}
axes = plots.loss_lines(count, lines, "false alarms on an empty slice, in pixels")
plots.show(axes, alt="Without smoothing the loss jumps to 1 at once and stays; the larger smooth, the gentler the rise")

# %% [markdown]
# The larger `smooth`, the longer the slope lasts; and the less a small tumour of a few pixels counts, because `smooth`
# pixels are found for free. One pixel is a compromise.
#
# And pooled? Then the empty slice shares its fraction with the tumours of others: there are hits above the line, and
# its false alarms cost something even without smoothing. That is why Keras, which pools, gets away with it as long as
# every batch holds some tumour. With one slice a batch, or per image, it does not. Pooled, small tumours drown;
# per image, empty slices need smoothing. This course pools, with smooth 1.
#
# ## Whose α?
#
# Keras' loss has two weights, `alpha` and `beta`. Its documentation says, in the release that this course was made
# with: *alpha: the coefficient controlling incidence of false positives. beta: … of false negatives.* So for misses .7
# and false alarms .3, you would write `alpha=0.3, beta=0.7`. Two masks of four pixels can show a weight at work. Take
# the large one as the truth and guess the small one: one hit, one miss. Turn them round: one hit, one false alarm.

# %%
large, small = np.array([[1, 1, 0, 0]], "float32"), np.array([[1, 0, 0, 0]], "float32")
for name, pair in {"the miss": (large, small), "the false alarm": (small, large)}.items():
    hits, alarms, misses = losses.soft_counts(*pair)
    print(f"{name:16} hits {hits:.0f}, misses {misses:.0f}, false alarms {alarms:.0f}")

# %% [markdown]
# Nothing but the kind of error differs. Now give the larger weight to `alpha`, which says that it weighs false alarms:
# `alpha=0.7, beta=0.3`. **Which of the two will Keras punish harder: "the miss" or "the false alarm"?**

# %% exercise="heavier_for_keras"
### BEGIN SOLUTION
heavier_for_keras = "the false alarm"
### END SOLUTION

# %%
check("heavier_for_keras", heavier_for_keras)

# %%
loss = keras.losses.Tversky(alpha=0.7, beta=0.3)
miss, alarm = float(loss(large, small)), float(loss(small, large))
print(f"Keras {keras.__version__}: the miss costs {miss:.3f}, the false alarm {alarm:.3f}")
print("so alpha weighs", "misses, against its documentation" if miss > alarm else "false alarms, as documented")

# %% [markdown]
# If it says "against its documentation", you are looking at a bug that released Keras has up to version 3.15.1, the one
# that this course was tested with. Both weights are one half unless somebody changes them, and then it does not show.
# Whoever wanted fewer misses, and set the weights by the book, got more of them. Can you find it? These lines do it.

# %%
code = inspect.getsource(keras.losses.tversky).split('"""')[-1]
print("\n".join(line for line in code.splitlines() if "inputs" in line or "targets" in line))

# %% [markdown]
# In release 3.15.1, `inputs` is the truth and `targets` the prediction: the names are turned round, and so what is
# called `fp` is (1 − prediction) × truth. In this lesson's words, that is a miss. (The correction is keras-team/keras
# pull request 23333.) The moral is larger than one library. The letters flip between sources anyway:
#
# | | misses | false alarms | sums over | smooth |
# |---|---|---|---|---|
# | Salehi 2017 | β | α | | |
# | Abraham & Khan 2018, their code | α | 1 − α | the batch | 1 |
# | Keras, up to 3.15.1 | `alpha` | `beta` | the batch | 1e-7, below only |
# | MONAI | `beta` | `alpha` | each image | 1e-5 |
# | segmentation_models.pytorch | `beta` | `alpha` | the batch | 0 |
# | this course | `fn_weight` | `fp_weight` | the batch | 1 |
#
# "We used Tversky with α = 0.7" says nothing until you know whose α. Two masks of four pixels tell.
#
# ## Three networks, three prices
#
# Does all this survive training? One small U-Net, from the same first weights, on the same slices in the same order:
# only the price of a miss differs. We look at patients that none of the three has seen.

# %%
train, validation, test = data.split_by_patient(scans, validation=0.15, test=0.2, seed=0)
unseen = pd.concat([validation, test])
images, masks = data.load_slices(train, size=64)
unseen_images, unseen_masks = data.load_slices(unseen, size=64)
print(f"{len(train)} slices to train on, {len(unseen)} of {unseen.patient.nunique()} other patients")

# %% [markdown]
# The network is lesson 3's, with few maps. In so short a training its normalisations have to learn quickly what
# slices look like on average; that is their `momentum`.

# %%
keras.utils.set_random_seed(0)
model = models.unet((64, 64, 3), filters=(8, 16, 32, 64))
for layer in model.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
        layer.momentum = 0.9
print(f"{model.count_params():,} weights")

# %% [markdown]
# To compile a network takes longer than to set it back. So the weights of the loss are variables here, one network
# serves three times, and `start` remembers how it began. (Usually one writes the numbers:
# `losses.TverskyLoss(fn_weight=0.7, fp_weight=0.3)`.)

# %%
epochs, steps = 2, int(np.ceil(len(images) / 8))
miss_weight, alarm_weight = keras.Variable(0.5), keras.Variable(0.5)
loss = losses.TverskyLoss(fn_weight=miss_weight, fp_weight=alarm_weight)
rate = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=epochs * steps)  # falls from 0.01 to 0
model.compile(keras.optimizers.Adam(rate), loss=loss, jit_compile=False)  # no XLA, which compiles for long
model.optimizer.build(model.trainable_variables)
everything = model.variables + model.optimizer.variables
start = [ops.convert_to_numpy(variable) for variable in everything]
print(f"{epochs * steps} steps of 8 slices, each time from the same start")

# %%
probabilities = {}
for name, (misses, alarms) in weightings.items():
    for variable, value in zip(everything, start):
        variable.assign(value)
    miss_weight.assign(misses)
    alarm_weight.assign(alarms)
    keras.utils.set_random_seed(0)
    model.fit(images, masks.astype("float32"), batch_size=8, epochs=epochs, verbose=0)
    probabilities[name] = evaluation.predict_slices(model, unseen_images)
print("trained:", ", ".join(probabilities))

# %% [markdown]
# **Recall** is the share of the tumour that was marked: misses lower it. **Precision** is the share of what was marked
# that is tumour: false alarms lower it. What do you expect of the three?

# %% tags=["nbval-ignore-output"]
scores = {name: evaluation.score_patients(unseen, maps) for name, maps in probabilities.items()}
table = pd.DataFrame({name: score[["recall", "precision", "dice"]].mean() for name, score in scores.items()}).T
table["patients marked"] = [(score.guessed_pixels > 0).sum() for score in scores.values()]
table.round(2)

# %%
axes = plots.recall_precision(table.recall, table.precision, list(table.index))
plots.show(axes, alt="Recall against precision: the network for which misses weigh .9 lies above Dice's, and to the left")

# %% [markdown]
# You get what you pay for. From the first row to the last more of the tumour is marked, and of what is marked less is
# tumour. (A network that marks nothing has no precision: that column is the mean over the patients whom the last one
# counts.) Whether Dice gains or loses on the way depends on which error was the larger to begin with. (How far all this
# goes, and where the middle one falls, changes from one training to the next: these are three short ones, and few
# patients. Lesson 8 says how to be sure.) Now single lesions: the largest slices of the three patients on whom the
# networks differ most. Solid is the expert's outline, dashed the network's; a network that marks nothing has none.

# %%
largest = unseen.reset_index(drop=True).groupby("patient").tumor_pixels.idxmax().to_numpy()
marked = [(maps[largest] >= 0.5).sum(axis=(1, 2, 3)) for maps in probabilities.values()]
largest = largest[np.argsort(marked[0] - marked[-1])[:3]]
rows = [(unseen_images[largest], unseen_masks[largest], maps[largest] >= 0.5) for maps in probabilities.values()]
titles = [title for name in probabilities for title in (name, "", "")]
axes = plots.slice_grid(*(np.concatenate(part) for part in zip(*rows)), titles, columns=3)
plots.show(axes, alt="Three lesions, a row for each weighting: in the last row the dashed outline reaches further out")

# %% [markdown]
# ### Exercise 4: in your own words
#
# Two clinics ask you for a network. The first wants to find, in thousands of scans of healthy volunteers, the few that
# a radiologist should look at. The second plans radiation, and will irradiate what the mask marks. Which of the three
# weightings would you give to each, what will it cost them (read it from the table and the pictures: the direction, not
# the levels, since two epochs are too few), and what would you want to ask before you decide? Four or five sentences. A
# person reads this.

# %% exercise="worth_of_a_miss"
### BEGIN SOLUTION
worth_of_a_miss = (
    "The first clinic has a radiologist behind the network: a false alarm costs a look, a miss may cost a life, so I "
    "would take misses .9 and tell them that recall is highest and a large part of what is marked is no tumour. But "
    "among volunteers nearly all slices are empty, and I would first count on how many of them it raises an alarm. "
    "The second clinic burns what is marked: healthy tissue has a price too, so I would take Dice or .7, whose "
    "precision is higher, and say that a rim of the tumour may be missed. I would ask what margin they add by "
    "themselves, because then misses at the rim are covered already."
)
### END SOLUTION

# %%
check("worth_of_a_miss", worth_of_a_miss)

# %% [markdown]
# ## In this lesson
#
# - These losses know three counts and nothing of places: hits, misses, false alarms, in fractions of a pixel.
# - Dice weighs both errors alike; Tversky lets you choose. What a miss is worth can be read off the slope.
# - Where the network is unsure, each weighting prefers another mask. An exponent bends the loss and moves no minimum.
# - Pooled, small tumours drown; per image, an empty slice teaches nothing unless the loss is smoothed above and below.
# - Believe no letter. Two masks of four pixels show which weight is which.
#
# **To read:** Salehi, Erdogmus and Gholipour 2017, *Tversky loss function for image segmentation using 3D fully
# convolutional deep networks* ([arXiv 1706.05721](https://arxiv.org/abs/1706.05721)); Abraham and Khan 2018, *A novel
# focal Tversky loss function* ([arXiv 1810.07842](https://arxiv.org/abs/1810.07842)), whose γ = 4/3 is one over our
# exponent .75.
#
# Next, in lesson 6: how do you know that training works before it ends?

# %%
from course_lib import progress

progress.show(5)
