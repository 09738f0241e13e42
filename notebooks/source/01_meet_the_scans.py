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
# # 1 · Meet the scans
#
# **What does a radiologist see that a histogram does not?**
#
# A neurologist sends a patient with a first seizure to the scanner. Half an hour later there are thirty slices
# of a brain, three pictures of each. Somewhere in them, perhaps, is a lower-grade glioma: a slow tumour that
# grows into its surroundings. This course ends with a network that outlines it. It begins with looking.
#
# | | |
# |---|---|
# | **You will be able to** | browse patients, slices and the three sequences; read the clinical table; tell when a sequence is missing |
# | **Time** | 40 minutes, half of them looking |
# | **Memory, GPU** | under 1 GB; a GPU makes no difference |

# %% tags=["setup"]
import numpy as np
from scipy import ndimage

from course_lib import data, evaluation, plots, widgets
from course_lib.check import check, hint

# %% [markdown]
# ## The folder
#
# `find_data` looks for the real scans first: where the environment variable `COURSE_DATA` points, in Kaggle's input
# folder, in `data/kaggle_3m`. Where there are none it makes **phantoms**: invented patients, drawn from an anatomical
# atlas, in the very layout of the real set. Nobody was ill for them, and everything in this lesson works on both.

# %%
root = data.find_data()

# %% [markdown]
# One row per slice: who, where, which slice, and how many of its pixels are outlined as tumour. (Two more columns
# hold the paths of image and mask.) Here are the rows around the place where the first tumour begins.

# %%
scans = data.index_scans(root)
first = int(scans.tumor_pixels.gt(0).argmax())
scans.loc[first - 2 : first + 2, ["patient", "institution", "slice", "tumor_pixels"]]

# %% [markdown]
# How many patients are these, and how many slices has each?

# %%
slices = scans.groupby("patient").size()
print(f"{len(slices)} patients, {len(scans)} slices")
print(f"{slices.min()} to {slices.max()} slices each, median {slices.median():.0f}")

# %% [markdown]
# The real set has 110 patients and 3,929 slices from five institutions, 20 to 88 slices each, with a median
# of 33. The institution is the second part of a patient's name. Every institution has its own scanners and habits;
# that will matter when we ask whether a network that works here works elsewhere.

# %%
scans.groupby("institution")["patient"].nunique()

# %% [markdown]
# ## The clinical table
#
# What else is known about these people? Sex, age, where the tumour sits, its grade, molecular clusters; all
# coded as numbers, and some never recorded. `death01` is 1 for those who died; which number is which sex, place or
# grade, only [the data set's page](https://www.kaggle.com/datasets/mateuszbuda/lgg-mri-segmentation) can say. In
# phantoms the numbers are drawn by chance.

# %%
clinical = data.clinical_table(root)
columns = ["gender", "age_at_initial_pathologic", "tumor_location", "neoplasm_histologic_grade", "death01"]
clinical[columns].head()

# %% [markdown]
# Which columns have gaps? A gap is information too: it says that a test was not made, or not kept.

# %%
gaps = clinical.isna().sum()
gaps[gaps > 0].sort_values(ascending=False)

# %% [markdown]
# ## One slice
#
# We pick the patient whose tumour shows on most slices, and of it the slice where the tumour is largest.

# %%
patient = scans[scans.tumor_pixels > 0].groupby("patient").size().idxmax()
rows = scans[scans.patient == patient]
images, masks = data.load_slices(rows, size=128)
images.shape, masks.shape

# %% [markdown]
# The shape is *(slice, height, width, channel)*. Three channels: red, green and blue, then?

# %%
position = int(rows.tumor_pixels.to_numpy().argmax())
image, mask = images[position], masks[position]
axes = plots.false_colours(image, title="The file, as an image viewer shows it")
plots.show(axes, alt="A brain slice in false colours, pink scalp, green and purple brain")

# %% [markdown]
# Nobody has a pink skull. The file stores three separate grey pictures of the same slice, and an image viewer
# mixes them as if they were colours. Taken apart they are:

# %%
axes = plots.sequences(image, mask)
plots.show(axes, alt="The same slice as three grey pictures, pre-contrast, FLAIR and "
                     "post-contrast, with the same outline around the tumour on each")

# %% [markdown]
# - **pre-contrast** (T1): fat is bright, water is dark. Good anatomy; the tumour hardly stands out.
# - **FLAIR**: free water, as in the ventricles, is suppressed and black; water bound in swollen or
#   infiltrated tissue stays bright. The experts drew the outlines on this one.
# - **post-contrast** (T1 again, after gadolinium): vessels light up, and so do places where the barrier between
#   blood and brain leaks. Lower-grade tumours often do not leak.
#
# ## Before you look: a guess
#
# Surprises are remembered, so guess first. **Of 100 pixels in a slice, how many lie inside the head?** The rest is air.

# %% exercise="head_percent"
### BEGIN SOLUTION
head_percent = 60
### END SOLUTION

# %%
check("head_percent", head_percent)

# %% [markdown]
# We count what is brighter on FLAIR than a tenth of the brightest pixel, and the dark holes within: ventricles, bone.

# %%
bright = images[..., 1] > 0.1 * images[..., 1].max()
shares = [ndimage.binary_fill_holes(one).mean() for one in bright]
axes = plots.head_shares(shares, guess=head_percent)
plots.show(axes, alt="Share of pixels inside the head, slice by slice: never above half, "
                     "and almost nothing at the top of the head")

# %% [markdown]
# The same count over 80 patients of the real set gives 36 % on average, give or take 14. Keep this number: most of what
# a network computes, it computes on air.
#
# ## A histogram, and why it is not enough
#
# Tumour is bright on FLAIR. So: is brightness all we need? Compare the pixels inside the outline with the rest of
# the head, over all slices of this patient.

# %%
flair, tumor = images[..., 1], masks[..., 0].astype(bool)
head = flair > 0.1 * flair.max()
heaps = {"tumour": flair[tumor], "rest of the head": flair[head & ~tumor]}
axes = plots.histogram(heaps, x="FLAIR brightness")
plots.show(axes, alt="Two histograms of FLAIR brightness over each other: where most tumour "
                     "pixels lie, there are many pixels of the rest of the head as well")

# %% [markdown]
# The two heaps overlap. Try anyway: call everything brighter than a threshold "tumour", and choose the threshold that
# does best *knowing the answer*. The score is Dice, twice the overlap over the sum of both areas: 1 is perfect, 0 is
# no overlap. Lesson 2 takes it apart.

# %%
thresholds = range(20, 256, 5)
scores = [evaluation.dice_score(tumor, flair > threshold) for threshold in thresholds]
best = thresholds[int(np.argmax(scores))]
print(f"the best threshold, {best}, scores a Dice of {max(scores):.2f}")

# %% [markdown]
# What does that look like? A *hit* is tumour above the threshold, a *miss* is tumour below it, a *false alarm* is
# anything else above it.

# %%
axes = plots.error_map(image, mask, image[..., 1] > best)
plots.show(axes, alt="The slice with hits in the tumour, and false alarms over the scalp and "
                     "much of the brain")

# %% [markdown]
# Even with the answer in hand, one threshold is a poor reader: the scalp is as bright as the tumour or brighter, and
# much of the brain is nearly so. A radiologist uses what no histogram contains: *where* a pixel lies, what is around
# it, and what the other two sequences say at the same place. That is the job of a network with a wide view, and the
# reason for the rest of this course.
#
# ## All slices at a glance
#
# On how many slices in a row does this tumour appear? It is one object in space; the slices are cuts through it.

# %%
shown = np.flatnonzero(masks.any(axis=(1, 2, 3))) + 1
print(f"tumour on {len(shown)} slices, from {shown.min()} to {shown.max()}")
axes = plots.patient_strip(images, masks, columns=14)
plots.show(axes, alt="All slices of one patient from the base of the skull to the top, FLAIR, "
                     "the tumour outlined on a run of neighbouring slices")

# %% [markdown]
# The same slices in the other two sequences, with the outlines that were drawn on FLAIR. Would you have found it?

# %%
for sequence in ("pre", "post"):
    axes = plots.patient_strip(images, masks, sequence=sequence, columns=14, title=sequence)
    plots.show(axes, alt=f"The same slices in the {sequence}-contrast sequence with the outlines "
                         "drawn on FLAIR")

# %% [markdown]
# ### Exercise 1: the largest slice
#
# Reports and figures often show the slice where the tumour is largest. Find its position. The masks come without the
# last axis, as `masks[..., 0]`: *(slice, height, width)*. Tumour is whatever is not 0.


# %% exercise="largest_slice"
def largest_slice(masks):
    """Position, from 0, of the slice with the largest tumour area.

    masks: (slice, height, width), tumour where not 0.
    """
    ### BEGIN SOLUTION
    areas = np.count_nonzero(masks, axis=(1, 2))
    return int(np.argmax(areas))
    ### END SOLUTION

# %%
check("largest_slice", largest_slice)

# %% [markdown]
# Stuck? Run the next cell without its `#`, up to three times.

# %%
# hint("largest_slice")

# %% [markdown]
# ### Exercise 2: one unit for all scanners
#
# A value of 118 on one scanner may be 60 on another. Before pictures are compared, each sequence of a slice is
# brought to mean 0 and standard deviation 1, by itself. What should happen to a sequence that is the same
# everywhere, as at the very top of the head?


# %% exercise="standardise"
def standardise(image):
    """The slice with every sequence at mean 0 and standard deviation 1.

    image: (height, width, sequence), whole numbers 0 to 255. Returns decimals of the same shape.
    A sequence that is the same everywhere becomes zeros.
    """
    ### BEGIN SOLUTION
    decimal = image.astype("float32")
    spread = decimal.std(axis=(0, 1))
    return (decimal - decimal.mean(axis=(0, 1))) / np.where(spread > 0, spread, 1)
    ### END SOLUTION

# %%
check("standardise", standardise)

# %%
# hint("standardise")

# %% [markdown]
# Does it help? Here is FLAIR of one slice from each of six patients, as stored and standardised, air left out. A violin
# is thick where many pixels have that brightness; half of them lie between its outer dashed lines.

# %%
middles = scans.groupby("patient").nth(int(slices.min()) // 2).head(6)
some, _ = data.load_slices(middles, size=64)
after = np.stack([data.standardise(one) for one in some])
axes = plots.brightness_by_patient(some[..., 1], after[..., 1], names=middles.patient)
plots.show(axes, alt="Violins of FLAIR brightness of six patients: as stored they end at very "
                     "different values, standardised they end closer together")

# %% [markdown]
# Ends and middles come closer together; they do not meet. Mean and spread were taken over the whole slice, air
# included, and a head that fills more of the picture moves both. No rescaling makes two scanners the same; a network
# has to see many of them.

# %% [markdown]
# ## A sequence that is not there
#
# Not every sequence was taken of every patient. The makers of this data set kept three channels all the same
# and put a copy of FLAIR where one was missing. In the file list nothing shows it.
#
# ### Exercise 3: find the copies
#
# Compare the pictures, not the file names: name the sequences that equal FLAIR in every slice.


# %% exercise="missing_sequences"
def missing_sequences(images):
    """Names of the sequences that are a copy of FLAIR in every slice: () or a tuple of "pre", "post".

    images: all slices of one patient, (slice, height, width, 3): pre, FLAIR, post.
    """
    ### BEGIN SOLUTION
    flair = images[..., 1]
    channels = {"pre": 0, "post": 2}
    return tuple(name for name, k in channels.items() if np.array_equal(images[..., k], flair))
    ### END SOLUTION

# %%
check("missing_sequences", missing_sequences)

# %%
# hint("missing_sequences")

# %% [markdown]
# Now ask all patients.

# %%
missing = {}
for name, rows in scans.groupby("patient"):
    missing[name] = data.missing_sequences(data.load_slices(rows, size=32)[0])
lacking = {name: which for name, which in missing.items() if which}
lacking

# %% [markdown]
# The real set's own description says that pre-contrast is missing in 6 patients and post-contrast in 9. Counting as
# you just did finds 10 for post-contrast. Descriptions are written by people; arrays can be asked.
#
# Here is the one who lacks most. Which of the three pictures are the same?

# %%
incomplete = max(lacking, key=lambda name: len(lacking[name]))
rows = scans[scans.patient == incomplete]
some, outlines = data.load_slices(rows.nlargest(1, "tumor_pixels"), size=128)
axes = plots.sequences(some[0], outlines[0])
plots.show(axes, alt="A slice of a patient who lacks sequences: FLAIR and every copy of it are "
                     "the same picture")

# %% [markdown]
# ### Exercise 4: what does a copy cost?
#
# In two or three sentences: what can a network not learn from this patient, and what may go wrong when it meets
# such a patient after training on complete ones? A person reads this.

# %% exercise="what_a_copy_costs"
### BEGIN SOLUTION
what_a_copy_costs = """
Where pre or post is a copy of FLAIR, comparing the two tells nothing: what fat, water and
leaking vessels look like in T1 is lost. Weights that learned to read T1 in that channel now
read FLAIR, a contrast they never saw there, so the network can fail where FLAIR alone is
ambiguous."""
### END SOLUTION

# %%
check("what_a_copy_costs", what_a_copy_costs)

# %% [markdown]
# ## Browse
#
# Take five minutes with the sliders: choose patients, move through slices, switch the outline off and on. Try to
# outline the tumour in your mind before you switch it on. How often do you agree?

# %%
widgets.patient_browser(scans)

# %% [markdown]
# ## In this lesson
#
# - A "colour" image of this data set is three grey pictures: pre-contrast, FLAIR, post-contrast.
# - Brightness alone does not outline a tumour; place and surroundings do.
# - Scanners differ, so pictures are standardised, sequence by sequence.
# - A missing sequence is a copy of FLAIR, and only comparing pictures finds it.
#
# **To read:** Buda, Saha and Mazurowski 2019, *Computers in Biology and Medicine* 109
# ([doi 10.1016/j.compbiomed.2019.05.002](https://doi.org/10.1016/j.compbiomed.2019.05.002)), who made this data set;
# and the data set's page at The Cancer Imaging Archive, collection TCGA-LGG.
#
# Next: [lesson 2, count the masks](02_count_the_masks.ipynb): how can a model be 99 % right and useless?

# %%
from course_lib import progress

progress.show(1)
