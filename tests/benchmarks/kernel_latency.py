"""How long a reader of a notebook waits for the kernel, measured by Jupyter's own client: from the start of the process to
the first cell's value, and from sending `1+1` to its reply and idle status. One line of JSON. Argument: the kernel's name."""
import json
import os
import statistics
import sys
import time

from jupyter_client.manager import KernelManager

STARTS, TRIPS, PATIENCE = 3, 200, 120


def run(client, code):
    start = time.perf_counter()
    reply = client.execute_interactive(code, timeout=PATIENCE, output_hook=lambda message: None)
    assert reply["content"]["status"] == "ok", reply["content"]
    return time.perf_counter() - start


def start(name):
    begin = time.perf_counter()
    manager = KernelManager(kernel_name=name)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)
    ready = time.perf_counter() - begin
    run(client, "1+1")
    return manager, client, ready, time.perf_counter() - begin


name = sys.argv[1] if len(sys.argv) > 1 else ".net-csharp"
firsts, readies, trips = [], [], []
for attempt in range(STARTS):
    manager, client, ready, first = start(name)
    readies.append(ready)
    firsts.append(first)
    if attempt == STARTS - 1:
        for _ in range(TRIPS // 10):
            run(client, "1+1")
        trips = [run(client, "1+1") for _ in range(TRIPS)]
    client.stop_channels()
    manager.shutdown_kernel()

print(json.dumps({
    "ready_s": round(statistics.median(readies), 3),
    "first_result_s": round(statistics.median(firsts), 3),
    "slowest_first_result_s": round(max(firsts), 3),
    "round_trip_ms": round(1000 * statistics.median(trips), 2),
    "round_trip_p95_ms": round(1000 * sorted(trips)[int(0.95 * len(trips))], 2),
}))
# Without the interpreter's own end, in which the client's finalizers complain of what is gone already.
sys.stdout.flush()
os._exit(0)
