/// Options that a layer can't do without are named when they are missing.
#include <doctest/doctest.h>

#include "../message.hpp"
#include "tenure/nn/attention_pooling.hpp"
#include "tenure/nn/bidirectional.hpp"
#include "tenure/nn/embedding.hpp"
#include "tenure/nn/gru.hpp"
#include "tenure/nn/lstm.hpp"
#include "tenure/nn/positional_encoding.hpp"
#include "tenure/nn/simple_rnn.hpp"
#include "tenure/nn/transformer_encoder.hpp"

using namespace tenure;

namespace {

template <class Layer, class Config>
void check(const Config& config, const std::string& message) {
  Rng rng(1);
  CHECK(message_of<ValueError>([&] { Layer(config, rng); }) == message);
}

}  // namespace

TEST_CASE("a required option that is missing is named by the layer that requires it") {
  check<Linear<float>>(LinearConfig{.out_features = 1}, "Linear: expected in_features of at least 1, got 0");
  check<Linear<float>>(LinearConfig{.in_features = 1}, "Linear: expected out_features of at least 1, got 0");
  check<Embedding<float>>(EmbeddingConfig{.embedding_dim = 1},
                          "Embedding: expected num_embeddings of at least 1, got 0");
  check<Embedding<float>>(EmbeddingConfig{.num_embeddings = 1},
                          "Embedding: expected embedding_dim of at least 1, got 0");
  check<LayerNorm<float>>(LayerNormConfig{}, "LayerNorm: expected normalized_shape of at least 1, got 0");
  check<Lstm<float>>(LstmConfig{.hidden_size = 1}, "Lstm: expected input_size of at least 1, got 0");
  check<Lstm<float>>(LstmConfig{.input_size = 1}, "Lstm: expected hidden_size of at least 1, got 0");
  check<Gru<float>>(GruConfig{.hidden_size = 1}, "Gru: expected input_size of at least 1, got 0");
  check<Gru<float>>(GruConfig{.input_size = 1}, "Gru: expected hidden_size of at least 1, got 0");
  check<SimpleRnn<float>>(SimpleRnnConfig{.hidden_size = 1}, "SimpleRnn: expected input_size of at least 1, got 0");
  check<SimpleRnn<float>>(SimpleRnnConfig{.input_size = 1}, "SimpleRnn: expected hidden_size of at least 1, got 0");
  check<Bidirectional<Lstm<float>>>(BidirectionalConfig<Lstm<float>>{},
                                    "Lstm: expected hidden_size of at least 1, got 0");
  check<AttentionPooling<float>>(AttentionPoolingConfig{}, "AttentionPooling: expected features of at least 1, got 0");
  check<SinusoidalEncoding<float>>(SinusoidalEncodingConfig{.d_model = 1},
                                   "SinusoidalEncoding: expected sequence_length of at least 1, got 0");
  check<SinusoidalEncoding<float>>(SinusoidalEncodingConfig{.sequence_length = 1},
                                   "SinusoidalEncoding: expected d_model of at least 1, got 0");
  check<LearnedEncoding<float>>(LearnedEncodingConfig{.d_model = 1},
                                "LearnedEncoding: expected sequence_length of at least 1, got 0");
  check<LearnedEncoding<float>>(LearnedEncodingConfig{.sequence_length = 1},
                                "LearnedEncoding: expected d_model of at least 1, got 0");
  check<MultiHeadAttention<float>>(MultiHeadAttentionConfig{.num_heads = 1},
                                   "MultiHeadAttention: expected embed_dim of at least 1, got 0");
  check<MultiHeadAttention<float>>(MultiHeadAttentionConfig{.embed_dim = 1},
                                   "MultiHeadAttention: expected num_heads of at least 1, got 0");
}

TEST_CASE("so are those of configurations within others") {
  using Layer = TransformerEncoderLayer<float>;
  using Encoder = TransformerEncoder<float>;
  check<Layer>(TransformerEncoderLayerConfig{.nhead = 1},
               "TransformerEncoderLayer: expected d_model of at least 1, got 0");
  check<Layer>(TransformerEncoderLayerConfig{.d_model = 1},
               "TransformerEncoderLayer: expected nhead of at least 1, got 0");
  check<Encoder>(TransformerEncoderConfig{.encoder_layer = {.d_model = 1, .nhead = 1}},
                 "TransformerEncoder: expected num_layers of at least 1, got 0");
  check<Encoder>(TransformerEncoderConfig{.num_layers = 1},
                 "TransformerEncoderLayer: expected d_model of at least 1, got 0");
  check<Encoder>(TransformerEncoderConfig{.encoder_layer = {.d_model = 1}, .num_layers = 1},
                 "TransformerEncoderLayer: expected nhead of at least 1, got 0");
}

TEST_CASE("sizes that are given must be at least 1, too") {
  check<Linear<float>>(LinearConfig{.in_features = -3, .out_features = 1},
                       "Linear: expected in_features of at least 1, got -3");
  check<Lstm<float>>(LstmConfig{.input_size = 1, .hidden_size = 1, .num_layers = 0},
                     "Lstm: expected num_layers of at least 1, got 0");
  check<AttentionPooling<float>>(AttentionPoolingConfig{.features = 1, .units = 0},
                                 "AttentionPooling: expected units of at least 1, got 0");
  check<MultiHeadAttention<float>>(MultiHeadAttentionConfig{.embed_dim = 2, .num_heads = 1, .kdim = 0},
                                   "MultiHeadAttention: expected kdim of at least 1, got 0");
  check<MultiHeadAttention<float>>(MultiHeadAttentionConfig{.embed_dim = 2, .num_heads = 1, .vdim = -1},
                                   "MultiHeadAttention: expected vdim of at least 1, got -1");
  check<MultiHeadAttention<float>>(MultiHeadAttentionConfig{.embed_dim = 2, .num_heads = 1, .key_dim = 0},
                                   "MultiHeadAttention: expected key_dim of at least 1, got 0");
  check<MultiHeadAttention<float>>(MultiHeadAttentionConfig{.embed_dim = 2, .num_heads = 1, .value_dim = 0},
                                   "MultiHeadAttention: expected value_dim of at least 1, got 0");
  check<TransformerEncoderLayer<float>>(TransformerEncoderLayerConfig{.d_model = 2, .nhead = 1, .dim_feedforward = 0},
                                        "TransformerEncoderLayer: expected dim_feedforward of at least 1, got 0");
}

TEST_CASE("sizes whose product would overflow are refused by name before they are multiplied") {
  constexpr Index huge = std::numeric_limits<Index>::max() / 2;
  const std::string most = " of at most 1073741824, got 4611686018427387903";
  check<Linear<float>>(LinearConfig{.in_features = huge, .out_features = huge}, "Linear: expected in_features" + most);
  check<Lstm<float>>(LstmConfig{.input_size = 1, .hidden_size = huge}, "Lstm: expected hidden_size" + most);
  check<MultiHeadAttention<float>>(MultiHeadAttentionConfig{.embed_dim = 4, .num_heads = 2, .key_dim = huge},
                                   "MultiHeadAttention: expected key_dim" + most);
}
