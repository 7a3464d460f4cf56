"""Spiking cells that learn by surrogate gradients. --style loop: PyTorch, the time loop written by hand with the drive of the static
input worked out once; snntorch: the same network as snnTorch's tutorials write it, the whole network called in every step."""
import peer

args = peer.arguments(["loop", "snntorch"])

import torch
from torch import nn

torch.set_num_threads(args.threads)
torch.set_num_interop_threads(1)
torch.set_flush_denormal(args.flush)
torch.manual_seed(args.seed)

STEPS, BETA, SLOPE = 25, 0.95, 25.0
x, y, x_test, y_test = map(torch.from_numpy, peer.load(args))
batch = peer.NETS[args.net]["batch"]


class Spike(torch.autograd.Function):
    """A step forward, the slope of the fast sigmoid back."""

    @staticmethod
    def forward(ctx, v):
        ctx.save_for_backward(v)
        return (v > 0).float()

    @staticmethod
    def backward(ctx, grad):
        (v,) = ctx.saved_tensors
        return grad / (SLOPE * v.abs() + 1.0) ** 2


class Loop(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 64), nn.Linear(64, 64), nn.Linear(64, 10)

    def forward(self, x):
        drive = self.fc1(x)
        v1 = torch.zeros(len(x), 64)
        v2, s1, s2 = torch.zeros_like(v1), torch.zeros_like(v1), torch.zeros_like(v1)
        out, total = torch.zeros(len(x), 10), torch.zeros(len(x), 10)
        for _ in range(STEPS):
            v1 = BETA * v1 + drive - s1.detach()
            s1 = Spike.apply(v1 - 1.0)
            v2 = BETA * v2 + self.fc2(s1) - s2.detach()
            s2 = Spike.apply(v2 - 1.0)
            out = BETA * out + self.fc3(s2)
            total = total + out
        return total / STEPS


def snntorch_net():
    import snntorch
    from snntorch import surrogate

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            hill = surrogate.fast_sigmoid(slope=SLOPE)
            self.fc1, self.fc2, self.fc3 = nn.Linear(784, 64), nn.Linear(64, 64), nn.Linear(64, 10)
            self.lif1 = snntorch.Leaky(beta=BETA, spike_grad=hill)
            self.lif2 = snntorch.Leaky(beta=BETA, spike_grad=hill)
            self.out = snntorch.Leaky(beta=BETA, spike_grad=hill, reset_mechanism="none")

        def forward(self, x):
            mem1, mem2, mem3 = self.lif1.init_leaky(), self.lif2.init_leaky(), self.out.init_leaky()
            recorded = []
            for _ in range(STEPS):
                spk1, mem1 = self.lif1(self.fc1(x), mem1)
                spk2, mem2 = self.lif2(self.fc2(spk1), mem2)
                _, mem3 = self.out(self.fc3(spk2), mem3)
                recorded.append(mem3)
            return torch.stack(recorded).mean(0)

    return Net(), snntorch.__version__


if args.style == "snntorch":
    net, version = snntorch_net()
else:
    net, version = Loop(), torch.__version__
optimizer = torch.optim.Adam(net.parameters(), lr=0.002)
criterion = nn.CrossEntropyLoss()


def epoch():
    for rows in torch.randperm(len(x)).split(batch):
        optimizer.zero_grad()
        loss = criterion(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()


@torch.no_grad()
def accuracy():
    right = sum((net(part).argmax(1) == labels).sum() for part, labels in zip(x_test.split(1000), y_test.split(1000)))
    return float(right) / len(x_test)


peer.run(args, "snntorch" if args.style == "snntorch" else "torch", version, epoch, accuracy)
