"""The peer of `workbook bench train`: the workbook's GPT in python3-torch, with AdEMAMix operator by operator.

Started with one JSON argument {"layers", "width", "heads", "context", "vocabulary", "batch", "threads"}; prints one JSON line
about itself, then answers lines on stdin: "fb N" (N times forward and backward) and "step N" (N whole steps: forward,
backward, clipping, AdEMAMix), each with one JSON line {"seconds": ...}. So the caller can interleave its own blocks.
"""
import ctypes
import json
import math
import sys
import time


def keep_freed_memory():
    """The malloc settings that the workbook's binding makes: freed memory stays with the process."""
    libc = ctypes.CDLL("libc.so.6")
    m_trim_threshold, m_top_pad, m_mmap_threshold, m_arena_max = -1, -2, -3, -8
    libc.mallopt(m_arena_max, 1)
    libc.mallopt(m_mmap_threshold, 32 << 20)
    libc.mallopt(m_trim_threshold, 1 << 30)
    libc.mallopt(m_top_pad, 16 << 20)


keep_freed_memory()

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.attentionNorm = nn.LayerNorm(width)
        self.queryKeyValue = nn.Linear(width, 3 * width, bias=False)
        self.projection = nn.Linear(width, width, bias=False)
        self.mlpNorm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def attention(self, qkv, mask, batch, context):
        width = qkv.shape[1] // 3
        size = width // self.heads
        split = qkv.view(batch, context, 3, self.heads, size).permute(2, 0, 3, 1, 4)
        q, k, v = split.contiguous().view(3, batch * self.heads, context, size).unbind(0)
        scores = q.mul(size ** -0.5).bmm(k.transpose(1, 2)).add_(mask)
        mixed = F.softmax(scores, -1).bmm(v).view(batch, self.heads, context, size)
        return mixed.transpose(1, 2).reshape(batch * context, width)

    def forward(self, x, mask, batch, context):
        x = self.projection(self.attention(self.queryKeyValue(self.attentionNorm(x)), mask, batch, context)).add_(x)
        return self.down(F.gelu(self.up(self.mlpNorm(x)))).add_(x)


class Gpt(nn.Module):
    def __init__(self, layers, width, heads, context, vocabulary):
        super().__init__()
        self.width = width
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.zeros(context, width))
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.register_buffer("mask", torch.full((context, context), float("-inf")).triu(1), persistent=False)

    def loss(self, inputs, targets):
        batch, context = inputs.shape
        x = (self.tokens(inputs) + self.positions).view(batch * context, self.width)
        for block in self.blocks:
            x = block(x, self.mask, batch, context)
        return F.cross_entropy(self.head(self.norm(x)), targets.view(-1))


def hashed(x):
    """The integer hash of the C# side's formula initialisation."""
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x846CA68B) & 0xFFFFFFFF
    return x ^ (x >> 16)


def initialise_by_formula(model, layers):
    """Uniform weights with the deviations of the workbook's initialisation, from a counter that runs over the names in order."""
    counter = 0
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if parameter.dim() < 2:
                continue
            residual = name.endswith(("projection.weight", "down.weight"))
            deviation = 0.02 / math.sqrt(2 * layers) if residual else 0.02
            n = parameter.numel()
            values = [deviation * math.sqrt(12) * (hashed(counter + i) / 4294967296.0 - 0.5) for i in range(n)]
            counter += n
            parameter.copy_(torch.tensor(values, dtype=torch.float32).view(parameter.shape))


class AdEMAMix(torch.optim.Optimizer):
    """Algorithm 1 of the paper, one operator after the other, states in the parameter's dtype (float32 here)."""

    def __init__(self, groups, lr, betas=(0.9, 0.999, 0.9999), alpha=5.0, alpha_warmup=0, beta3_warmup=0, eps=1e-8):
        super().__init__(groups, dict(lr=lr, betas=betas, alpha=alpha, alpha_warmup=alpha_warmup, beta3_warmup=beta3_warmup, eps=eps, weight_decay=0.0))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2, beta3_final = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(step=0, m1=torch.zeros_like(p), m2=torch.zeros_like(p), v=torch.zeros_like(p))
                state["step"] += 1
                t = state["step"]
                alpha = group["alpha"] * min(1.0, t / group["alpha_warmup"]) if group["alpha_warmup"] else group["alpha"]
                beta3 = beta3_at(t, beta1, beta3_final, group["beta3_warmup"])
                m1, m2, v = state["m1"], state["m2"], state["v"]
                m1.mul_(beta1).add_(p.grad, alpha=1 - beta1)
                m2.mul_(beta3).add_(p.grad, alpha=1 - beta3)
                v.mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                denominator = (v.sqrt() / math.sqrt(1 - beta2 ** t)).add_(group["eps"])
                update = (m1.div(1 - beta1 ** t) + alpha * m2) / denominator
                if group["weight_decay"]:
                    update.add_(p, alpha=group["weight_decay"])
                p.add_(update, alpha=-group["lr"])


def beta3_at(t, start, final, warmup):
    if t >= warmup:
        return final
    half_life = lambda beta: math.log(0.5) / math.log(beta + 1e-8) - 1
    done = t / warmup
    return 0.5 ** (1 / ((1 - done) * half_life(start) + done * half_life(final) + 1))


def optimizer_of(model, lr, warmup):
    parameters = list(model.parameters())
    groups = [
        dict(params=[p for p in parameters if p.dim() >= 2], weight_decay=0.1),
        dict(params=[p for p in parameters if p.dim() < 2], weight_decay=0.0),
    ]
    return AdEMAMix(groups, lr, alpha_warmup=warmup, beta3_warmup=warmup)


def blas_file():
    with open("/proc/self/maps") as maps:
        for line in maps:
            if "blas" in line and "/" in line:
                return line[line.index("/"):].strip()
    return ""


def main():
    shape = json.loads(sys.argv[1])
    torch.set_num_threads(shape["threads"])
    model = Gpt(shape["layers"], shape["width"], shape["heads"], shape["context"], shape["vocabulary"])
    initialise_by_formula(model, shape["layers"])
    optimizer = optimizer_of(model, lr=1e-3, warmup=4000)
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(shape["vocabulary"], (shape["batch"], shape["context"] + 1), generator=generator)
    inputs, targets = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()

    def forward_backward():
        loss = model.loss(inputs, targets)
        loss.backward()
        loss.item()

    def whole_step():
        forward_backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    count = sum(p.numel() for p in model.parameters())
    print(json.dumps({"torch": torch.__version__, "blas": blas_file(), "threads": torch.get_num_threads(), "parameters": count}), flush=True)
    for line in sys.stdin:
        command, n = line.split()
        run = {"fb": forward_backward, "step": whole_step}[command]
        started = time.perf_counter()
        for _ in range(int(n)):
            run()
            optimizer.zero_grad(set_to_none=True)
        print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)


if __name__ == "__main__":
    main()
