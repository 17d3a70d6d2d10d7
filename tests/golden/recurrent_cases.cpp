/// Golden cases of recurrent layers.
#include "golden.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/simple_rnn.hpp"

namespace tenure::golden { namespace {

template <class T, class Layer>
double recurrent(Golden& golden, typename Layer::Config config) {
  const Index biases = golden.has("param.bias_hh_l0") ? 2 : golden.has("param.bias_ih_l0") ? 1 : 0;
  if (golden.option("bias", biases > 0) != (biases > 0)) throw golden.wrong("bias", "whether there are biases");
  config.input_size = golden.shape("in.0").last();
  config.hidden_size = golden.shape("param.weight_hh_l0").last();
  config.num_layers = golden.option("layers", Index{1});
  config.bidirectional = golden.option("bidirectional", false);
  config.biases = biases;
  Rng rng;
  Layer layer(config, rng);
  const auto lengths = golden.option("lengths", std::vector<std::int64_t>{});
  return run_module<T>(golden, layer, [&](Tape<T>&, const auto& in) {
    RecurrentOptions<T> options;
    if (!lengths.empty()) options.lengths = {lengths.data(), Shape{static_cast<Index>(lengths.size())}};
    if (in.size() > 1) options.h_0 = in[1];
    if (in.size() > 2) options.c_0 = in[2];
    const RecurrentResult<T> result = layer.run(in.at(0), options);
    std::vector<Var<T>> outputs{result.output, result.h_n};
    if (golden.kind == "lstm") outputs.push_back(result.c_n);
    return outputs;
  });
}

template <class T>
double lstm(Golden& golden) {
  return recurrent<T, Lstm<T>>(golden, {});
}
template <class T>
double gru(Golden& golden) {
  return recurrent<T, Gru<T>>(golden,
                              {.input_size = 1, .hidden_size = 1, .reset_after = golden.option("reset_after", true)});
}
template <class T>
double rnn(Golden& golden) {
  const bool relu = golden.choice("nonlinearity", {"tanh", "relu"}) == "relu";
  return recurrent<T, SimpleRnn<T>>(
      golden, {.input_size = 1, .hidden_size = 1, .nonlinearity = relu ? Nonlinearity::relu : Nonlinearity::tanh});
}

const Registration of_lstm("lstm", {lstm<double>, lstm<float>});
const Registration of_gru("gru", {gru<double>, gru<float>});
const Registration of_rnn("rnn", {rnn<double>, rnn<float>});

}}  // namespace tenure::golden
