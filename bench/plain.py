"""The original recipe as one would write it in Keras: float32, a generator, nothing tuned. The measure for ours."""

import numpy as np


def build_network(size: int, width: float = 1.0):
    """VGG19-U-Net in Keras' own layers, uncompiled.

    Args:
        size: side of the input in pixels.
        width: share of the channels, as in `course_lib.models.vgg19_unet`; 1 takes VGG19 of keras.applications.
    """
    import keras
    from keras import layers

    channels = [max(4, 4 * round(full * width / 4)) for full in (64, 128, 256, 512, 512)]
    if width == 1:
        encoder = keras.applications.VGG19(include_top=False, weights=None, input_shape=(size, size, 3))
        names = ("block1_conv2", "block2_conv2", "block3_conv4", "block4_conv4", "block5_conv4")
        inputs, taps = encoder.input, [encoder.get_layer(name).output for name in names]
    else:
        inputs = x = keras.Input((size, size, 3))
        taps = []
        for level, (convs, count) in enumerate(zip((2, 2, 4, 4, 4), channels, strict=True)):
            x = layers.MaxPooling2D()(x) if level else x
            for _ in range(convs):
                x = layers.Conv2D(count, 3, padding="same", activation="relu")(x)
            taps.append(x)
    x = taps[4]
    for level in (3, 2, 1, 0):
        x = layers.Conv2DTranspose(channels[level], 2, strides=2)(x)
        x = layers.Concatenate()([x, taps[level]])
        for _ in range(2):
            x = layers.Conv2D(channels[level], 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation("relu")(x)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))


def focal_tversky(y_true, y_pred):
    """The original's loss: misses 0.7, exponent 0.75, smooth 1, over the whole batch."""
    from keras import ops

    hit = ops.sum(y_true * y_pred)
    missed = ops.sum(y_true * (1 - y_pred))
    alarm = ops.sum((1 - y_true) * y_pred)
    return ops.power(1 - (hit + 1) / (hit + 0.7 * missed + 0.3 * alarm + 1), 0.75)


def compile_network(network):
    """Compile as the original does: Adam(0.05, epsilon 0.1), everything else Keras' default."""
    import keras

    network.compile(optimizer=keras.optimizers.Adam(0.05, epsilon=0.1), loss=focal_tversky)
    return network


def z_score(image):
    """A slice (height, width, 3) with mean 0 and standard deviation 1, float32."""
    image = np.asarray(image, np.float32)
    return (image - image.mean()) / (image.std() + 1e-6)


def batches(images, masks, batch: int, seed: int):
    """The original's generator: an endless shuffled stream of (images, masks), slice by slice."""
    random, batch = np.random.default_rng(seed), min(batch, len(images))
    while True:
        order = random.permutation(len(images))
        for start in range(0, len(order) - batch + 1, batch):
            rows = order[start : start + batch]
            yield np.stack([z_score(images[i]) for i in rows]), np.stack([masks[i].astype(np.float32) for i in rows])


def read_and_augment(image_path, mask_path, size: int, random):
    """One slice as a plain loop makes it for every epoch anew: read, decode, resize, flip, turn, shift and scale."""
    from PIL import Image

    image = Image.open(image_path).convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    mask = Image.open(mask_path).convert("L").resize((size, size), Image.Resampling.NEAREST)
    if random.random() < 0.5:
        image, mask = (part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for part in (image, mask))
    angle, shift = random.uniform(-15, 15), tuple(random.uniform(-0.05, 0.05, 2) * size)
    image = image.rotate(angle, Image.Resampling.BILINEAR, translate=shift)
    mask = mask.rotate(angle, Image.Resampling.NEAREST, translate=shift)
    image = np.asarray(image, np.float32)
    image = np.clip((image - image.mean((0, 1))) * random.uniform(0.8, 1.2, 3) + image.mean((0, 1)), 0, 255)
    image = 255 * (image / 255) ** np.exp(random.uniform(-0.2, 0.2)) * random.uniform(0.9, 1.1)
    return np.clip(image, 0, 255), (np.asarray(mask) > 0).astype(np.float32)[..., None]
