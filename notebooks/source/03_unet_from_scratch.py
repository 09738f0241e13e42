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
# # 3 · U-Net from scratch
#
# **How can a network know both what and where?**
#
# Look at a face from across the street: you know who it is, and could not count the eyelashes. Look through a
# magnifying glass: you can count them, and do not know whose they are. Outlining a tumour needs both at once, the
# wide view that says *this is tumour* and the near one that says *it ends here*. The U-Net is a drawing of how to
# have both. In this lesson you build one, piece by piece, and then take out the piece that matters, to see what it
# was for.
#
# | | |
# |---|---|
# | **You will be able to** | build convolution, pooling, upsampling and skip blocks into a U-Net; compute how far a network sees; overfit one batch |
# | **Time** | 60 minutes |
# | **Memory, GPU** | 1.4 GB; a GPU is not needed, the networks are small |

# %% tags=["setup"]
import numpy as np

from course_lib import convolution, data, evaluation, plots
from course_lib.check import check, hint

# %%
from course_lib.backend import keras, layers, ops  # Keras, without the log of its start
from course_lib.losses import DiceLoss
import tensorflow as tf

# %%
scans = data.index_scans(data.find_data())
with_tumor = scans[scans.tumor_pixels > 0]
print(f"{len(with_tumor)} slices with tumour, of {with_tumor.patient.nunique()} patients")

# %% [markdown]
# ## Nine numbers that find borders
#
# We take a slice that shows its tumour well: of the forty largest, the one whose tumour is brightest on FLAIR,
# compared with the rest of the head.

# %%
forty = with_tumor.nlargest(40, "tumor_pixels")
images, masks = data.load_slices(forty, size=128)
pairs = zip(images[..., 1], masks[..., 0])
contrast = [flair[mask > 0].mean() / flair[flair > 25].mean() for flair, mask in pairs]
best = int(np.argmax(contrast))
chosen = forty.iloc[[best]]
axes = plots.contour(images[best], masks[best])
plots.show(axes, alt="A FLAIR slice with a bright tumour, the expert's outline around it")

# %% [markdown]
# A tumour ends where brightness changes. How would you find such places with nothing but additions and
# multiplications? Here is one way: a window of nine numbers.

# %%
flair = images[best, ..., 1].astype("float32")
window = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]], "float32")
window

# %% [markdown]
# Lay it over nine pixels of the slice, multiply each pixel by the number above it, add up: that is the answer for the
# pixel in the middle. Then move one pixel on. If left and right are equally bright, minus and plus cancel. What will
# the picture of all answers look like?

# %%
answers = np.zeros((126, 126), "float32")
for y in range(126):
    for x in range(126):
        answers[y, x] = (flair[y : y + 3, x : x + 3] * window).sum()

axes = plots.panels([flair, answers], ["FLAIR", "what the window answers"])
plots.show(axes, alt="Left a FLAIR slice; right the answers: upright borders orange or purple, even tissue white")

# %% [markdown]
# Orange: it gets brighter from left to right. Purple: it gets darker. White: nothing changes, or it changes from top
# to bottom only, to which this window is blind; `window.T` would answer there. This is a **convolution**, and the
# window is its *kernel*. It finds the tumour's borders, and the scalp's, and the ventricles'. That something ends
# here, nine pixels can tell; not what.
#
# The answers are 126 pixels wide, not 128: at the margin the window would hang over. The U-Net of 2015 lost two
# pixels in every convolution. Today one pads the picture with a rim of zeros (`padding="same"`) and keeps the size.
#
# Does Keras compute the same thing?

# %%
picture, kernel = flair[None, :, :, None], window[:, :, None, None]
by_keras = ops.convert_to_numpy(ops.conv(picture, kernel, padding="valid"))[0, :, :, 0]
print(f"largest difference to our loops: {np.abs(by_keras - answers).max():.1f}")

# %% [markdown]
# The same, without the wait. What is new in a network is only that nobody chooses the nine numbers. They begin as
# noise, and training finds them.
#
# ### Exercise 1: what does a layer learn?
#
# One window on one sequence makes one **map** of answers. A layer makes many maps from many channels. Each map that
# goes out has a window of its own for every channel that comes in; their answers are added up, and to the sum one
# more number is added, the map's **bias**. How many numbers is that in all?


# %% exercise="conv_parameters"
def conv_parameters(inputs, outputs, kernel=3, bias=True):
    """How many numbers a convolution layer learns.

    inputs, outputs: channels that come in, maps that go out. kernel: height and width of a window, in pixels.
    bias: whether every map has a bias.
    """
    ### BEGIN SOLUTION
    for_one_map = inputs * kernel**2 + (1 if bias else 0)
    return outputs * for_one_map
    ### END SOLUTION


# %%
check("conv_parameters", conv_parameters)

# %% [markdown]
# Stuck? Run the next cell without its `#`, up to three times.

# %%
# hint("conv_parameters")

# %% [markdown]
# How large are layers of networks that you will meet?

# %%
for inputs, outputs in [(3, 8), (3, 64), (64, 128), (512, 512)]:
    print(f"{inputs:3} → {outputs:3} channels: {convolution.conv_parameters(inputs, outputs):9,} numbers")

# %% [markdown]
# The last one is a layer of lesson 4's network: one layer, more than two million numbers. Notice what the count does
# not contain: the size of the picture. The same window is laid everywhere, so what a network has learned about a
# tumour on the left it knows on the right.
#
# ## How far does it see?
#
# Nine pixels tell bright from dark. They do not tell a tumour from the bright rim of a ventricle; for that one has to
# see the ventricle. A second convolution, laid over the answers of the first, sees farther. Guess before you read on:
# **with ten 3×3 convolutions one after another, how many pixels wide is the part of the slice that a single answer at
# the end depends on?**

# %% exercise="ten_convolutions"
### BEGIN SOLUTION
ten_convolutions = 100
### END SOLUTION

# %%
check("ten_convolutions", ten_convolutions)

# %% [markdown]
# We build the ten and ask them. After each one stands a ReLU, which turns negative answers into 0; without it two
# convolutions would be no more than one larger one. (`pooled=True` adds what comes a little further down; `he_normal`
# draws first weights of a size that suits a ReLU.)


# %%
def stack(pooled):
    """Ten 3×3 convolutions; if `pooled`, a pooling after every second one but the last."""
    x = inputs = keras.Input((160, 160, 3))
    for number in range(1, 11):
        x = layers.Conv2D(8, 3, padding="same", activation="relu", kernel_initializer="he_normal")(x)
        if pooled and number % 2 == 0 and number < 10:
            x = layers.MaxPooling2D(2)(x)
    return keras.Model(inputs, x)


stack(pooled=False).output_shape, stack(pooled=True).output_shape

# %% [markdown]
# How do you ask a network what it looks at? Take one pixel of its output, and compute how much it would change if an
# input pixel changed a little: the gradient. Where the gradient is 0, the network is blind. Noise does for a picture,
# since nothing has been learned yet.


# %%
def influence(model, pictures):
    """How much each input pixel counts for the middle pixel of the output, on average: (height, width)."""
    pictures = tf.Variable(pictures)
    with tf.GradientTape() as tape:
        output = model(pictures)
        middle = tf.reduce_sum(output[:, output.shape[1] // 2, output.shape[2] // 2])
    return np.abs(tape.gradient(middle, pictures)).mean(axis=(0, 3))


keras.utils.set_random_seed(0)
noise = np.random.default_rng(0).normal(size=(4, 160, 160, 3)).astype("float32")
plain = influence(stack(pooled=False), noise)
print("columns that count at all:", np.count_nonzero(plain.any(axis=0)))

# %% [markdown]
# Twenty-one. The first convolution sees 3 pixels, and each further one adds just one on either side. To see a slice
# of 256 pixels from edge to edge in this way takes 128 layers.
#
# **Pooling** is the short cut. It lays the picture out in squares of 2×2 pixels and keeps the largest of each four:
# the picture shrinks to half its width, and neighbours now lie two of the old pixels apart. The next window of three,
# as cheap as before, spans twice as much. The width that one output pixel sees is called its **receptive field**.
#
# ### Exercise 2: the receptive field
#
# Write each layer as a pair *(kernel, stride)*, the stride being how many pixels the window moves on. A convolution
# is `(3, 1)`; a pooling is `(2, 2)`, a window of 2 that moves on by 2. How wide is the field of a whole list of them?


# %% exercise="receptive_field"
def receptive_field(layers):
    """Width, in pixels of the input, of what one pixel of the output depends on.

    layers: list of (kernel, stride), from the input on; [(3, 1), (3, 1)] gives 5. No layers: 1. (In here the name
    stands for this list, not for Keras's layers.)
    """
    ### BEGIN SOLUTION
    width, step = 1, 1  # step: how far apart neighbours lie, in pixels of the input
    for kernel, stride in layers:
        width += (kernel - 1) * step
        step *= stride
    return width
    ### END SOLUTION


# %%
check("receptive_field", receptive_field)

# %%
# hint("receptive_field")

# %% [markdown]
# Now the same ten convolutions twice, without and with four poolings between them. What does arithmetic say, and what
# does the gradient?

# %%
conv, pool = (3, 1), (2, 2)
widths = [convolution.receptive_field(one) for one in ([conv] * 10, [conv, conv, pool] * 4 + [conv, conv])]
slices, _ = data.load_slices(chosen, size=160)
wide = influence(stack(pooled=True), noise)
middle, rim = wide[80:96, 80:96].mean(), wide[18:26, 18:158].mean()  # of a field that begins at pixel 18
print(f"a pixel in the middle counts {middle / rim:.0f} times as much as one at the upper rim")
axes = plots.fields_of_view(slices[0], {"ten convolutions": plain, "the same, with four poolings": wide}, widths)
plots.show(axes, alt="Left a bright square 21 pixels wide; right a field of 140, most of the slice, brightest within")

# %% [markdown]
# 21 pixels or 140, for the same number of weights. (The large field lies off the centre: ten output pixels have no
# middle one, so we took the sixth.) Towards the rim the colours fade, though they are logarithmic: what lies in the
# middle counts tens of times as much. Most paths through the layers lead there. Luo and colleagues (2016) call the
# part that really counts the *effective* receptive field; it is smaller than arithmetic says, and grows in training.
#
# ## What the wide view costs
#
# Four poolings, and what is left of the outline? We pool the expert's mask itself, each square keeping its share of
# tumour.

# %%
masks64 = data.load_slices(chosen, size=64)[1].astype("float32")
shares = [ops.convert_to_numpy(ops.average_pool(masks64, 64 // side))[0, :, :, 0] for side in (64, 16, 8, 4)]
axes = plots.panels(shares, [f"{len(share)} × {len(share)}" for share in shares])
plots.show(axes, alt="A tumour mask at 64, 16, 8 and 4 pixels: its outline turns into a few grey squares")

# %% [markdown]
# Suppose a network knew these shares *perfectly*, for every square, and nothing else. How good could its outlines be?
# Paint every square that is at least half tumour, and compare.

# %%
outlines = data.load_slices(with_tumor, size=64)[1]
for side in (32, 16, 8, 4):
    share = ops.convert_to_numpy(ops.average_pool(outlines.astype("float32"), 64 // side))
    painted = np.kron(share, np.ones((1, 64 // side, 64 // side, 1))) >= 0.5
    dice = np.mean([evaluation.dice_score(truth, guess) for truth, guess in zip(outlines, painted)])
    print(f"{side:2} × {side:2} squares: mean Dice {dice:.2f}")

# %% [markdown]
# Perfect knowledge of *what*, square by square, and a useless outline: in one number a square no *where* is left.
#
# ## The way back up
#
# The answer has to be as large as the slice again. How does a small picture become a large one? A **transposed
# convolution** runs the window backwards: instead of gathering nine pixels into one answer, every pixel puts a stamp on
# the larger picture, as strongly as it is bright.

# %%
small, stamp = np.array([[1, 2], [3, 4]]), np.array([[1, 0], [1, 1]])
large = np.zeros((4, 4))
for (y, x), value in np.ndenumerate(small):
    large[2 * y : 2 * y + 2, 2 * x : 2 * x + 2] += value * stamp
axes = plots.panels([small, stamp, large], ["small", "the stamp", "stamped"], numbers=True)
plots.show(axes, alt="Two by two numbers, a stamp of that size, and the result of 4 by 4: the stamp printed four times")

# %% [markdown]
# The stamp is learned, as the window was. Stamps of 2×2 that move on by 2 lie edge to edge. What if they were 3×3,
# and still moved on by 2? Take a picture that is 1 everywhere, and stamps of ones.

# %%
flat = np.ones((1, 4, 4, 1), "float32")
stamped = []
for width in (2, 3):
    ones = np.ones((width, width, 1, 1), "float32")
    stamped.append(ops.convert_to_numpy(ops.conv_transpose(flat, ones, strides=2, padding="valid"))[0, :, :, 0])
axes = plots.panels(stamped, ["stamps of 2×2", "stamps of 3×3"], numbers=True)
plots.show(axes, alt="Left an even picture of ones; right a checkerboard of ones, twos and fours")

# %% [markdown]
# Where stamps overlap, they add up: a checkerboard, in a picture that had none. Odena and colleagues (2016) found
# such patterns in pictures made by networks everywhere. We take 2×2.
#
# But look what a stamp can do: every pixel of the small picture prints the *same* pattern, stronger or weaker. It
# makes the picture large. One number cannot tell it where in its square the border ran.
#
# ## The skip
#
# Who still knows? The layers on the way down, before they pooled. So the U-Net hands their maps across, to the way up
# at the same size: a **skip connection**. The maps are laid side by side, as further channels of the same place, and
# the next convolution decides what to take from which: *what* from below, *where* from across.
#
# ### Exercise 3: the skip connection
#
# In the U-Net of 2015, whose convolutions lose their margin, the maps from the way down (the encoder) are larger than
# those on the way up (the decoder). So their middle is cut out first.


# %% exercise="skip_connection"
def skip_connection(decoder, encoder):
    """The decoder's maps with the encoder's behind them, as further channels.

    decoder: NumPy array, (picture, height, width, channel). encoder: the same, perhaps of another number of channels.
    Where the encoder's height or width is larger, by an even number of pixels, its middle is taken.
    """
    ### BEGIN SOLUTION
    height, width = decoder.shape[1:3]
    top, left = (encoder.shape[1] - height) // 2, (encoder.shape[2] - width) // 2
    middle = encoder[:, top : top + height, left : left + width]
    return np.concatenate([decoder, middle], axis=-1)
    ### END SOLUTION


# %%
check("skip_connection", skip_connection)

# %%
# hint("skip_connection")

# %% [markdown]
# ## The U
#
# Every piece is there. A block first: two convolutions, each followed by ReLU, and before that by a **batch
# normalisation**. It brings each map to mean 0 and spread 1, much as you did with sequences in lesson 1 but over the
# whole batch; then it scales and shifts it by two numbers that it learns.


# %%
def block(x, channels):
    """Two 3×3 convolutions that keep the size, normalised."""
    for _ in range(2):
        x = layers.Conv2D(channels, 3, padding="same", kernel_initializer="he_normal")(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    return x


block(keras.Input((64, 64, 3)), channels=8).shape

# %% [markdown]
# The way down, the **contraction**: a block, keep its maps for later, pool; four times. More channels further down,
# since there is more to say about a larger piece of brain. At the bottom is the **bridge**.


# %%
def contract(x, channels):
    """Down to the bridge: its maps, and those kept on the way, from large to small."""
    kept = []
    for count in channels[:-1]:
        kept.append(block(x, count))
        x = layers.MaxPooling2D(2)(kept[-1])
    return block(x, channels[-1]), kept


channels = (8, 16, 32, 32, 32)
bridge, kept = contract(keras.Input((64, 64, 3)), channels)
[maps.shape[1:] for maps in [*kept, bridge]]

# %% [markdown]
# The way up, the **expansion**: stamp to twice the size, lay the kept maps beside, a block; four times. Our
# convolutions are padded, so nothing has to be cut: `Concatenate` alone is exercise 3's skip connection. At the end a
# convolution of 1×1 turns every pixel's channels into one number, and the sigmoid makes it a probability.


# %%
def expand(x, kept, skips=True):
    """Back up to full size, with or without the maps that were kept."""
    for maps in reversed(kept):
        x = layers.Conv2DTranspose(maps.shape[-1], 2, strides=2)(x)
        x = block(layers.Concatenate()([x, maps]) if skips else x, maps.shape[-1])
    return layers.Conv2D(1, 1, activation="sigmoid")(x)


expand(bridge, kept).shape

# %% [markdown]
# Assembled, and drawn from the model itself:


# %%
def u_net(skips=True):
    """A U-Net for slices of 64 × 64; without skips all that the way up knows has come through the bridge."""
    inputs = keras.Input((64, 64, 3))
    bridge, kept = contract(layers.Rescaling(1 / 127.5, offset=-1)(inputs), channels)  # 0 to 255 becomes -1 to 1
    return keras.Model(inputs, expand(bridge, kept, skips), name="u_net")


axes = plots.network_diagram(u_net())
plots.show(axes, alt="The network as a U: five levels from 64 to 4 pixels, and four skip arrows across")

# %% [markdown]
# Count the arrows: without the orange ones, everything that the right-hand side knows has come through 4 × 4 pixels.
#
# ## The first test of any network
#
# Before a network meets hundreds of slices: can it learn eight of them by heart? If the loss does not go to nearly 0
# on a single batch, shown again and again, something is wired wrongly, and no amount of data will mend it. The test
# takes seconds, and finds more mistakes than any other.


# %% tags=["nbval-ignore-output"]
def train(model, images, masks, epochs, rate=0.01):
    """Train in place, eight slices a step; the loss of every epoch (with eight slices in all, of every step)."""
    model.compile(keras.optimizers.Adam(rate), loss=DiceLoss(), jit_compile=False)  # False: starts sooner
    return model.fit(images, masks.astype("float32"), batch_size=8, epochs=epochs, verbose=0).history["loss"]


images, masks = data.load_slices(with_tumor.nlargest(80, "tumor_pixels")[::10], size=64)
keras.utils.set_random_seed(0)
model = u_net()
losses = train(model, images, masks, epochs=80)
print(f"loss of the last step: {losses[-1]:.2f}")
axes = plots.losses_by_step({"one batch of eight slices": losses})
plots.show(axes, alt="Loss against step for one batch: it falls steeply, then slowly, and ends near 0")

# %% [markdown]
# The loss is one minus Dice, lesson 2's score, computed from probabilities; lesson 5 takes it apart. It ends near 0.
# And the outlines? Solid is the expert's, dashed the network's.

# %%
guesses = model.predict(images, verbose=0) >= 0.5
axes = plots.slice_grid(images, masks, guesses, columns=4)
plots.show(axes, alt="Eight slices: on each the dashed outline of the network lies on the expert's solid one")

# %% [markdown]
# They lie on each other, nearly everywhere. It is wired well, and that is all we know: whoever has learned eight
# slices by heart need not have understood anything.
#
# ## With and without
#
# Now take out the piece that matters. Two networks, the same blocks, the same number of steps, the same slices from
# the half with the larger tumours: one with skips, one without. The learning rate falls to 0 along the way, so that
# training ends calmly; lesson 6 has more on that. We look at them on the slices that they were trained on, because
# the question here is not what they make of new patients (that takes lessons 6 and 8) but what they manage to *draw*.
# What will the second one lose?

# %%
larger = with_tumor[with_tumor.tumor_pixels > with_tumor.tumor_pixels.median()]
images, masks = data.load_slices(larger.sample(min(128, len(larger)), random_state=0), size=64)
networks, losses = {}, {}
rate = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=8 * 16)
for name, skips in (("with skips", True), ("without skips", False)):
    keras.utils.set_random_seed(0)
    networks[name] = u_net(skips)
    losses[name] = train(networks[name], images, masks, 8, rate)
axes = plots.losses_by_step(losses, x="epoch")
plots.show(axes, alt="Two losses against epoch: both fall, the one without skips more slowly")

# %% [markdown]
# Both learn. Does the second network know *what*? Count on how many slices its outline touches the tumour. Does it
# know *where*? Dice measures the overlap; HD95 is a distance in pixels: 95 % of each outline lies within it of the
# other. (A slice that a network leaves empty has none, and is left out.)

# %% tags=["nbval-ignore-output"]
truth = masks[..., 0] > 0
tumors = truth.any(axis=(1, 2)).sum()
guesses = {name: model.predict(images, verbose=0)[..., 0] >= 0.5 for name, model in networks.items()}
for name, guess in guesses.items():
    found = (truth & guess).any(axis=(1, 2)).sum()
    dice = np.mean([evaluation.dice_score(*pair) for pair in zip(truth, guess)])
    edge = np.nanmedian([evaluation.hausdorff95(*pair) for pair in zip(truth, guess)])
    print(f"{name:13} found {found} of {tumors} tumours, mean Dice {dice:.2f}, median HD95 {edge:.1f} px")

# %% [markdown]
# Both find the tumours. But without skips the outline lies farther off. Here are four slices, from a large tumour to
# a smaller one, with skips above and without below; solid is the expert's outline, dashed the network's.

# %%
some = np.argsort(-truth.sum(axis=(1, 2)))[4::28][:4]
near = np.s_[:, 6:58, 6:58]
rows = [(images[some][near], truth[some][near], guess[some][near]) for guess in guesses.values()]
titles = ["with skips", *[""] * 3, "without skips", *[""] * 3]
axes = plots.slice_grid(*(np.concatenate(part) for part in zip(*rows)), titles, columns=4)
plots.show(axes, alt="Four slices twice: above, the outline follows the expert's; below, it cuts corners")

# %% [markdown]
# The network without skips knows that there is a tumour, and roughly where; its edge lies clearly farther off, and the
# edge is what was asked for. It has five sixths of the weights, and not one convolution less; it just was not told
# again what the first layers had seen. Why is it so much better than our painted squares? Each of the 4 × 4 pixels
# carries 32 numbers, not one share, and can describe a coarse shape; given many more steps, a finer one. But it has to
# learn that code. With skips it need not: the edge is handed over.
#
# ### Exercise 4: in your own words
#
# In three or four sentences: what does the network without skips know, what does it lack, and why is that so hard for
# it to learn? Take the picture, the 4 × 4 squares and the stamps as your witnesses. A person reads this.

# %% exercise="what_skips_carry"
### BEGIN SOLUTION
what_skips_carry = (
    "It finds the tumours, so it knows what is there, and its outlines lie in the right region. But they are "
    "smoother, and miss bays and corners: all that the way up gets has come through 4 by 4 pixels, and its stamps "
    "print the same patterns everywhere. To draw an edge it has to learn a code that describes its course in the "
    "32 numbers of each pixel; the skips hand the edge over directly, at full size."
)
### END SOLUTION

# %%
check("what_skips_carry", what_skips_carry)

# %% [markdown]
# ## In this lesson
#
# - A convolution lays one small learned window everywhere: few weights, the same on the left as on the right.
# - Stacked convolutions see farther slowly, with poolings fast: 21 pixels or 140 for the same weights.
# - Poolings trade *where* for *what*. Transposed convolutions bring back the size; the place has to be told.
# - Skips tell it: they hand the *where* across, and a U-Net is a network that does so at every size.
# - Learn one batch by heart before anything else: the first test of any network.
#
# The library's `models.unet` is what you have built.
#
# **To read:** Ronneberger, Fischer and Brox 2015, *U-Net* ([arXiv 1505.04597](https://arxiv.org/abs/1505.04597)), eight
# pages, half of them pictures; Luo and colleagues 2016 on the effective receptive field ([arXiv
# 1701.04128](https://arxiv.org/abs/1701.04128)); Odena, Dumoulin and Olah 2016, *Deconvolution and Checkerboard
# Artifacts* ([doi 10.23915/distill.00003](https://doi.org/10.23915/distill.00003)), with pictures that move.
#
# Next, in lesson 4: why would a network that knows cats help with tumours?

# %%
from course_lib import progress

progress.show(3)
