/// y[i, :] = weight[indices[i], :]: torch.nn.Embedding, Keras's Embedding.
///
/// indices of any shape of up to four axes, y (indices…, embedding_dim); weight (num_embeddings, embedding_dim).
#pragma once

#include <optional>

#include "../ops/embedding.hpp"
#include "initializers.hpp"
#include "layer.hpp"

namespace tenure { inline namespace TENURE_ABI {

struct EmbeddingConfig {
  Index num_embeddings = 0;                      ///< required
  Index embedding_dim = 0;                       ///< required
  std::optional<std::int64_t> padding_idx = {};  ///< an index whose row starts at 0 and gets no gradient
  Preset preset = Preset::pytorch;
};

template <class T>
struct Embedding {
  Parameter<T> weight;
  std::optional<std::int64_t> padding_idx;

  static constexpr std::string_view type = "Embedding";

  /// PyTorch's preset: normal with deviation 1. Keras's: uniform in ±0.05.
  /// @throws ValueError for sizes below 1; IndexError for a padding index outside [0, num_embeddings)
  [[gnu::cold]] Embedding(const EmbeddingConfig& config, Rng& rng)
      : weight(Shape{detail::required(type, "num_embeddings", config.num_embeddings),
                     detail::required(type, "embedding_dim", config.embedding_dim)},
               FileLayout::same, type),
        padding_idx(config.padding_idx) {
    if (padding_idx && (*padding_idx < 0 || *padding_idx >= config.num_embeddings)) {
      throw IndexError(type, {"a padding index in [0, ", config.num_embeddings, ")"}, {*padding_idx});
    }
    if (config.preset == Preset::keras) {
      uniform(weight.value(), 0.05, rng);
    } else {
      normal(weight.value(), 1, rng);
    }
    if (padding_idx)
      std::fill_n(weight.value().data() + *padding_idx * config.embedding_dim, config.embedding_dim, T{});
  }

  static void fields(auto& self, auto&& f) { f("weight", self.weight); }

  /// @throws IndexError naming the first that lies outside [0, num_embeddings); ShapeError for none at all
  Var<T> operator()(Tape<T>& tape, View<const std::int64_t> indices) const {
    const Index wrong = kernels::first_out_of_range(indices.size(), indices.data(), weight.shape()[0]);
    if (wrong >= 0) {
      throw IndexError(detail::layer_path(weight, type), {"indices in [0, ", weight.shape()[0], ")"},
                       {indices.data()[wrong], " at position ", wrong});
    }
    return observed(
        *this, embedding(indices, tape.parameter(weight), {.padding_idx = padding_idx.value_or(kernels::no_padding)}));
  }
};

}}  // namespace tenure::TENURE_ABI
