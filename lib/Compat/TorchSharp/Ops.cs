// The table of libtorch operators that this assembly calls: C# name, operator, overload.

using TorchSharp.Native;

namespace TorchSharp;

internal static class Ops
{
    // Arithmetic
    internal static readonly Operator add = new("aten::add", "Tensor"), add_Scalar = new("aten::add", "Scalar");
    internal static readonly Operator add_ = new("aten::add_", "Tensor"), add_Scalar_ = new("aten::add_", "Scalar");
    internal static readonly Operator sub = new("aten::sub", "Tensor"), sub_Scalar = new("aten::sub", "Scalar");
    internal static readonly Operator sub_ = new("aten::sub_", "Tensor"), sub_Scalar_ = new("aten::sub_", "Scalar");
    internal static readonly Operator mul = new("aten::mul", "Tensor"), mul_Scalar = new("aten::mul", "Scalar");
    internal static readonly Operator mul_ = new("aten::mul_", "Tensor"), mul_Scalar_ = new("aten::mul_", "Scalar");
    internal static readonly Operator div = new("aten::div", "Tensor"), div_Scalar = new("aten::div", "Scalar");
    internal static readonly Operator div_ = new("aten::div_", "Tensor"), div_Scalar_ = new("aten::div_", "Scalar");
    internal static readonly Operator neg = new("aten::neg"), abs = new("aten::abs"), sign = new("aten::sign");
    internal static readonly Operator reciprocal = new("aten::reciprocal");
    internal static readonly Operator sqrt = new("aten::sqrt"), sqrt_ = new("aten::sqrt_"), rsqrt = new("aten::rsqrt"), square = new("aten::square");
    internal static readonly Operator exp = new("aten::exp"), log = new("aten::log"), tanh = new("aten::tanh"), sin = new("aten::sin"), cos = new("aten::cos"), sigmoid = new("aten::sigmoid");
    internal static readonly Operator pow = new("aten::pow", "Tensor_Scalar"), pow_Tensor = new("aten::pow", "Tensor_Tensor");
    internal static readonly Operator addcmul_ = new("aten::addcmul_"), addcdiv_ = new("aten::addcdiv_");
    internal static readonly Operator clamp = new("aten::clamp"), maximum = new("aten::maximum"), minimum = new("aten::minimum");
    internal static readonly Operator isfinite = new("aten::isfinite"), isnan = new("aten::isnan"), isinf = new("aten::isinf");
    internal static readonly Operator floor = new("aten::floor");

    // Comparison
    internal static readonly Operator eq = new("aten::eq", "Tensor"), eq_Scalar = new("aten::eq", "Scalar");
    internal static readonly Operator ne = new("aten::ne", "Tensor"), ne_Scalar = new("aten::ne", "Scalar");
    internal static readonly Operator lt = new("aten::lt", "Scalar"), gt = new("aten::gt", "Scalar"), le = new("aten::le", "Scalar"), ge = new("aten::ge", "Scalar");
    internal static readonly Operator lt_Tensor = new("aten::lt", "Tensor"), gt_Tensor = new("aten::gt", "Tensor"), le_Tensor = new("aten::le", "Tensor"), ge_Tensor = new("aten::ge", "Tensor");
    internal static readonly Operator allclose = new("aten::allclose"), equal = new("aten::equal");
    internal static readonly Operator where = new("aten::where", "self");
    internal static readonly Operator all = new("aten::all"), any = new("aten::any");

    // Reduction
    internal static readonly Operator sum = new("aten::sum"), sum_dim = new("aten::sum", "dim_IntList");
    internal static readonly Operator mean = new("aten::mean"), mean_dim = new("aten::mean", "dim");
    internal static readonly Operator max = new("aten::max"), min = new("aten::min"), argmax = new("aten::argmax"), cumsum = new("aten::cumsum");
    internal static readonly Operator norm = new("aten::linalg_vector_norm");
    internal static readonly Operator std = new("aten::std"), var = new("aten::var");

    // Matrices
    internal static readonly Operator matmul = new("aten::matmul"), mm = new("aten::mm"), bmm = new("aten::bmm"), dot = new("aten::dot");
    internal static readonly Operator linear = new("aten::linear"), t = new("aten::t");

    // Shape
    internal static readonly Operator view = new("aten::view"), reshape = new("aten::reshape"), flatten = new("aten::flatten", "using_ints");
    internal static readonly Operator transpose = new("aten::transpose", "int"), permute = new("aten::permute");
    internal static readonly Operator unsqueeze = new("aten::unsqueeze"), squeeze = new("aten::squeeze"), squeeze_dim = new("aten::squeeze", "dim");
    internal static readonly Operator expand = new("aten::expand"), select = new("aten::select", "int"), slice = new("aten::slice", "Tensor"), narrow = new("aten::narrow");
    internal static readonly Operator chunk = new("aten::chunk"), split = new("aten::split", "Tensor"), unbind = new("aten::unbind", "int");
    internal static readonly Operator cat = new("aten::cat"), stack = new("aten::stack");
    internal static readonly Operator index_select = new("aten::index_select"), index = new("aten::index", "Tensor"), index_put_ = new("aten::index_put_"), masked_fill = new("aten::masked_fill", "Scalar");
    internal static readonly Operator tril = new("aten::tril"), triu = new("aten::triu");
    internal static readonly Operator contiguous = new("aten::contiguous"), to_sparse = new("aten::to_sparse"), clone = new("aten::clone"), detach = new("aten::detach");
    internal static readonly Operator to_dtype = new("aten::to", "dtype"), to_device = new("aten::to", "device");
    internal static readonly Operator copy_ = new("aten::copy_"), zero_ = new("aten::zero_"), fill_ = new("aten::fill_", "Scalar");

    // Factories
    internal static readonly Operator zeros = new("aten::zeros"), ones = new("aten::ones"), empty = new("aten::empty", "memory_format"), full = new("aten::full");
    internal static readonly Operator zeros_like = new("aten::zeros_like"), ones_like = new("aten::ones_like"), empty_like = new("aten::empty_like"), full_like = new("aten::full_like");
    internal static readonly Operator arange = new("aten::arange", "start_step"), linspace = new("aten::linspace");
    internal static readonly Operator randperm = new("aten::randperm"), randperm_generator = new("aten::randperm", "generator");
    internal static readonly Operator multinomial = new("aten::multinomial"), random_ = new("aten::random_", "from"), eye = new("aten::eye", "m");
    internal static readonly Operator normal_ = new("aten::normal_"), uniform_ = new("aten::uniform_");

    // Networks
    internal static readonly Operator embedding = new("aten::embedding"), layer_norm = new("aten::layer_norm"), gelu = new("aten::gelu"), relu = new("aten::relu");
    internal static readonly Operator softmax = new("aten::softmax", "int"), log_softmax = new("aten::log_softmax", "int");
    internal static readonly Operator cross_entropy = new("aten::cross_entropy_loss"), dropout = new("aten::dropout"), mse_loss = new("aten::mse_loss");
    internal static readonly Operator scaled_dot_product_attention = new("aten::scaled_dot_product_attention");
}
