# SPDX-License-Identifier: MIT
"""The training loop that the recipes for CIFAR-10 and MNIST share.

Everything that is random comes from the seed and the number of the epoch, and
all state is kept after every epoch: the same command goes on where it was
interrupted, with the same numbers.
"""

import math
import os
import sys
import time

import torch
import torch.nn.functional as F

# Large buffers stay in the process, on large pages: a tenth of the time.
TUNABLES = ("glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1000000000:"
            "glibc.malloc.trim_threshold=4000000000:"
            "glibc.malloc.top_pad=300000000")


def start(seed):
    """One thread; the allocator as above, for which it starts again."""
    if "GLIBC_TUNABLES" not in os.environ:
        os.environ["GLIBC_TUNABLES"] = TUNABLES
        os.execv(sys.executable, [sys.executable, *sys.argv])
    torch.set_num_threads(1)
    # Moments of weights that no longer change would take forever.
    torch.set_flush_denormal(True)
    torch.manual_seed(seed)


def rate(epoch, epochs, warm):
    """Of the highest one, at a point of time in epochs.

    Rises in a straight line for a share, then falls as a cosine, to 0. Where
    epochs is a list, so for each number in it, every time from half as high
    (SGDR, Loshchilov and Hutter 2017).
    """
    cycles, height = epochs if isinstance(epochs, list) else [epochs], 1.0
    for cycle in cycles:
        if epoch < cycle:
            break
        epoch -= cycle
        height /= 2
    warm *= cycle
    if epoch < warm:
        return height * epoch / warm
    return height * (0.5 + 0.5 * math.cos(
        (epoch - warm) / (cycle - warm) * math.pi))


def groups(net, decay):
    """Decay for weights only."""
    own = {id(p) for name, p in net.named_parameters()
           if name.split(".")[-2][:2] in ("aq", "wq")}
    every = list(net.parameters())
    weights = [p for p in every if p.dim() > 1 and id(p) not in own]
    others = [p for p in every if p.dim() <= 1 or id(p) in own]
    return [{"params": weights, "weight_decay": decay},
            {"params": others, "weight_decay": 0.0}]


def optimizer(net, settings):
    found = groups(net, settings["decay"])
    if settings["optimizer"] == "adam":
        return torch.optim.AdamW(found, lr=settings["rate"])
    return torch.optim.SGD(found, lr=settings["rate"], momentum=0.9,
                           nesterov=True)


def loss_of(logits, classes, opinion, soft, heat):
    """Cross entropy, mixed with the distance to a teacher's opinion."""
    hard = F.cross_entropy(logits, classes)
    if opinion is None:
        return hard
    close = F.kl_div(F.log_softmax(logits / heat, 1),
                     F.log_softmax(opinion / heat, 1), log_target=True,
                     reduction="batchmean") * heat ** 2
    return soft * close + (1 - soft) * hard


class Hints:
    """How far inner results are from the teacher's (FitNets, Romero et al. 2015).

    The squared distance, as a part of the teacher's square, at modules that both
    networks have under the same names.
    """

    def __init__(self, net, teacher, names):
        self.pairs = {name: [None, None] for name in names}
        for side, owner in enumerate((net, teacher)):
            for name in names:
                owner.get_submodule(name).register_forward_hook(
                    self.keeper(name, side))

    def keeper(self, name, side):
        def keep(module, given, result):
            self.pairs[name][side] = result
        return keep

    def distance(self):
        total = 0.0
        for own, wanted in self.pairs.values():
            wanted = wanted.detach().float()
            total = total + ((own.float() - wanted) ** 2).mean() / \
                (wanted ** 2).mean()
        return total


def epoch_of(net, optim, part, distort, settings, epoch, seed, teacher=None,
             hints=None):
    """One pass over the training part; returns the mean loss."""
    images, classes = part
    generator = torch.Generator().manual_seed(seed * 100003 + epoch)
    order = torch.randperm(len(images), generator=generator)
    batch = settings["batch"]
    steps = len(images) // batch
    total = 0.0
    net.train()
    for i in range(steps):
        pick = order[i * batch:(i + 1) * batch]
        now = rate(epoch + i / steps, settings["epochs"], settings["warm"])
        for group in optim.param_groups:
            group["lr"] = settings["rate"] * now
        x = distort(images[pick], generator)
        opinion = None
        if teacher is not None:
            with torch.no_grad():
                opinion = teacher(x).float()
        loss = loss_of(net(x).float(), classes[pick], opinion,
                       settings.get("soft", 0.0), settings.get("heat", 1.0))
        if hints:
            loss = loss + settings["hints"] * hints.distance()
        optim.zero_grad(set_to_none=True)
        loss.backward()
        optim.step()
        total += loss.item()
    return total / steps


def train(net, part, distort, settings, seed, folder, teacher=None,
          before=None):
    """All epochs, from where the folder's state.pt says that it stopped.

    before(epoch) is called in front of each, for gradual schemes. The setting
    hint_at has the names of modules for Hints, which count as much as hints says.
    """
    state = os.path.join(folder, "state.pt")
    optim = optimizer(net, settings)
    hints = Hints(net, teacher, settings["hint_at"]) \
        if settings.get("hints") else None
    first = 0
    if os.path.exists(state):
        kept = torch.load(state)
        first = kept["epoch"]
        net.load_state_dict(kept["net"])
        optim.load_state_dict(kept["optim"])
    epochs = settings["epochs"]
    for epoch in range(first, sum(epochs) if isinstance(epochs, list)
                       else epochs):
        begin = time.monotonic()
        if before:
            before(epoch)
        loss = epoch_of(net, optim, part, distort, settings, epoch, seed,
                        teacher, hints)
        torch.save({"epoch": epoch + 1, "net": net.state_dict(),
                    "optim": optim.state_dict()}, state + ".part")
        os.replace(state + ".part", state)
        note(folder, f"epoch {epoch + 1:3d}  loss {loss:.4f}  "
             f"{time.monotonic() - begin:.0f} s")


def note(folder, text):
    """A line of the log, on the screen and in the folder."""
    print(text, flush=True)
    with open(os.path.join(folder, "training.log"), "a") as log:
        print(text, file=log)


def report(net, parts, folder):
    """How many of each part but the training part are classified right."""
    for name, (images, classes) in parts.items():
        if name != "train":
            good = correct(net, images, classes)
            note(folder, f"{name} {good}/{len(classes)} "
                 f"{100 * good / len(classes):.2f} %")


def correct(net, images, classes):
    """Images that the network classifies right, in single precision."""
    net.eval()
    good = 0
    with torch.no_grad():
        for x, y in zip(images.split(500), classes.split(500)):
            x = x.float().contiguous(memory_format=torch.channels_last)
            good += int((net(x).argmax(1) == y).sum())
    return good
