// The whole native side of Compat.TorchSharp: calls any libtorch operator through libtorch's own dispatcher,
// and offers the few things that are not operators (handles, autograd, threads, seeds, facts about the machine).
// Uses only what libtorch 1.13 and 2.x share. Every function that can fail stores libtorch's message for ct_error().

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/api/include/torch/cuda.h>
#include <torch/csrc/api/include/torch/version.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <malloc.h>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#define CT_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

thread_local std::string last_error;

// libtorch's own optional in 1.13, the standard one in 2.x.
template <class T> using Optional = decltype(std::declval<c10::IValue&>().template toOptional<T>());

// libtorch's own words, without its C++ backtrace.
void remember(const std::exception& e) {
  if (auto* torch_error = dynamic_cast<const c10::Error*>(&e))
    last_error = torch_error->what_without_backtrace();
  else
    last_error = e.what();
}

template <class T, class F> T guarded(T failed, F&& body) {
  try {
    return body();
  } catch (const std::exception& e) {
    remember(e);
    return failed;
  } catch (...) {
    last_error = "libtorch threw something that is not an exception.";
    return failed;
  }
}

// Mirrors Native/Argument in C#. `bits` holds the integer, the double's bits or a pointer; `count` a list's length.
struct Value {
  int64_t kind;
  int64_t bits;
  int64_t count;
};

enum Kind : int64_t { None = 0, TensorKind = 1, Int = 2, Double = 3, Bool = 4, IntList = 5, TensorList = 6, DeviceKind = 7, Text = 8, Default = 9, DoubleList = 10, GeneratorKind = 11 };

enum class Want { Any, Float, Scalar, OptionalTensors };

struct Operator {
  c10::OperatorHandle handle;
  std::vector<Want> wants;  // what each argument of the schema must be converted to
};

Want want_of(const c10::TypePtr& declared) {
  c10::TypePtr type = declared;
  if (auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
  if (type->kind() == c10::TypeKind::FloatType) return Want::Float;
  if (auto list = type->cast<c10::ListType>())
    if (list->getElementType()->kind() == c10::TypeKind::OptionalType) return Want::OptionalTensors;
  return Want::Any;
}

at::Tensor* as_tensor(int64_t bits) { return reinterpret_cast<at::Tensor*>(bits); }

c10::IValue to_ivalue(const Value& v, Want want) {
  switch (v.kind) {
    case TensorKind: return v.bits ? c10::IValue(*as_tensor(v.bits)) : c10::IValue(at::Tensor());
    case Int: return want == Want::Float ? c10::IValue(static_cast<double>(v.bits)) : c10::IValue(v.bits);
    case Double: {
      double d;
      std::memcpy(&d, &v.bits, sizeof d);
      return c10::IValue(d);
    }
    case Bool: return c10::IValue(v.bits != 0);
    case IntList: {
      auto* p = reinterpret_cast<const int64_t*>(v.bits);
      return c10::IValue(std::vector<int64_t>(p, p + v.count));
    }
    case DoubleList: {
      auto* p = reinterpret_cast<const double*>(v.bits);
      return c10::IValue(std::vector<double>(p, p + v.count));
    }
    case TensorList: {
      auto** p = reinterpret_cast<at::Tensor**>(v.bits);
      if (want == Want::OptionalTensors) {
        c10::List<Optional<at::Tensor>> list;
        for (int64_t i = 0; i < v.count; ++i) list.push_back(p[i] ? Optional<at::Tensor>(*p[i]) : Optional<at::Tensor>());
        return c10::IValue(std::move(list));
      }
      c10::List<at::Tensor> list;
      list.reserve(v.count);
      for (int64_t i = 0; i < v.count; ++i) list.push_back(*p[i]);
      return c10::IValue(std::move(list));
    }
    case DeviceKind: return c10::IValue(c10::Device(static_cast<c10::DeviceType>(v.bits), static_cast<c10::DeviceIndex>(v.count)));
    case Text: return c10::IValue(std::string(reinterpret_cast<const char*>(v.bits), v.count));
    case GeneratorKind: return c10::IValue(*reinterpret_cast<at::Generator*>(v.bits));
    default: return c10::IValue();
  }
}

bool push_result(at::Tensor t, Value* results, int64_t capacity, int64_t& used) {
  if (used == capacity) return false;
  results[used++] = {TensorKind, t.defined() ? reinterpret_cast<int64_t>(new at::Tensor(std::move(t))) : 0, 0};
  return true;
}

// A symbol of a library that libtorch stands on. The runtime loads this file with local scope, so the search starts
// from its own handle, whose dependencies libtorch's are.
void* dependency(const char* symbol) {
  static void* self = [] {
    Dl_info info;
    return dladdr(reinterpret_cast<void*>(&remember), &info) ? dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD) : nullptr;
  }();
  return self ? dlsym(self, symbol) : nullptr;
}

}  // namespace

CT_EXPORT const char* ct_error() { return last_error.c_str(); }

// A null overload name is the empty one. Returns null where this libtorch has no such operator.
CT_EXPORT void* ct_operator(const char* name, const char* overload) {
  return guarded<void*>(nullptr, [&]() -> void* {
    auto found = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!found.has_value()) {
      last_error = std::string("This libtorch (") + TORCH_VERSION + ") has no operator " + name + (*overload ? "." : "") + overload + ".";
      return nullptr;
    }
    auto* op = new Operator{*found, {}};
    for (const auto& argument : op->handle.schema().arguments()) op->wants.push_back(want_of(argument.type()));
    return op;
  });
}

// Calls the operator with `count` leading arguments, the schema's defaults for the rest; a list of tensors among the
// results is flattened; null results drops them. Returns the number of results, or -1.
CT_EXPORT int64_t ct_call(void* opaque, const Value* arguments, int64_t count, Value* results, int64_t capacity) {
  return guarded<int64_t>(-1, [&]() -> int64_t {
    auto* op = static_cast<Operator*>(opaque);
    const auto& schema = op->handle.schema().arguments();
    torch::jit::Stack stack;
    stack.reserve(schema.size());
    for (size_t i = 0; i < schema.size(); ++i) {
      if (static_cast<int64_t>(i) < count && arguments[i].kind != Default) {
        stack.push_back(to_ivalue(arguments[i], op->wants[i]));
      } else {
        const auto& value = schema[i].default_value();
        TORCH_CHECK(value.has_value(), op->handle.schema().name(), " needs the argument '", schema[i].name(), "'");
        stack.push_back(*value);
      }
    }
    op->handle.callBoxed(&stack);
    if (!results) return 0;
    int64_t used = 0;
    bool fits = true;
    for (auto& value : stack) {
      if (value.isTensor()) {
        fits = push_result(std::move(value).toTensor(), results, capacity, used);
      } else if (value.isTensorList()) {
        for (const at::Tensor& t : value.toTensorVector())
          if (!(fits = push_result(t, results, capacity, used))) break;
      } else if (used == capacity) {
        fits = false;
      } else if (value.isInt()) {
        results[used++] = {Int, value.toInt(), 0};
      } else if (value.isBool()) {
        results[used++] = {Bool, value.toBool(), 0};
      } else if (value.isDouble()) {
        double d = value.toDouble();
        Value v{Double, 0, 0};
        std::memcpy(&v.bits, &d, sizeof d);
        results[used++] = v;
      } else if (value.isScalar()) {
        double d = value.toScalar().toDouble();
        Value v{Double, 0, 0};
        std::memcpy(&v.bits, &d, sizeof d);
        results[used++] = v;
      } else {
        results[used++] = {None, 0, 0};
      }
      if (!fits) break;
    }
    if (!fits) {
      for (int64_t i = 0; i < used; ++i)
        if (results[i].kind == TensorKind) delete as_tensor(results[i].bits);
      TORCH_CHECK(false, op->handle.schema().name(), " returned more than ", capacity, " values");
    }
    return used;
  });
}

// ---- Tensors --------------------------------------------------------------------------------------------------

CT_EXPORT void ct_free(at::Tensor* t) { delete t; }
CT_EXPORT at::Tensor* ct_alias(at::Tensor* t) { return new at::Tensor(*t); }

// The address of the first element, offset included; on the device for a device tensor. Same name and contract as
// TorchSharp's own export, so that code that reads raw pointers runs over either.
CT_EXPORT void* THSTensor_data(at::Tensor* t) {
  return guarded<void*>(nullptr, [&] { return t->data_ptr(); });
}

struct Facts {
  int64_t numel, dimensions, element_size, offset;
  const int64_t *sizes, *strides;
  int32_t dtype, device_type, device_index, requires_grad, is_leaf, is_contiguous, is_sparse;
};

CT_EXPORT int32_t ct_facts(at::Tensor* t, Facts* f) {
  return guarded<int32_t>(-1, [&] {
    bool sparse = t->is_sparse() || t->layout() != c10::kStrided;
    f->numel = t->numel();
    f->dimensions = t->dim();
    f->element_size = static_cast<int64_t>(t->element_size());
    f->sizes = t->sizes().data();
    f->offset = sparse ? 0 : t->storage_offset();
    f->strides = sparse ? nullptr : t->strides().data();
    f->dtype = static_cast<int32_t>(t->scalar_type());
    f->device_type = static_cast<int32_t>(t->device().type());
    f->device_index = t->device().index();
    f->requires_grad = t->requires_grad();
    f->is_leaf = t->is_leaf();
    f->is_contiguous = !sparse && t->is_contiguous();
    f->is_sparse = sparse;
    return 0;
  });
}

// A new CPU tensor that owns a copy of `bytes`.
CT_EXPORT at::Tensor* ct_from_bytes(const void* bytes, const int64_t* sizes, int64_t dimensions, int32_t dtype) {
  return guarded<at::Tensor*>(nullptr, [&] {
    auto options = at::TensorOptions().dtype(static_cast<c10::ScalarType>(dtype));
    auto t = at::empty(at::IntArrayRef(sizes, dimensions), options);
    if (t.numel() > 0) std::memcpy(t.data_ptr(), bytes, t.numel() * t.element_size());
    return new at::Tensor(std::move(t));
  });
}

// ---- Autograd -------------------------------------------------------------------------------------------------

CT_EXPORT int32_t ct_backward(at::Tensor* t, at::Tensor* gradient, int32_t retain_graph, int32_t create_graph) {
  return guarded<int32_t>(-1, [&] {
    Optional<bool> retain;
    if (retain_graph) retain = true;
    t->backward(gradient ? *gradient : at::Tensor(), retain, create_graph != 0);
    return 0;
  });
}

CT_EXPORT at::Tensor* ct_grad(at::Tensor* t) {
  return guarded<at::Tensor*>(nullptr, [&]() -> at::Tensor* {
    const auto& g = t->grad();
    return g.defined() ? new at::Tensor(g) : nullptr;
  });
}

CT_EXPORT int32_t ct_set_grad(at::Tensor* t, at::Tensor* gradient) {
  return guarded<int32_t>(-1, [&] {
    t->mutable_grad() = gradient ? *gradient : at::Tensor();
    return 0;
  });
}

CT_EXPORT int32_t ct_set_requires_grad(at::Tensor* t, int32_t value) {
  return guarded<int32_t>(-1, [&] {
    t->set_requires_grad(value != 0);
    return 0;
  });
}

CT_EXPORT int32_t ct_grad_enabled() { return c10::GradMode::is_enabled(); }
CT_EXPORT void ct_set_grad_enabled(int32_t value) { c10::GradMode::set_enabled(value != 0); }

// ---- Machine --------------------------------------------------------------------------------------------------

CT_EXPORT int32_t ct_manual_seed(int64_t seed) {
  return guarded<int32_t>(-1, [&] {
    at::manual_seed(static_cast<uint64_t>(seed));
    return 0;
  });
}

CT_EXPORT at::Generator* ct_generator(uint64_t seed) {
  return guarded<at::Generator*>(nullptr, [&] { return new at::Generator(at::detail::createCPUGenerator(seed)); });
}

CT_EXPORT at::Generator* ct_default_generator() { return new at::Generator(at::detail::getDefaultCPUGenerator()); }
CT_EXPORT void ct_generator_free(at::Generator* g) { delete g; }

CT_EXPORT int32_t ct_generator_seed(at::Generator* g, int64_t seed) {
  return guarded<int32_t>(-1, [&] {
    std::lock_guard<std::mutex> lock(g->mutex());
    g->set_current_seed(static_cast<uint64_t>(seed));
    return 0;
  });
}

CT_EXPORT int64_t ct_generator_initial_seed(at::Generator* g) { return static_cast<int64_t>(g->current_seed()); }

CT_EXPORT at::Tensor* ct_generator_state(at::Generator* g) {
  return guarded<at::Tensor*>(nullptr, [&] {
    std::lock_guard<std::mutex> lock(g->mutex());
    return new at::Tensor(g->get_state());
  });
}

CT_EXPORT int32_t ct_generator_set_state(at::Generator* g, at::Tensor* state) {
  return guarded<int32_t>(-1, [&] {
    std::lock_guard<std::mutex> lock(g->mutex());
    g->set_state(*state);
    return 0;
  });
}

// Intra-operator threads of libtorch and, where it keeps a pool of its own, of OpenBLAS.
CT_EXPORT int32_t ct_set_num_threads(int32_t threads) {
  return guarded<int32_t>(-1, [&] {
    at::set_num_threads(threads);
    if (auto* set = reinterpret_cast<void (*)(int)>(dependency("openblas_set_num_threads"))) set(threads);
    return 0;
  });
}

CT_EXPORT int32_t ct_get_num_threads() { return at::get_num_threads(); }

CT_EXPORT int32_t ct_set_num_interop_threads(int32_t threads) {
  return guarded<int32_t>(-1, [&] {
    at::set_num_interop_threads(threads);
    return 0;
  });
}

CT_EXPORT int32_t ct_get_num_interop_threads() { return at::get_num_interop_threads(); }

CT_EXPORT int32_t ct_cuda_is_available() {
  return guarded<int32_t>(0, [] { return torch::cuda::is_available() ? 1 : 0; });
}

CT_EXPORT int32_t ct_cuda_device_count() {
  return guarded<int32_t>(0, [] { return static_cast<int32_t>(torch::cuda::device_count()); });
}

CT_EXPORT int32_t ct_cuda_synchronize(int64_t device) {
  return guarded<int32_t>(-1, [&] {
    torch::cuda::synchronize(device);
    return 0;
  });
}

// 0: the libtorch version compiled against. 1: its build configuration. 2: the file that serves BLAS, empty where it
// is inside libtorch. 3: OpenBLAS' description of itself, empty for any other.
CT_EXPORT const char* ct_about(int32_t what) {
  static thread_local std::string text;
  return guarded<const char*>("", [&] {
    switch (what) {
      case 0: text = TORCH_VERSION; break;
      case 1: text = at::show_config(); break;
      case 2: {
        Dl_info info;
        void* sgemm = dependency("sgemm_");
        text = sgemm && dladdr(sgemm, &info) && info.dli_fname ? info.dli_fname : "";
        break;
      }
      case 3: {
        auto* config = reinterpret_cast<char* (*)()>(dependency("openblas_get_config"));
        text = config ? config() : "";
        break;
      }
      default: text.clear();
    }
    return text.c_str();
  });
}

// glibc maps and unmaps every large temporary afresh by default; keeping freed memory halves the time of some steps
// and stops the growth of the resident size. One arena, since these settings serve the main one.
__attribute__((constructor)) static void keep_freed_memory() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 16 << 20);
}
