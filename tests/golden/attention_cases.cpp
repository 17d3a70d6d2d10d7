/// Golden cases of attention and of what is made of it.
#include "golden.hpp"
#include "tenure/nn/multi_head_attention.hpp"
#include "tenure/nn/transformer_encoder.hpp"

namespace tenure::golden { namespace {

/// The options that hide keys; `lengths` must outlive them.
template <class T>
AttentionOptions<T> attention_options(Golden& golden, std::vector<std::int64_t>& lengths) {
  lengths = golden.option("lengths", std::vector<std::int64_t>{});
  AttentionOptions<T> options;
  options.is_causal = golden.option("causal", false);
  if (!lengths.empty()) options.lengths = {lengths.data(), Shape{static_cast<Index>(lengths.size())}};
  return options;
}

template <class T>
double multi_head_attention(Golden& golden) {
  const Index width = golden.shape("param.out_proj.weight").at(0);
  const bool bias = golden.has("param.in_proj_bias");
  if (golden.option("bias", bias) != bias) throw golden.wrong("bias", "whether there is an in_proj_bias");
  const Index key_width = golden.option("kdim", golden.has("in.1") ? golden.shape("in.1").last() : width);
  const Index value_width = golden.option("vdim", golden.has("in.2") ? golden.shape("in.2").last() : width);
  Rng rng;
  MultiHeadAttention<T> layer({.embed_dim = width,
                               .num_heads = golden.option("heads", Index{1}),
                               .kdim = key_width,
                               .vdim = value_width,
                               .bias = bias},
                              rng);
  std::vector<std::int64_t> lengths;
  const auto options = attention_options<T>(golden, lengths);
  return run_module<T>(golden, layer, [&](Tape<T>&, const auto& in) {
    return std::vector{in.size() == 1 ? layer(in[0], options) : layer(in.at(0), in[1], in.at(2), options)};
  });
}

template <class T>
double transformer_encoder_layer(Golden& golden) {
  const Shape inner = golden.shape("param.linear1.weight");
  const std::string activation = golden.choice("activation", {"relu", "gelu"});
  Rng rng;
  TransformerEncoderLayer<T> layer(
      {.d_model = inner.at(1),
       .nhead = golden.option("heads", Index{1}),
       .dim_feedforward = inner.at(0),
       .dropout = 0,
       .activation = activation == "gelu" ? EncoderActivation::gelu : EncoderActivation::relu,
       .norm_first = golden.option("norm_first", false),
       .layer_norm_eps = golden.option("epsilon", 1e-5)},
      rng);
  std::vector<std::int64_t> lengths;
  const auto options = attention_options<T>(golden, lengths);
  return run_module<T>(golden, layer, [&](Tape<T>&, const auto& in) { return std::vector{layer(in.at(0), options)}; });
}

const Registration of_attention("multi_head_attention", {multi_head_attention<double>, multi_head_attention<float>});
const Registration of_encoder_layer("transformer_encoder_layer",
                                    {transformer_encoder_layer<double>, transformer_encoder_layer<float>});

}}  // namespace tenure::golden
