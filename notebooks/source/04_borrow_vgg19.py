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
# # 4 · Borrow VGG19
#
# **Why would a network that knows cats help with tumours?**
#
# In 2014 Karen Simonyan and Andrew Zisserman trained a network to tell a thousand kinds of things apart in
# photographs: tabby cats, fire engines, mushrooms. There was no scan among them. Their network, VGG19, has since been
# built into countless others that look at something else entirely, brains among them. Is that a good idea, or only a
# habit? In this lesson you look into it layer by layer, build its convolutions into a U-Net, and then measure what
# the loan is worth, with two labelled patients and with eight.
#
# | | |
# |---|---|
# | **You will be able to** | look into a pretrained encoder; feed and tap it rightly; freeze or fine-tune it; measure whether it helped |
# | **Time** | 60 minutes |
# | **Memory, GPU** | 1.4 GB; a GPU is not needed, the networks that are trained are small |

# %% tags=["setup"]
import numpy as np
import pandas as pd

from course_lib import convolution, data, evaluation, models, plots, training
from course_lib.check import check, hint

# %% tags=["setup"]
from course_lib.backend import keras, layers, ops  # Keras, without the log of its start
from course_lib.losses import DiceLoss

# %%
scans = data.index_scans(data.find_data())
with_tumor = scans[scans.tumor_pixels > 0]
print(f"{len(with_tumor)} slices with tumour, of {with_tumor.patient.nunique()} patients")

# %% [markdown]
# ## What is for loan
#
# VGG19 is lesson 3's way down, made long: sixteen convolutions of 3×3 in five blocks, a pooling after each. (Three
# further layers turn what is left into the names of things. We leave those behind, they know no tumours.) Its weights
# are a file of 80 MB. The next cell looks for it on this machine and, for a few seconds, on the network. Where it
# cannot be had, a small encoder steps in that ships with the course: the same layers with a quarter of the maps. It
# never saw a photograph. It learned to answer as VGG19 answers, on pictures drawn at random:
# [how it was made](../data/encoder/README.md).

# %%
encoder = models.best_encoder()
print("Looked into here:", encoder.says)
borrowed = models.vgg19_unet((None, None, 3), weights=encoder.weights, width=encoder.width)
f"{len(models.ENCODER_LAYERS)} convolutions, from {models.ENCODER_LAYERS[0]} to {models.ENCODER_LAYERS[-1]}"

# %% [markdown]
# What did it learn first? The windows of the first convolution can be looked at directly: each has 3×3 pixels and three
# colours (sixteen are shown). Grey is zero; brighter adds, darker takes away. What would you expect them to show: fur,
# wheels, cats' ears?

# %%
chance = ops.convert_to_numpy(keras.initializers.HeNormal(seed=0)((3, 3, 3, 16)))
windows = {"drawn by chance": chance, "trained": models.first_windows(borrowed)}
axes = plots.kernel_colours(windows)
plots.show(axes, alt="Two rows of sixteen patches of 3×3 pixels: above those drawn by chance, below the trained ones")

# %% [markdown]
# No ears. If you are looking into VGG19 itself, you see bars, edges and slopes in the lower row, in every direction and
# nearly without colour: lesson 3's window that finds borders is there several times over. Nobody drew these, they came
# out of telling cats from fire engines. If you are looking into the small encoder, you see next to nothing: its windows
# look like chance. What a layer has learned need not show in its numbers, since the next layer adds its maps up in any
# mixture. So ask what a layer *answers*, not how it looks.
#
# ## What the blocks see
#
# And later? We give the encoder a slice (pre-contrast, FLAIR and post-contrast in place of red, green and blue) and
# look at the maps at the end of each block, the liveliest six of each. Down to which row will you recognise the brain?

# %%
best = with_tumor.loc[[with_tumor.tumor_pixels.idxmax()]]
images, masks = data.load_slices(best, size=128)
maps = models.encoder_features(borrowed).predict(images.astype("float32"), verbose=0)
axes = plots.feature_maps({name: maps[name][0] for name in models.TAPS})
plots.show(axes, alt="Five rows of maps: the first show the slice's edges and greys, the last a few blurred squares")

# %% [markdown]
# From row to row the maps are smaller and say less about *where*. The first two rows still show the slice, its edges
# and its greys. In the third and fourth, the outline of the head and some regions are left. The last row has 8 × 8
# pixels, and nothing in it looks like a brain. (Most of the small encoder's last maps are silent on this slice: black.)
# The deepest block was made to answer to quite other pictures.
#
# How much of the slice does one pixel of such a map depend on? Lesson 3 gave two answers. Arithmetic tells how far it
# *can* see, the gradient how much each input pixel really counts. From the gradient we take the width of the smallest
# square that holds half of all influence.

# %%
stack, can_see = [], []
for convolutions, _ in models.VGG19_BLOCKS:
    stack += [(3, 1)] * convolutions
    can_see.append(convolution.receptive_field(stack))
    stack.append((2, 2))

large = data.load_slices(best, size=256)[0]
half = [models.effective_width(models.influence(borrowed, large, name)) for name in models.TAPS]
print("can see:", can_see, "  half of what counts:", half)
axes = plots.nested_fields(large[0], {"can see": can_see, "half of what counts": half}, models.TAPS)
plots.show(axes, alt="Left, squares from 5 to 252 pixels around the middle of a slice; right, much smaller ones")

# %% [markdown]
# By arithmetic one pixel of the bridge sees 252 of 256 pixels, the whole slice. By the gradient, half of what counts
# lies in a square of less than half that width. The effective field is the smaller one here too, as Luo and colleagues
# found ([arXiv 1701.04128](https://arxiv.org/abs/1701.04128)). It is still wide enough for most of a tumour.
#
# ## What it wants to be fed
#
# A borrowed instrument comes with instructions. VGG19 was trained in a program named Caffe, which read pictures with
# **blue first**, green second and red last, on the scale of **0 to 255**, and took from each colour its **mean** over
# ImageNet: 103.939 from blue, 116.779 from green, 123.68 from red. Those numbers are part of the network, as much as
# its weights. (Other networks were trained with other habits: 0 to 1, or −1 to 1, or divided by a spread.)
#
# ### Exercise 1: the preprocessing


# %% exercise="caffe"
def caffe(images):
    """Pictures as VGG19 was trained on them.

    images: (picture, height, width, 3), red, green, blue from 0 to 255; whole numbers (uint8) or fractions.
    Returns the same shape, with negative numbers among them. models.MEAN_BGR holds the means, blue first.
    """
    ### BEGIN SOLUTION
    blue_first = np.asarray(images, "float32")[..., ::-1]
    return blue_first - np.array(models.MEAN_BGR, "float32")
    ### END SOLUTION


# %%
check("caffe", caffe)

# %% [markdown]
# Stuck? Run the next cell without its `#`, up to three times.

# %%
# hint("caffe")

# %% [markdown]
# In `models.vgg19_unet` this is the network's own first layer, so that nobody can forget it, and a saved model needs
# nothing beside itself. That makes it harder to do wrong, and we want to do it wrong, to see what happens. So we
# compute what to feed it for its encoder to *receive* something else.


# %%
def to_receive(wanted):
    """What to feed the network so that, after its own preprocessing, the encoder receives `wanted`."""
    return (wanted + np.array(models.MEAN_BGR, "float32"))[..., ::-1]


# %%
mistakes = {
    "as it should be": lambda images: images,
    "red first": lambda images: images[..., ::-1],
    "0 to 1": lambda images: to_receive(images / 255),
    "done twice": lambda images: ops.convert_to_numpy(models.CaffePreprocessing()(images)),
}
pixel = np.array([[[[200.0, 100.0, 50.0]]]])
for name, spoil in mistakes.items():
    print(f"{name:16}", ops.convert_to_numpy(models.CaffePreprocessing()(spoil(pixel)))[0, 0, 0].round(1))

# %% [markdown]
# An orange pixel (200, 100, 50), as the encoder receives it each time. How much of a map's pattern survives? We
# correlate each map with the one that it should be, pixel by pixel, and average over the maps of a layer: 1 is the same
# pattern, 0 has nothing to do with it.


# %%
def likeness(given, wanted):
    """Mean correlation of maps (picture, height, width, map) with what they should be; maps without pattern count 0."""
    given, wanted = (maps.reshape(-1, maps.shape[-1]) - maps.mean(axis=(0, 1, 2)) for maps in (given, wanted))
    both = np.sqrt((given**2).sum(axis=0) * (wanted**2).sum(axis=0))
    return np.mean(((given * wanted).sum(axis=0) / np.maximum(both, 1e-9))[(wanted**2).sum(axis=0) > 0])


some = data.load_slices(with_tumor.sample(16, random_state=0), size=64)[0].astype("float32")
features = models.encoder_features(borrowed)
seen = {name: features.predict(spoil(some), verbose=0) for name, spoil in mistakes.items()}
right = seen["as it should be"]
pd.DataFrame({name: {tap: likeness(maps[tap], right[tap]) for tap in right} for name, maps in seen.items()}).round(2)

# %% [markdown]
# Red and blue exchanged does little: slices are nearly grey. (Post-contrast now plays pre-contrast, so it is not
# nothing, and on photographs it would be more.) Done twice, the colours are back in their old order and the slice is
# darker than any picture in training; that costs more. The scale hurts most, in the small encoder in the first two
# blocks and again in the last (in between, part of the patterns comes back): fed with 0 to 1, the encoder sees a
# picture 255 times fainter than it was trained on, and its biases, numbers that it learned to add to loud maps, drown
# it. No error, no warning: just other maps.
#
# ## Where to tap it
#
# A U-Net needs from its encoder one set of maps of every size, to hand across, and the smallest one as a bridge.
# VGG19 has sixteen convolutions. Which of them should hand over?
#
# ### Exercise 2: the taps
#
# Given the names of all layers, in order, name those whose maps the decoder gets: from each block what it has finished
# making, before pooling throws three of four numbers away.


# %% exercise="where_to_tap"
def where_to_tap(names):
    """Names of the layers to hand to the decoder, one for each block, in the order of `names`.

    names: convolutions (with "conv" in their names) and poolings (with "pool"), in order. A block ends with a pooling;
    the last block may end with the list. ["a_conv1", "a_conv2", "a_pool", "b_conv1"] gives ["a_conv2", "b_conv1"].
    """
    ### BEGIN SOLUTION
    taps = []
    for name, following in zip(names, [*names[1:], "pool"]):
        if "conv" in name and "pool" in following:
            taps.append(name)
    return taps
    ### END SOLUTION


# %%
check("where_to_tap", where_to_tap)

# %%
# hint("where_to_tap")

# %% [markdown]
# The library's taps, with what the decoder would get from the layer behind each instead:

# %%
for name in models.TAPS:
    maps, pooled = borrowed.get_layer(name).output.shape[-1], name.split("_")[0] + "_pool"
    side = 256 // 2 ** models.TAPS.index(name)
    print(f"{name}: {side:3} × {side:3}, {maps:3} maps       {pooled}: {side // 2:3} × {side // 2:3}")

# %% [markdown]
# The pooled maps are what the next block works with. A skip that handed *them* across would hand over what the decoder
# could have had from below. The skip is there for what the pooling threw away: where, within each square, it was.
#
# ## How much of it is there to train?
#
# The decoder is new: nobody has a pretrained one to lend. For each of the sizes 1/8, 1/4, 1/2 and 1 it has a
# transposed convolution of 2×2, then twice a convolution of 3×3 with **batch normalisation**. That brings each map to
# mean 0 and spread 1 over the batch and then gives it a gain and a shift that are learned, two numbers for each map.
# Two more, a running mean and variance, it measures by the way and stores; nobody trains them.
#
# A layer that is **frozen** keeps its weights in training. How many numbers are left to learn?
#
# ### Exercise 3: what there is to learn


# %% exercise="trainable_parameters"
def trainable_parameters(layers, frozen=0):
    """How many numbers training may change.

    layers: list, from the input on, of ("conv", kernel, inputs, outputs), transposed convolutions too, all with
    biases, and ("norm", channels) for batch normalisation. frozen: so many layers, from the input on, stay as they are.
    """
    ### BEGIN SOLUTION
    total = 0
    for kind, *numbers in layers[frozen:]:
        if kind == "conv":
            kernel, inputs, outputs = numbers
            total += outputs * (inputs * kernel**2 + 1)
        else:
            total += 2 * numbers[0]
    return total
    ### END SOLUTION


# %%
check("trainable_parameters", trainable_parameters)

# %%
# hint("trainable_parameters")

# %% [markdown]
# Now the whole network at its full width, as arithmetic: the encoder's sixteen convolutions, then the decoder's layers.

# %%
counts = [channels for convolutions, channels in models.VGG19_BLOCKS for _ in range(convolutions)]
layer_list = [("conv", 3, *pair) for pair in zip([3, *counts], counts)]
below, statistics = counts[-1], 0
for count in (512, 256, 128, 64):
    twice = [("conv", 3, 2 * count, count), ("norm", count), ("conv", 3, count, count), ("norm", count)]
    layer_list += [("conv", 2, below, count), *twice]
    below, statistics = count, statistics + 2 * 2 * count
layer_list.append(("conv", 1, below, 1))
free, frozen = (convolution.trainable_parameters(layer_list, frozen) for frozen in (0, len(counts)))
print(f"encoder {free - frozen:,} + decoder {frozen:,} + statistics {statistics:,} = {free + statistics:,}")

# %% [markdown]
# And as Keras counts it, on the real one, built once and let go again:

# %%
import gc

real = models.vgg19_unet((None, None, 3), weights=None, freeze_encoder=True)
trainable = sum(np.prod(weight.shape) for weight in real.trainable_weights)
print(f"{real.count_params():,} numbers, {real.count_params() * 4 / 1e6:.0f} MB; frozen, {trainable:,} of them learn")
del real
_ = gc.collect()  # Python lets go of things that point at each other only when asked, or later

# %% [markdown]
# The same to the last digit. Two thirds of it are the encoder. Freezing it leaves a third to learn from, and spares
# the way back through it in every step: less to forget, less to wait for. But what the encoder does not see, nobody
# will.
#
# ## What the loan is worth
#
# Three encoders, under the same decoder, and a fourth to compare with:
#
# - **borrowed, frozen**: the pretrained encoder stays as it is, the decoder learns;
# - **borrowed, fine-tuned**: everything learns, from the pretrained encoder on;
# - **from scratch**: everything learns, from weights drawn by chance;
# - **by chance, frozen**: the control. An encoder drawn by chance stays as it is, and knows nothing at all.
#
# Each is trained on the tumour slices of a few labelled patients only, and scored on eight patients whom none has
# seen, by Dice over a patient's tumour slices taken together. Nobody believes one run: everything is drawn three times
# anew, the labelled patients too. The networks have a quarter of VGG19's width and see 48 × 48 pixels, so the borrowed
# encoder is always the small one here.
#
# Guess before you read on: **with two labelled patients, how much Dice does the borrowed encoder add, in hundredths?**

# %% exercise="head_start"
### BEGIN SOLUTION
head_start = 20
### END SOLUTION

# %%
check("head_start", head_start)

# %% [markdown]
# Sixteen patients may be drawn for labels, eight are for scoring (every other tumour slice, to save time).

# %%
patients = np.random.default_rng(0).permutation(scans.patient.unique())
for_labels, for_scores = patients[8:], with_tumor[with_tumor.patient.isin(patients[:8])].iloc[::2]
new_images, new_masks = data.load_slices(for_scores, size=48)


def labelled(number, seed):
    """The tumour slices of so many patients, images and masks."""
    drawn = np.random.default_rng(seed).choice(for_labels, number, replace=False)
    return data.load_slices(with_tumor[with_tumor.patient.isin(drawn)], size=48)


print(f"{len(new_images)} slices to score on; the first 2 patients drawn give {len(labelled(2, 0)[0])} to learn from")

# %% [markdown]
# One more thing before the start: how loud are the encoder's maps? The decoder lays them beside its own, which batch
# normalisation keeps at a spread of about 1.

# %%
lender = models.vgg19_unet((48, 48, 3), weights=models.SMALL_ENCODER, width=0.25)
loud = models.encoder_features(lender)(new_images.astype("float32"))
print("spread of the maps:", ", ".join(f"{name} {np.std(maps):.0f}" for name, maps in loud.items()))

# %% [markdown]
# Hundreds on the skips, and hardly anything at the bridge. Beside maps so loud, what comes up from the bridge is not
# heard, and it takes long training to turn them down. But convolutions, ReLU and poolings keep a factor: weights can be
# scaled so that every map shows exactly what it showed, and each layer has a spread of 1 (Gatys and colleagues did
# something like it with VGG19 in 2015: a mean activation of 1 for each map). `models.level_maps` does it, for the
# encoder drawn by chance as well; else the comparison would be of loudness.
#
# Two networks are built, once: one whose encoder is frozen and one that is free. (Freezing belongs *before* `compile`.
# Set afterwards, it can go unnoticed until the next one.) Each run begins with fresh weights and an optimiser that has
# forgotten everything.


# %%
def build(freeze):
    """A compiled network, remembered as it is at the start."""
    model = models.vgg19_unet((48, 48, 3), weights=None, width=0.25, freeze_encoder=freeze)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.9  # so few steps: the running means have to follow quickly
    model.compile(keras.optimizers.Adam(), loss=DiceLoss(), jit_compile=False)
    return training.Snapshot(model)


networks = {"frozen": build(freeze=True), "free": build(freeze=False)}
print({name: f"{sum(np.prod(w.shape) for w in one.model.trainable_weights):,}" for name, one in networks.items()})

# %% [markdown]
# The weights to begin with: for each seed one network drawn by chance, and the same with the borrowed encoder in place
# of its own. So the decoders begin alike.


# %%
def starts(seed):
    """Weights to begin from: drawn by chance, and the same with the borrowed encoder."""
    keras.utils.set_random_seed(seed)
    model, typical = models.vgg19_unet((48, 48, 3), weights=None, width=0.25), labelled(2, seed)[0][:16]
    chance = model.get_weights()
    lent = lender.get_weights()[:32] + chance[32:]  # sixteen convolutions, each with windows and biases, come first
    for weights in (chance, lent):
        model.set_weights(weights)
        weights[:] = models.level_maps(model, typical).get_weights()  # levelled, into the same list
    return {"chance": chance, "lent": lent}


begin = {seed: starts(seed) for seed in range(3)}

# %% [markdown]
# And one run: 30 steps of eight slices, at a rate that falls to 0. (The free networks get half the frozen one's rate:
# VGG19 has no normalisation, and steps of that size would break it.)


# %%
def run(network, start, images, masks, seed, spoil=lambda images: images):
    """Dice of each new patient, after 30 steps from the weights `start`."""
    model = networks[network].restore()
    model.set_weights(start)
    images, random = spoil(images.astype("float32")), np.random.default_rng(seed)
    for step in range(30):
        model.optimizer.learning_rate = (0.004 if network == "frozen" else 0.002) * (1 - step / 30)
        rows = random.choice(len(images), 8)
        model.train_on_batch(images[rows], masks[rows].astype("float32"))
    guess = evaluation.predict_slices(model, spoil(new_images.astype("float32")), batch=23) >= 0.5
    return evaluation.dice_by_patient(for_scores.patient, new_masks[..., 0], guess[..., 0])


# %%
kinds = {
    "borrowed, frozen": ("frozen", "lent"),
    "borrowed, fine-tuned": ("free", "lent"),
    "from scratch": ("free", "chance"),
    "by chance, frozen": ("frozen", "chance"),
}
print("runs:", len(kinds) * len(begin) * 2)

# %% tags=["nbval-ignore-output"]
dice = {}
for number in (2, 8):
    for seed in begin:
        slices = labelled(number, seed)
        for kind, (network, start) in kinds.items():
            dice[kind, number, seed] = run(network, begin[seed][start], *slices, seed)
dice = pd.DataFrame(dice).T.rename_axis(["encoder", "patients", "seed"]).sort_index()
dice.mean(axis=1).unstack("encoder")[list(kinds)].round(2)

# %% [markdown]
# Each row is one draw, mean over the eight new patients. To compare encoders, we average the draws for each new patient
# and ask by how much the mean over patients might have come out otherwise: the bootstrap of lesson 8 draws the eight
# patients again and again, and 95 % of the means so reached lie between the ends of the bar.

# %% tags=["nbval-ignore-output"]
rows = []
for kind in kinds:
    for number in (2, 8):
        table = dice.loc[kind, number]
        low, high = evaluation.bootstrap_interval(table.mean())
        rows.append((kind, number, table.mean().mean(), low, high, table.mean(axis=1).tolist()))
scores = pd.DataFrame(rows, columns=["encoder", "patients", "dice", "low", "high", "seeds"])
axes = plots.dice_by_labels(scores)
alt = "Dice of four encoders with two and with eight labelled patients; long bars, the borrowed frozen one leads"
plots.show(axes, alt=alt)

# %% [markdown]
# The bars are long, because patients differ much more than encoders do. But all encoders met the *same* patients, so we
# can take the difference patient by patient, where what they share falls out.

# %% tags=["nbval-ignore-output"]
for number in (2, 8):
    for kind in [kind for kind in kinds if kind != "from scratch"]:
        gain = (dice.loc[kind, number] - dice.loc["from scratch", number]).mean()
        low, high = evaluation.bootstrap_interval(gain)
        print(f"{number} patients, {kind:20} against scratch {gain.mean():+.2f}, interval {low:+.2f} to {high:+.2f}")

# %% [markdown]
# The borrowed encoder, left frozen, is ahead of scratch with two patients and with eight, and its intervals keep clear
# of 0. Is that owed to what it knows? It also had less to learn, and the higher rate. The control had both of these
# advantages and no knowledge. With two patients it has no lead at all, with eight a small one: so most of it came with
# the loan. Fine-tuned, the same encoder is no better than scratch; perhaps 30 steps are too few for sixteen free layers
# to settle. And that the loan is worth *most*
# where labels are fewest, as one often reads, cannot be seen here: eight patients gain as much as two.
#
# That is the lesson's answer, and it is a small one: on phantoms, at 48 pixels, in a training of seconds. Where all
# labels are there and training is long, the head start shrinks, though it need not vanish: TernausNet, a U-Net on
# VGG11, reached an overlap (IoU) of .686 with pretrained weights and .593 without, after a hundred epochs ([arXiv
# 1801.05746](https://arxiv.org/abs/1801.05746)); on aerial photographs, though, which are nearer to cats than scans are.
#
# And the instructions? The frozen encoder again, with eight labelled patients, fed with 0 to 1.

# %% tags=["nbval-ignore-output"]
spoiled = [run("frozen", begin[seed]["lent"], *labelled(8, seed), seed, mistakes["0 to 1"]).mean() for seed in begin]
fed_well = dice.loc["borrowed, frozen", 8].mean(axis=1)
for seed in begin:
    print(f"draw {seed}: Dice {fed_well[seed]:.2f} as it should be, {spoiled[seed]:.2f} with 0 to 1")

# %% [markdown]
# The weights are the same, and so are the slices and the labels. Fed on the wrong scale, the encoder gives away much
# of what it was worth, and nothing in the training says why. No mistake in borrowing is easier to make.
#
# ### Exercise 4: in your own words
#
# In three or four sentences: when would you borrow an encoder, when not, and how sure does this picture make you? A
# person reads this.

# %% exercise="when_to_borrow"
### BEGIN SOLUTION
when_to_borrow = (
    "I would borrow when labels and time are few, freeze the encoder first and feed it as it was trained: here the "
    "frozen one beat scratch in each draw. I would not expect much where there are many labels and a long training. The "
    "picture makes me sure of the direction only: eight phantoms, three draws, tiny slices; the bars of single encoders "
    "overlap, and it is the differences patient by patient that keep clear of 0."
)
### END SOLUTION

# %%
check("when_to_borrow", when_to_borrow)

# %% [markdown]
# ## In this lesson
#
# - An encoder's first maps show edges, which scans have too; from block to block they say less about *where*.
# - Arithmetic says how far a layer can see; what really counts lies in a much smaller square.
# - Preprocessing is part of the weights: blue first, the means taken away, 0 to 255. A wrong scale gives no error.
# - Tap the last convolution of each block: it knows most at its size, and pooling has not thrown away the place.
# - 31,172,033 numbers, two thirds of them borrowed, 3,840 only measured.
# - Whether a loan helps is measured: several draws, the same patients for all, differences with intervals, a control.
#
# **To read:** Simonyan and Zisserman 2014, *Very Deep Convolutional Networks for Large-Scale Image Recognition*
# ([arXiv 1409.1556](https://arxiv.org/abs/1409.1556)); Iglovikov and Shvets 2018, *TernausNet* ([arXiv
# 1801.05746](https://arxiv.org/abs/1801.05746)); Gatys, Ecker and Bethge 2015, who levelled VGG19's maps to make
# textures with them ([arXiv 1505.07376](https://arxiv.org/abs/1505.07376)).
#
# Next, in lesson 5: what is a missed tumour worth?

# %%
from course_lib import progress

progress.show(4)
