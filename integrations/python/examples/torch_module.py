"""Initialises a module of PyTorch by the names of its parameters, and trains it for a few steps."""

import seedbed
import torch


def init_module(module, rules, *, seed):
    """Fills every parameter in place by the first rule that matches its name."""
    rules = seedbed.Rules(rules, layout="torch")
    for path, parameter in module.named_parameters():
        rules.fill(parameter.detach(), seed=seed, path=path)


def main():
    module = torch.nn.Sequential(
        torch.nn.Linear(40, 300), torch.nn.LayerNorm(300), torch.nn.ReLU(), torch.nn.Linear(300, 10)
    )
    # Values depend neither on the order of the parameters nor on torch.manual_seed.
    rules = [("*.bias", "torch.zeros_"), ("1.weight", "torch.ones_"), ("*", "keras.he_normal")]
    init_module(module, rules, seed=42)

    inputs = torch.empty(64, 40)
    seedbed.Normal().fill(inputs, seed=42, path="inputs")
    labels = inputs[:, :10].argmax(dim=1)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    for step in range(5):
        loss = torch.nn.functional.cross_entropy(module(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"step {step}: loss {loss.item():.4f}")


if __name__ == "__main__":
    main()
