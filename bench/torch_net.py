"""The same network and training step in PyTorch, for comparison only; PyTorch is optional."""

BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))


def build_network():
    """VGG19-U-Net at width 1, trainable as a whole: 31,172,033 parameters, batch-norm statistics included."""
    import torch
    from torch import nn

    class VGG19UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, before = nn.ModuleList(), 3
            for convs, count in BLOCKS:
                layers = []
                for _ in range(convs):
                    layers += [nn.Conv2d(before, count, 3, padding=1), nn.ReLU(inplace=True)]
                    before = count
                self.encoder.append(nn.Sequential(*layers))
            self.up, self.decoder = nn.ModuleList(), nn.ModuleList()
            for _, count in BLOCKS[3::-1]:
                self.up.append(nn.ConvTranspose2d(before, count, 2, stride=2))
                layers, before = [], 2 * count
                for _ in range(2):
                    layers += [nn.Conv2d(before, count, 3, padding=1), nn.BatchNorm2d(count), nn.ReLU(inplace=True)]
                    before = count
                self.decoder.append(nn.Sequential(*layers))
            self.last = nn.Conv2d(before, 1, 1)

        def forward(self, x):
            taps = []
            for level, block in enumerate(self.encoder):
                x = block(nn.functional.max_pool2d(x, 2) if level else x)
                taps.append(x)
            for up, block, tap in zip(self.up, self.decoder, taps[3::-1], strict=True):
                x = block(torch.cat([up(x), tap], 1))
            return torch.sigmoid(self.last(x).float())

    return VGG19UNet()


def make_step(size: int, batch: int, bfloat16: bool):
    """A function that makes one training step.

    Args:
        size: side of the slices in pixels.
        batch: slices per step.
        bfloat16: autocast, and channels last, which is where PyTorch is fastest; else float32 as it comes.
    """
    import torch

    network = build_network()
    images, masks = torch.randn(batch, 3, size, size), (torch.rand(batch, 1, size, size) > 0.98).float()
    if bfloat16:
        network = network.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, fused=True)

    def one_step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            guess = network(images)
        hit, missed, alarm = (masks * guess).sum(), (masks * (1 - guess)).sum(), ((1 - masks) * guess).sum()
        loss = (1 - (hit + 1) / (hit + 0.7 * missed + 0.3 * alarm + 1)) ** 0.75
        loss.backward()
        optimizer.step()

    return one_step
