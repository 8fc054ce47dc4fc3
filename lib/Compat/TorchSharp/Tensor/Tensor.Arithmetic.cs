// Element-wise arithmetic. An in-place method returns the tensor itself, as in TorchSharp.

using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor add(Tensor target) => Ops.add.Call(this, target);
        public Tensor add(Tensor target, Scalar alpha) => Ops.add.Call(this, target, alpha);
        public Tensor add(Scalar scalar) => Ops.add_Scalar.Call(this, scalar);
        public Tensor add_(Tensor target) => InPlace(Ops.add_, this, target);
        public Tensor add_(Tensor target, Scalar alpha) => InPlace(Ops.add_, this, target, alpha);
        public Tensor add_(Scalar scalar) => InPlace(Ops.add_Scalar_, this, scalar);
        public Tensor sub(Tensor target) => Ops.sub.Call(this, target);
        public Tensor sub(Scalar target) => Ops.sub_Scalar.Call(this, target);
        public Tensor sub_(Tensor target) => InPlace(Ops.sub_, this, target);
        public Tensor sub_(Scalar target) => InPlace(Ops.sub_Scalar_, this, target);
        public Tensor mul(Tensor target) => Ops.mul.Call(this, target);
        public Tensor mul(Scalar target) => Ops.mul_Scalar.Call(this, target);
        public Tensor mul_(Tensor target) => InPlace(Ops.mul_, this, target);
        public Tensor mul_(Scalar target) => InPlace(Ops.mul_Scalar_, this, target);
        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Exact(Ops.div, rounding_mode).Call(this, target);
        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => Exact(Ops.div_Scalar, rounding_mode).Call(this, target);
        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => InPlace(Exact(Ops.div_, rounding_mode), this, target);
        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => InPlace(Exact(Ops.div_Scalar_, rounding_mode), this, target);
        public Tensor neg() => Ops.neg.Call(this);
        public Tensor negative() => Ops.neg.Call(this);
        public Tensor abs() => Ops.abs.Call(this);
        public Tensor sign() => Ops.sign.Call(this);
        public Tensor reciprocal() => Ops.reciprocal.Call(this);
        public Tensor sqrt() => Ops.sqrt.Call(this);
        public Tensor sqrt_() => InPlace(Ops.sqrt_, this);
        public Tensor rsqrt() => Ops.rsqrt.Call(this);
        public Tensor square() => Ops.square.Call(this);
        public Tensor exp() => Ops.exp.Call(this);
        public Tensor log() => Ops.log.Call(this);
        public Tensor tanh() => Ops.tanh.Call(this);
        public Tensor sigmoid() => Ops.sigmoid.Call(this);
        public Tensor sin() => Ops.sin.Call(this);
        public Tensor cos() => Ops.cos.Call(this);
        public Tensor pow(Scalar exponent) => Ops.pow.Call(this, exponent);
        public Tensor pow(Tensor exponent) => Ops.pow_Tensor.Call(this, exponent);
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => InPlace(Ops.addcmul_, this, tensor1, tensor2, value);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => InPlace(Ops.addcdiv_, this, tensor1, tensor2, value);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => InPlace(Ops.addcdiv_, this, tensor1, tensor2);
        public Tensor normal_(double mean = 0.0, double std = 1.0, Generator? generator = null) => InPlace(Ops.normal_, this, mean, std, generator);
        public Tensor uniform_(double from, double to, Generator? generator = null) => InPlace(Ops.uniform_, this, from, to, generator);
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Ops.clamp.Call(this, min, max);
        public Tensor maximum(Tensor other) => Ops.maximum.Call(this, other);
        public Tensor minimum(Tensor other) => Ops.minimum.Call(this, other);
        public Tensor floor() => Ops.floor.Call(this);
        public Tensor isfinite() => Ops.isfinite.Call(this);
        public Tensor isnan() => Ops.isnan.Call(this);
        public Tensor isinf() => Ops.isinf.Call(this);
        public Tensor eq(Tensor target) => Ops.eq.Call(this, target);
        public Tensor eq(Scalar target) => Ops.eq_Scalar.Call(this, target);
        public Tensor ne(Tensor target) => Ops.ne.Call(this, target);
        public Tensor ne(Scalar target) => Ops.ne_Scalar.Call(this, target);
        public Tensor lt(Tensor target) => Ops.lt_Tensor.Call(this, target);
        public Tensor gt(Tensor target) => Ops.gt_Tensor.Call(this, target);
        public Tensor le(Tensor target) => Ops.le_Tensor.Call(this, target);
        public Tensor ge(Tensor target) => Ops.ge_Tensor.Call(this, target);
        public Tensor lt(Scalar target) => Ops.lt.Call(this, target);
        public Tensor gt(Scalar target) => Ops.gt.Call(this, target);
        public Tensor le(Scalar target) => Ops.le.Call(this, target);
        public Tensor ge(Scalar target) => Ops.ge.Call(this, target);
        public Tensor where(Tensor condition, Tensor y) => Ops.where.Call(condition, this, y);
        public Tensor masked_fill(Tensor mask, Scalar value) => Ops.masked_fill.Call(this, mask, value);
        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
            Ops.allclose.Ask(this, target, rtol, atol, equal_nan);

        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);
        public static Tensor operator +(Scalar left, Tensor right) => right.add(left);
        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);
        public static Tensor operator -(Scalar left, Tensor right) => right.negative().add(left);
        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);
        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);
        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);
        public static Tensor operator /(Scalar left, Tensor right) => right.reciprocal().mul(left);
        public static Tensor operator -(Tensor tensor) => tensor.neg();

        // Element by element, as in Python: a comparison with null is written "is null".
        public static Tensor operator ==(Tensor left, Tensor right) => left.eq(right);
        public static Tensor operator ==(Tensor left, Scalar right) => left.eq(right);
        public static Tensor operator !=(Tensor left, Tensor right) => left.ne(right);
        public static Tensor operator !=(Tensor left, Scalar right) => left.ne(right);
        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);
        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);
        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);
        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);
        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);
        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);
        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);
        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);

        /// <summary>Whether shapes and all values are equal.</summary>
        public bool Equals(Tensor target) => target is not null && Ops.equal.Ask(this, target);
        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);
        public override int GetHashCode() => base.GetHashCode();

        public static explicit operator float(Tensor value) => value.ToSingle();
        public static explicit operator double(Tensor value) => value.ToDouble();
        public static explicit operator int(Tensor value) => value.ToInt32();
        public static explicit operator long(Tensor value) => value.ToInt64();

        /// <summary>Runs an operator that writes into this tensor, without a handle for the alias it returns.</summary>
        Tensor InPlace(Operator op, params ReadOnlySpan<Argument> arguments)
        {
            op.Run(arguments);
            return this;
        }

        static Operator Exact(Operator division, RoundingMode mode) => mode == RoundingMode.None
            ? division
            : throw new NotSupportedException($"div with rounding_mode {mode} is not part of this assembly.");
    }

    public enum RoundingMode { None, trunc, floor }

    public static Tensor sqrt(Tensor input) => input.sqrt();
    public static Tensor exp(Tensor input) => input.exp();
    public static Tensor log(Tensor input) => input.log();
    public static Tensor abs(Tensor input) => input.abs();
    public static Tensor tanh(Tensor input) => input.tanh();
    public static Tensor maximum(Tensor input, Tensor other) => input.maximum(other);
    public static Tensor minimum(Tensor input, Tensor other) => input.minimum(other);
    public static Tensor where(Tensor condition, Tensor x, Tensor y) => x.where(condition, y);
    public static Tensor isfinite(Tensor tensor) => tensor.isfinite();
    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);
}
