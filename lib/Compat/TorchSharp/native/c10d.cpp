// libtorch's c10d for C#: the TCP store, process groups over Gloo and NCCL, and the work that a collective returns.
// A library of its own, loaded when the first store or group is made. NCCL is compiled in where the libtorch has it
// (USE_C10D_NCCL, see build.sh); that path has not been run.

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <linux/tcp.h>
#include <memory>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#define CD_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;
using StorePointer = c10::intrusive_ptr<c10d::Store>;
using WorkPointer = c10::intrusive_ptr<c10d::Work>;
// The class that Gloo and NCCL derive from.
#if TORCH_VERSION_MAJOR >= 2
using Backend = c10d::Backend;
#else
using Backend = c10d::ProcessGroup;
#endif

thread_local std::string last_error;

template <class T, class F> T guarded(T failed, F&& body) {
  try {
    return body();
  } catch (const c10::Error& e) {
    last_error = e.what_without_backtrace();
  } catch (const std::exception& e) {
    last_error = e.what();
  } catch (...) {
    last_error = "c10d threw something that is not an exception.";
  }
  return failed;
}

// Groups that still exist when the process ends have threads of their own, perhaps blocked on a peer that is gone;
// running libtorch's static destructors under them would crash. Handlers run in reverse order: this one goes first.
std::atomic<int> groups{0};

void leave_without_destructors(int status, void*) {
  if (groups == 0) return;
  std::fflush(nullptr);
  _exit(status);
}

struct Store {
  StorePointer store;
  uint16_t port;
};

struct Group {
  c10::intrusive_ptr<Backend> backend;
  int64_t size;
  bool gloo;
};

struct Finish {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  Clock::time_point at;
};

struct Work {
  WorkPointer work;
  std::shared_ptr<Finish> finish;  // null for NCCL, whose futures speak of streams: it is polled
  Clock::time_point started;
  at::Tensor averaged;  // to be divided by the group's size once its sum is there
  int64_t size = 1;
  bool settled = false;
};

Work* watch(Group* group, Clock::time_point started, WorkPointer pointer, at::Tensor averaged = {}) {
  auto work = std::make_unique<Work>();
  work->work = std::move(pointer);
  work->started = started;
  work->averaged = std::move(averaged);
  work->size = group->size;
  if (group->gloo) {
    auto finish = work->finish = std::make_shared<Finish>();
    work->work->getFuture()->addCallback([finish](c10::ivalue::Future&) {
      std::lock_guard<std::mutex> lock(finish->mutex);
      finish->done = true;
      finish->at = Clock::now();
      finish->changed.notify_all();
    });
  }
  return work.release();
}

// Gloo moves a few element types only. What is merely copied may travel as bytes.
at::Tensor as_bytes(const at::Tensor& t) { return t.detach().reshape({-1}).view(at::kByte); }

bool gloo_lacks(const at::Tensor& t) {
  switch (t.scalar_type()) {
    case at::kFloat: case at::kDouble: case at::kHalf: case at::kByte: case at::kChar: case at::kInt: case at::kLong: return false;
    default: return true;
  }
}

}  // namespace

CD_EXPORT const char* cd_error() { return last_error.c_str(); }

// Bit 0: Gloo. Bit 1: NCCL.
CD_EXPORT int32_t cd_backends() {
#ifdef USE_C10D_NCCL
  return 3;
#else
  return 1;
#endif
}

// ---- Store ----------------------------------------------------------------------------------------------------

CD_EXPORT Store* cd_store(const char* host, int32_t port, int32_t is_server, int64_t timeout) {
  return guarded<Store*>(nullptr, [&] {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(port);
    options.isServer = is_server != 0;
    options.waitWorkers = false;
    options.timeout = Milliseconds(timeout);
    auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
    auto actual = store->getPort();
    return new Store{std::move(store), actual};
  });
}

CD_EXPORT void cd_store_free(Store* store) { delete store; }
CD_EXPORT int32_t cd_store_port(Store* store) { return store->port; }

CD_EXPORT int32_t cd_store_set(Store* store, const char* key, const uint8_t* bytes, int64_t count) {
  return guarded<int32_t>(-1, [&] {
    store->store->set(key, std::vector<uint8_t>(bytes, bytes + count));
    return 0;
  });
}

// The value's length; its bytes are copied if they fit. The key must be there.
CD_EXPORT int64_t cd_store_get(Store* store, const char* key, uint8_t* bytes, int64_t capacity) {
  return guarded<int64_t>(-1, [&] {
    auto value = store->store->get(key);
    auto count = static_cast<int64_t>(value.size());
    if (count > 0 && count <= capacity) std::memcpy(bytes, value.data(), count);
    return count;
  });
}

CD_EXPORT int32_t cd_store_add(Store* store, const char* key, int64_t amount, int64_t* sum) {
  return guarded<int32_t>(-1, [&] {
    *sum = store->store->add(key, amount);
    return 0;
  });
}

// 1 where the key is there. A wait that timed out inside c10d's client would leave its answer for the next question,
// so waiting is done by asking again.
CD_EXPORT int32_t cd_store_check(Store* store, const char* key) {
  return guarded<int32_t>(-1, [&] { return store->store->check({key}) ? 1 : 0; });
}

// ---- Group ----------------------------------------------------------------------------------------------------

// Connects to every other rank before it returns; counted from the beginning, since a caller may give up on it. `address` is this machine's; `interface`, if not empty, goes before it.
CD_EXPORT Group* cd_group(int32_t nccl, Store* store, const char* prefix, int32_t rank, int32_t size, int64_t timeout, const char* address, const char* interface) {
  if (groups++ == 0) on_exit(leave_without_destructors, nullptr);
  auto* made = guarded<Group*>(nullptr, [&]() -> Group* {
    auto prefixed = c10::make_intrusive<c10d::PrefixStore>(prefix, store->store);
    auto group = std::make_unique<Group>();
    group->size = size;
    group->gloo = !nccl;
    if (nccl) {
#ifdef USE_C10D_NCCL
      auto options = c10d::ProcessGroupNCCL::Options::create();
      options->timeout = Milliseconds(timeout);
      group->backend = c10::make_intrusive<c10d::ProcessGroupNCCL>(prefixed, rank, size, options);
#else
      TORCH_CHECK(false, "this libtorch has no NCCL");
#endif
    } else {
      auto options = c10d::ProcessGroupGloo::Options::create(Milliseconds(timeout));
      options->devices.push_back(*interface ? c10d::ProcessGroupGloo::createDeviceForInterface(interface) : c10d::ProcessGroupGloo::createDeviceForHostname(address));
      options->threads = 2;
      group->backend = c10::make_intrusive<c10d::ProcessGroupGloo>(prefixed, rank, size, options);
    }
    return group.release();
  });
  if (!made) --groups;
  return made;
}

// Waits for the work in flight. A group that lost a rank is not freed: that could wait for its timeout.
CD_EXPORT int32_t cd_group_free(Group* group) {
  return guarded<int32_t>(-1, [&] {
    delete group;
    --groups;
    return 0;
  });
}

// ---- Collectives ----------------------------------------------------------------------------------------------

CD_EXPORT Work* cd_all_reduce(Group* group, at::Tensor* tensor, int32_t op) {
  return guarded<Work*>(nullptr, [&] {
    TORCH_CHECK(!group->gloo || !gloo_lacks(*tensor), "Gloo does not reduce tensors of type ", tensor->scalar_type(), ": convert them, to float32 for instance");
    bool average = op == c10d::ReduceOp::AVG;
    std::vector<at::Tensor> tensors{tensor->detach()};
    c10d::AllreduceOptions options;
    options.reduceOp = c10d::ReduceOp(average ? c10d::ReduceOp::SUM : static_cast<c10d::ReduceOp::RedOpType>(op));
    auto started = Clock::now();
    return watch(group, started, group->backend->allreduce(tensors, options), average ? tensors[0] : at::Tensor());
  });
}

CD_EXPORT Work* cd_broadcast(Group* group, at::Tensor* tensor, int32_t source) {
  return guarded<Work*>(nullptr, [&] {
    std::vector<at::Tensor> tensors{group->gloo && gloo_lacks(*tensor) ? as_bytes(*tensor) : tensor->detach()};
    c10d::BroadcastOptions options;
    options.rootRank = source;
    auto started = Clock::now();
    return watch(group, started, group->backend->broadcast(tensors, options));
  });
}

CD_EXPORT Work* cd_all_gather(Group* group, at::Tensor** outputs, at::Tensor* input) {
  return guarded<Work*>(nullptr, [&] {
    bool bytes = group->gloo && gloo_lacks(*input);
    std::vector<at::Tensor> inputs{bytes ? as_bytes(*input) : input->detach()};
    std::vector<std::vector<at::Tensor>> all(1);
    for (int64_t i = 0; i < group->size; ++i) all[0].push_back(bytes ? as_bytes(*outputs[i]) : outputs[i]->detach());
    auto started = Clock::now();
    return watch(group, started, group->backend->allgather(all, inputs));
  });
}

// The same into one tensor, in the order of the ranks.
CD_EXPORT Work* cd_all_gather_into(Group* group, at::Tensor* output, at::Tensor* input) {
  return guarded<Work*>(nullptr, [&] {
    auto started = Clock::now();
    if (!group->gloo) {
      auto into = output->detach(), from = input->detach();
      return watch(group, started, group->backend->_allgather_base(into, from));
    }
    bool bytes = gloo_lacks(*input);
    auto flat = bytes ? as_bytes(*output) : output->detach().view({-1});
    std::vector<at::Tensor> inputs{bytes ? as_bytes(*input) : input->detach().view({-1})};
    std::vector<std::vector<at::Tensor>> all(1);
    auto count = inputs[0].numel();
    for (int64_t i = 0; i < group->size; ++i) all[0].push_back(flat.narrow(0, i * count, count));
    return watch(group, started, group->backend->allgather(all, inputs));
  });
}

CD_EXPORT Work* cd_barrier(Group* group) {
  return guarded<Work*>(nullptr, [&] {
    auto started = Clock::now();
    return watch(group, started, group->backend->barrier());
  });
}

// ---- Work -----------------------------------------------------------------------------------------------------

// 1: finished, 0: not within `timeout` milliseconds, -1: failed.
CD_EXPORT int32_t cd_work_wait(Work* work, int64_t timeout) {
  return guarded<int32_t>(-1, [&] {
    if (work->settled) return 1;
    auto until = Clock::now() + Milliseconds(timeout);
    if (work->finish) {
      std::unique_lock<std::mutex> lock(work->finish->mutex);
      if (!work->finish->changed.wait_until(lock, until, [&] { return work->finish->done; })) return 0;
    } else {
      while (!work->work->isCompleted()) {
        if (Clock::now() >= until) return 0;
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    }
    work->work->wait();
    work->settled = true;
    if (work->averaged.defined()) {
      c10::AutoGradMode no_grad(false);
      work->averaged.div_(work->size);
    }
    return 1;
  });
}

CD_EXPORT int32_t cd_work_done(Work* work) {
  return guarded<int32_t>(-1, [&] { return work->settled || work->work->isCompleted() ? 1 : 0; });
}

// Nanoseconds from the call to the end of the transfer; until now where it is polled.
CD_EXPORT int64_t cd_work_nanoseconds(Work* work) {
  auto end = Clock::now();
  if (work->finish) {
    std::lock_guard<std::mutex> lock(work->finish->mutex);
    if (work->finish->done) end = work->finish->at;
  }
  return std::chrono::duration_cast<std::chrono::nanoseconds>(end - work->started).count();
}

CD_EXPORT void cd_work_free(Work* work) { delete work; }

// What the kernel counts as sent on this process's open TCP connections, or -1 where it does not say.
CD_EXPORT int64_t cd_bytes_sent() {
  auto* folder = opendir("/proc/self/fd");
  if (!folder) return -1;
  int64_t sum = -1;
  while (auto* entry = readdir(folder)) {
    char* end;
    long descriptor = std::strtol(entry->d_name, &end, 10);
    if (*end || end == entry->d_name) continue;
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(static_cast<int>(descriptor), 6 /* IPPROTO_TCP */, TCP_INFO, &info, &size) != 0) continue;
    if (size < offsetof(tcp_info, tcpi_bytes_sent) + sizeof info.tcpi_bytes_sent) continue;
    sum = (sum < 0 ? 0 : sum) + static_cast<int64_t>(info.tcpi_bytes_sent);
  }
  closedir(folder);
  return sum;
}
