/// Recurrent layers, a forward pass for training and a backward pass, beside oneDNN: float, one core. Rates count the
/// arithmetic of the matrix products, once forward and twice backward: all gradients are computed, x's too. oneDNN is
/// given its favorite layout of the weights, reordered outside the clock, and x with time first.
#include <tenure/autograd/parameters.hpp>
#include <tenure/core/tensor.hpp>
#include <tenure/nn/gru.hpp>
#include <tenure/nn/lstm.hpp>

#include "contest.hpp"
#if defined(TENURE_HAVE_ONEDNN)
#include <dnnl.hpp>
#include <unordered_map>
#endif

namespace tenure::benchmarks { namespace {

struct Size {
  const char* name;
  Index batch, time, inputs, units;
  bool gru = false, bidirectional = false;

  Index directions() const { return bidirectional ? 2 : 1; }
  Index gates() const { return gru ? 3 : 4; }
  double work() const {
    return 3 * 2 * static_cast<double>(time * batch * (inputs + units) * gates() * units * directions());
  }
};

Tensor<float> random_values(const Shape& shape) {
  Rng rng(1);
  Tensor<float> values(shape);
  for (float& value : values) value = static_cast<float>(rng.uniform(-1, 1));
  return values;
}

template <class Layer>
std::function<void()> tenure_runner(const Size& s) {
  struct State {
    Rng rng{1};
    Layer layer;
    Parameters<float> parameters;
    Tensor<float> x, dy;
    Tape<float> tape;

    explicit State(const Size& size)
        : layer({.input_size = size.inputs, .hidden_size = size.units, .bidirectional = size.bidirectional}, rng),
          parameters(layer),
          x(random_values({size.batch, size.time, size.inputs})),
          dy(random_values({size.batch, size.time, size.directions() * size.units})) {}
  };
  return [state = std::make_shared<State>(s)] {
    state->tape.reset();
    state->layer(state->tape.variable(state->x)).backward(state->dy);
    benchmark::ClobberMemory();
  };
}

#if defined(TENURE_HAVE_ONEDNN)
using Arguments = std::unordered_map<int, dnnl::memory>;

/// Fills what a primitive reads with small numbers, so that none is denormal or overflows.
dnnl::memory filled(const dnnl::memory::desc& description, const dnnl::engine& engine, float value) {
  dnnl::memory memory(description, engine);
  auto* const data = static_cast<float*>(memory.get_data_handle());
  std::fill_n(data, description.get_size() / sizeof(float), value);
  return memory;
}

template <class Forward, class Backward>
std::function<void()> onednn_runner(const Size& s) {
  using dnnl::memory;
  using Tag = memory::format_tag;
  const auto describe = [](memory::dims dims, Tag tag) { return memory::desc(dims, memory::data_type::f32, tag); };
  const memory::dim t = s.time, n = s.batch, c = s.inputs, u = s.units, d = s.directions(), g = s.gates();
  const auto x = describe({t, n, c}, Tag::tnc), y = describe({t, n, d * u}, Tag::tnc);
  const auto w = describe({1, d, c, g, u}, Tag::any), r = describe({1, d, u, g, u}, Tag::any);
  const auto bias = describe({1, d, s.gru ? 4 : g, u}, Tag::ldgo);
  const memory::desc none;
  const auto direction =
      s.bidirectional ? dnnl::rnn_direction::bidirectional_concat : dnnl::rnn_direction::unidirectional_left2right;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const auto forward_pd = [&] {
    if constexpr (std::is_same_v<Forward, dnnl::lstm_forward>) {
      return typename Forward::primitive_desc(
          {dnnl::prop_kind::forward_training, direction, x, none, none, w, r, bias, y, none, none}, engine);
    } else {
      return typename Forward::primitive_desc(
          {dnnl::prop_kind::forward_training, direction, x, none, w, r, bias, y, none}, engine);
    }
  }();
  const auto backward_pd = [&] {
    if constexpr (std::is_same_v<Forward, dnnl::lstm_forward>) {
      return typename Backward::primitive_desc({dnnl::prop_kind::backward,
                                                direction,
                                                x,
                                                none,
                                                none,
                                                w,
                                                r,
                                                bias,
                                                y,
                                                none,
                                                none,
                                                x,
                                                none,
                                                none,
                                                w,
                                                r,
                                                bias,
                                                y,
                                                none,
                                                none},
                                               engine, forward_pd);
    } else {
      return typename Backward::primitive_desc(
          {dnnl::prop_kind::backward, direction, x, none, w, r, bias, y, none, x, none, w, r, bias, y, none}, engine,
          forward_pd);
    }
  }();
  Arguments arguments{{DNNL_ARG_SRC_LAYER, filled(x, engine, 0.5F)},
                      {DNNL_ARG_WEIGHTS_LAYER, filled(forward_pd.weights_layer_desc(), engine, 0.01F)},
                      {DNNL_ARG_WEIGHTS_ITER, filled(forward_pd.weights_iter_desc(), engine, 0.01F)},
                      {DNNL_ARG_BIAS, filled(bias, engine, 0.1F)},
                      {DNNL_ARG_DST_LAYER, filled(y, engine, 0)},
                      {DNNL_ARG_WORKSPACE, dnnl::memory(forward_pd.workspace_desc(), engine)}};
  Arguments gradients = arguments;
  gradients[DNNL_ARG_WEIGHTS_LAYER] = filled(backward_pd.weights_layer_desc(), engine, 0.01F);
  gradients[DNNL_ARG_WEIGHTS_ITER] = filled(backward_pd.weights_iter_desc(), engine, 0.01F);
  gradients.insert({{DNNL_ARG_DIFF_SRC_LAYER, filled(x, engine, 0)},
                    {DNNL_ARG_DIFF_WEIGHTS_LAYER, filled(backward_pd.diff_weights_layer_desc(), engine, 0)},
                    {DNNL_ARG_DIFF_WEIGHTS_ITER, filled(backward_pd.diff_weights_iter_desc(), engine, 0)},
                    {DNNL_ARG_DIFF_BIAS, filled(bias, engine, 0)},
                    {DNNL_ARG_DIFF_DST_LAYER, filled(y, engine, 0.5F)}});
  return [forward = Forward(forward_pd), backward = Backward(backward_pd), stream = dnnl::stream(engine), arguments,
          gradients]() mutable {
    forward.execute(stream, arguments);
    backward.execute(stream, gradients);
    stream.wait();
  };
}
#endif

void add_benchmarks(int rounds) {
  for (const Size& size :
       {Size{"LSTM 6x30 12-64", 30, 6, 12, 64}, Size{"LSTM 6x30 65-64", 30, 6, 65, 64},
        Size{"LSTM 6x32 1-32", 32, 6, 1, 32}, Size{"LSTM 6x32 32-16", 32, 6, 32, 16},
        Size{"GRU 30x32 8-64", 32, 30, 8, 64, true}, Size{"GRU 30x32 8-2x64", 32, 30, 8, 64, true, true},
        Size{"GRU 30x32 128-2x64", 32, 30, 128, 64, true, true}}) {
    benchmark::RegisterBenchmark(
        size.name,
        [size](benchmark::State& state) {
          std::vector<Contestant> contestants;
          contestants.push_back(
              {"tenure", size.gru ? tenure_runner<Gru<float>>(size) : tenure_runner<Lstm<float>>(size)});
#if defined(TENURE_HAVE_ONEDNN)
          contestants.push_back({"oneDNN", size.gru ? onednn_runner<dnnl::lbr_gru_forward, dnnl::lbr_gru_backward>(size)
                                                    : onednn_runner<dnnl::lstm_forward, dnnl::lstm_backward>(size)});
#endif
          contest(state, size.work(), contestants, 3e-3);  // steps follow steps, as in training
        })
        ->Iterations(rounds)
        ->UseManualTime();
  }
}

}}  // namespace tenure::benchmarks

int main(int argc, char** argv) {
  return tenure::benchmarks::run(argc, argv,
                                 {"tenure us", "oneDNN us", "peak", "tenure", "tenure%", "oneDNN", "oneDNN%"},
                                 tenure::benchmarks::add_benchmarks);
}
