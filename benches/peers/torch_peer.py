"""PyTorch. --style loader: as tutorials and students write it, batches from a DataLoader; eager: the same, batches sliced out of
a tensor; fused: its best, the fused optimizer step and channels last."""
import peer

args = peer.arguments(["loader", "eager", "fused"])

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(args.threads)
torch.set_num_interop_threads(1)
torch.set_flush_denormal(args.flush)
torch.manual_seed(args.seed)


class Mlp(nn.Module):
    def __init__(self, sizes, activation):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(m, n) for m, n in zip(sizes, sizes[1:]))
        self.activation = activation

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


x, y, x_test, y_test = map(torch.from_numpy, peer.load(args))
batch = peer.NETS[args.net]["batch"]
fused = {"fused": True} if args.style == "fused" else {}

# The first weights are the default of nn.Linear and nn.Conv2d: uniform within 1 / sqrt(fan_in), biases too.
if args.net == "cnn":
    net = Cnn()
    if args.style == "fused":
        net, x, x_test = (part.to(memory_format=torch.channels_last) for part in (net, x, x_test))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9, **fused)
elif args.net == "xor":
    net = Mlp([2, 20, 2], torch.tanh)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.03, **fused)
    nn.init.normal_(net.layers[0].weight)
    nn.init.normal_(net.layers[0].bias)
    nn.init.normal_(net.layers[1].weight, std=20**-0.5)
    nn.init.zeros_(net.layers[1].bias)
else:
    net = Mlp(peer.NETS[args.net]["layers"], torch.relu)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001, **fused)
criterion = nn.CrossEntropyLoss()


def sliced():
    order = torch.randperm(len(x))
    for start in range(0, len(x), batch):
        rows = order[start:start + batch]
        yield x[rows], y[rows]


batches = DataLoader(TensorDataset(x, y), batch_size=batch, shuffle=True) if args.style == "loader" else None


def eager():
    running_loss = 0.0
    for inputs, labels in batches or sliced():
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()


def lean():
    for rows in torch.randperm(len(x)).split(batch):
        loss = nn.functional.cross_entropy(net(x.index_select(0, rows)), y.index_select(0, rows))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


@torch.no_grad()
def accuracy():
    return (net(x_test).argmax(1) == y_test).float().mean()


peer.run(args, "torch", torch.__version__, lean if args.style == "fused" else eager, accuracy)
