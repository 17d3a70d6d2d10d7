/// y = a + b, a − b, a · b, a / b with broadcasting; y = scale · x + shift with scalars.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/elementwise.hpp"
#include "broadcast.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace ops {

/// The four functions of two SIMD vectors, and their partial derivatives times dy.
struct Add {
  static constexpr std::string_view name = "add";
  static constexpr Reads reads{};
  static auto y(auto a, auto b) { return a + b; }
  static auto da(auto dy, auto, auto) { return dy; }
  static auto db(auto dy, auto, auto) { return dy; }
};

struct Subtract {
  static constexpr std::string_view name = "subtract";
  static constexpr Reads reads{};
  static auto y(auto a, auto b) { return a - b; }
  static auto da(auto dy, auto, auto) { return dy; }
  static auto db(auto dy, auto, auto) { return -dy; }
};

struct Multiply {
  static constexpr std::string_view name = "multiply";
  static constexpr Reads reads{.inputs = 0b11};
  static auto y(auto a, auto b) { return a * b; }
  static auto da(auto dy, auto, auto b) { return dy * b; }
  static auto db(auto dy, auto a, auto) { return dy * a; }
};

struct Divide {
  static constexpr std::string_view name = "divide";
  static constexpr Reads reads{.inputs = 0b11};
  static auto y(auto a, auto b) { return simd::divide(a, b); }
  static auto da(auto dy, auto, auto b) { return simd::divide(dy, b); }
  static auto db(auto dy, auto a, auto b) { return -simd::divide(dy * simd::divide(a, b), b); }
};

/// A function of two tensors, element by element.
template <class T, class Function>
struct Binary {
  static constexpr std::string_view name = Function::name;
  static constexpr Reads backward_reads = Function::reads;
  using Vector = simd::Batch<T>;

  Shape shape(Inputs<T> x) const { return Broadcast::shape(name, x[0].shape(), x[1].shape()); }

  void forward(const Forward<T>& f) const {
    const T* a = f.x[0].data();
    const T* b = f.x[1].data();
    Broadcast(f.x[0].shape(), f.x[1].shape())
        .for_each_run([&](Index at, Index ai, Index bi, Index n, bool a_varies, bool b_varies) {
          T* y = f.y.data() + at;
          if (!a_varies) {
            const Vector same(a[ai]);
            simd::transform(
                n, y, [same](Vector v) { return Function::y(same, v); }, b + bi);
          } else if (!b_varies) {
            const Vector same(b[bi]);
            simd::transform(
                n, y, [same](Vector v) { return Function::y(v, same); }, a + ai);
          } else {
            simd::transform(
                n, y, [](Vector v, Vector w) { return Function::y(v, w); }, a + ai, b + bi);
          }
        });
  }

  static unsigned overwrites(Inputs<T> x) { return x[0].shape() == x[1].shape() ? 0b11 : 0; }

  void backward(const Backward<T>& args) const {
    // An operand that the derivatives do not read has no data: dy stands in for it, and is ignored.
    Broadcast(args.x[0].shape(), args.x[1].shape())
        .for_each_run([&](Index at, Index ai, Index bi, Index n, bool a_varies, bool b_varies) {
          const T* dy = args.dy.data() + at;
          const Operand a = operand(args.x[0].data(), ai, a_varies, dy);
          const Operand b = operand(args.x[1].data(), bi, b_varies, dy);
          if (T* da = args.dx[0].data()) {
            add(
                n, da + ai, a_varies, [](Vector g, Vector v, Vector w) { return Function::da(g, v, w); }, dy, a, b,
                args.adds(0));
          }
          if (T* db = args.dx[1].data()) {
            add(
                n, db + bi, b_varies, [](Vector g, Vector v, Vector w) { return Function::db(g, v, w); }, dy, a, b,
                args.adds(1));
          }
        });
  }

 private:
  struct Operand {
    const T* data;
    Index step;  // 1, or 0 for one element that serves the run
  };

  static Operand operand(const T* data, Index offset, bool varies, const T* unread) noexcept {
    return data ? Operand{data + offset, varies} : Operand{unread, 1};
  }

  // dx[i] += g(i), or = unless `adds`, where dx varies over the run, else dx[0] += Σ g(i); n elements, by vectors and a
  // masked tail.
  template <class G>
  static void add(Index n, T* dx, bool varies, G g, const T* dy, Operand a, Operand b, bool adds) noexcept {
    constexpr Index lanes = simd::lanes<T>;
    Vector sum(T{0});
    for (Index i = 0; i < n; i += lanes) {
      const Index count = (std::min)(lanes, n - i);
      const simd::Tail<T> part(count);
      const Vector va = a.step ? part.load(a.data + i) : Vector(*a.data);
      const Vector vb = b.step ? part.load(b.data + i) : Vector(*b.data);
      const Vector gradient = g(part.load(dy + i), va, vb);
      if (varies) {
        part.store(dx + i, adds ? Vector(part.load(dx + i) + gradient) : gradient);
      } else {
        alignas(64) T lane[static_cast<std::size_t>(lanes)] = {};
        part.store(lane, gradient);  // lanes beyond the tail may hold 0/0
        sum += Vector::load_aligned(lane);
      }
    }
    if (!varies) *dx += simd::reduce_add(sum);
  }
};

/// y = scale · x + shift
template <class T>
struct Affine {
  static constexpr std::string_view name = "affine";
  static constexpr Reads backward_reads{};

  T scale;
  T shift;

  Shape shape(Inputs<T> x) const { return x[0].shape(); }

  void forward(const Forward<T>& f) const {
    const simd::Batch<T> a(scale);
    const simd::Batch<T> b(shift);
    simd::transform(
        f.y.size(), f.y.data(), [a, b](simd::Batch<T> x) { return simd::fma(a, x, b); }, f.x[0].data());
  }

  void backward(const Backward<T>& b) const { kernels::axpy(b.dy.size(), scale, b.dy.data(), b.dx[0].data()); }
};

}  // namespace ops

/// Element-wise arithmetic with NumPy's broadcasting. @throws ShapeError
template <class T>
Var<T> operator+(Var<T> a, Var<T> b) {
  return record(ops::Binary<T, ops::Add>{}, {a, b});
}
template <class T>
Var<T> operator-(Var<T> a, Var<T> b) {
  return record(ops::Binary<T, ops::Subtract>{}, {a, b});
}
template <class T>
Var<T> operator*(Var<T> a, Var<T> b) {
  return record(ops::Binary<T, ops::Multiply>{}, {a, b});
}
template <class T>
Var<T> operator/(Var<T> a, Var<T> b) {
  return record(ops::Binary<T, ops::Divide>{}, {a, b});
}

/// factor · x + shift, element by element.
template <class T>
Var<T> affine(Var<T> x, double factor, double shift) {
  return record(ops::Affine<T>{static_cast<T>(factor), static_cast<T>(shift)}, {x});
}

/// factor · x.
template <class T>
Var<T> scale(Var<T> x, double factor) {
  return affine(x, factor, 0);
}

/// With numbers, element by element.
template <class T>
Var<T> operator-(Var<T> x) {
  return affine(x, -1, 0);
}
template <class T>
Var<T> operator*(Var<T> x, double factor) {
  return affine(x, factor, 0);
}
template <class T>
Var<T> operator*(double factor, Var<T> x) {
  return affine(x, factor, 0);
}
template <class T>
Var<T> operator/(Var<T> x, double divisor) {
  return affine(x, 1 / divisor, 0);
}
template <class T>
Var<T> operator+(Var<T> x, double shift) {
  return affine(x, 1, shift);
}
template <class T>
Var<T> operator+(double shift, Var<T> x) {
  return affine(x, 1, shift);
}
template <class T>
Var<T> operator-(Var<T> x, double shift) {
  return affine(x, 1, -shift);
}
template <class T>
Var<T> operator-(double from, Var<T> x) {
  return affine(x, -1, from);
}

/// A number divided by each element.
template <class T>
Var<T> operator/(double dividend, Var<T> x) {
  return x.tape().constant(static_cast<T>(dividend)) / x;
}

TENURE_COMPILED_OPERATION(ops::Binary, ops::Add)
TENURE_COMPILED_OPERATION(ops::Binary, ops::Subtract)
TENURE_COMPILED_OPERATION(ops::Binary, ops::Multiply)
TENURE_COMPILED_OPERATION(ops::Binary, ops::Divide)
TENURE_COMPILED_OPERATION(ops::Affine)

}}  // namespace tenure::TENURE_ABI
