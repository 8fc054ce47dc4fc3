"""The peer of `workbook bench optimizer`: AdEMAMix operator by operator in python3-torch, as gpt_peer.py has it.

Started with one JSON argument {"tensors", "elements", "threads"}; prints one JSON line about itself, then answers lines
"step N" on stdin with {"seconds": ...}.
"""
import json
import sys
import time

from gpt_peer import AdEMAMix, blas_file, torch


def main():
    shape = json.loads(sys.argv[1])
    torch.set_num_threads(shape["threads"])
    generator = torch.Generator().manual_seed(0)
    parameters = []
    for _ in range(shape["tensors"]):
        parameter = torch.nn.Parameter(torch.randn(shape["elements"], generator=generator))
        parameter.grad = torch.randn(shape["elements"], generator=generator)
        parameters.append(parameter)
    optimizer = AdEMAMix([dict(params=parameters, weight_decay=0.1)], lr=1e-3, alpha_warmup=4000, beta3_warmup=4000)
    print(json.dumps({"torch": torch.__version__, "blas": blas_file(), "threads": torch.get_num_threads()}), flush=True)
    for line in sys.stdin:
        _, n = line.split()
        started = time.perf_counter()
        for _ in range(int(n)):
            optimizer.step()
        print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)


if __name__ == "__main__":
    main()
