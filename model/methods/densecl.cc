// DenseCL: Wang et al., "Dense contrastive learning for self-supervised visual pre-training" (CVPR
// 2021), equations 1 to 3 on the bottleneck's grid, half global and half dense, at temperature 0.2.
// Keys come from a network that follows with momentum 0.999; negatives are the keys of the last
// steps, of all workers, in two queues (He et al., "Momentum contrast", CVPR 2020) that hold half
// as many as there are volumes, at most 4,096 and at least a step's: a longer one, as the paper's
// 65,536 beside millions of images, would hold old keys of the query's own volume.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "model/augmentation.h"
#include "model/initial_weights.h"
#include "model/methods/encoder.h"
#include "model/methods/methods.h"
#include "model/methods/momentum_copy.h"
#include "model/methods/projection_head.h"

namespace gvsl::model {
namespace {

constexpr double kMomentum = 0.999;
constexpr double kTemperature = 0.2;
constexpr double kDenseShare = 0.5;
constexpr std::int64_t kProjection = 128;
constexpr std::int64_t kLongestQueue = 4096;

std::int64_t QueueOf(const MethodOptions& options) {
  return std::max(options.slots * options.batch_per_slot,
                  std::min(kLongestQueue, options.volumes / 2));
}

// An encoder with its two projections.
struct Network {
  explicit Network(const MethodOptions& options)
      : encoder(options),
        global(encoder.parameters(), "global_projector", Options()),
        dense(encoder.parameters(), "dense_projector", Options()) {
    FillInitialWeights(encoder.parameters().all(), options.seed);
  }
  ProjectionOptions Options() const {
    return {.widths = {encoder.channels(), encoder.channels(), kProjection}, .norm_hidden = false};
  }
  Encoder encoder;
  ProjectionHead global;
  ProjectionHead dense;
};

// Of one volume.
struct Projections {
  at::Tensor features;  // (places, channels) of the bottleneck
  at::Tensor global;    // (1, 128)
  at::Tensor dense;     // (places, 128)
};

Projections Project(const Network& network, const at::Tensor& volume) {
  const at::Tensor features = network.encoder.Bottleneck(volume)[0].flatten(1).t();
  return {features, UnitRows(network.global.Forward(features.mean(0, true))),
          UnitRows(network.dense.Forward(features))};
}

// InfoNCE: queries (N, 128) with a positive key each, among the queue's negatives.
at::Tensor Contrast(const at::Tensor& queries, const at::Tensor& positives,
                    const at::Tensor& queue) {
  const at::Tensor positive = (queries * positives).sum(1, true);
  const at::Tensor scores = at::cat({positive, at::mm(queries, queue.t())}, 1) / kTemperature;
  return -scores.log_softmax(1).select(1, 0).mean();
}

class DenseCl final : public Method {
 public:
  explicit DenseCl(const MethodOptions& options)
      : options_(options),
        query_(options),
        key_(options),
        copy_(query_.encoder.Trained(), key_.encoder.Trained()),
        global_queue_(
            at::zeros({QueueOf(options), kProjection}, at::TensorOptions(options.device))),
        dense_queue_(at::zeros({QueueOf(options), kProjection}, at::TensorOptions(options.device))),
        next_(at::zeros({1}, at::kFloat)) {
    FillInitialWeights(
        {{"global_queue.weight", global_queue_}, {"dense_queue.weight", dense_queue_}},
        options.seed);
    global_queue_.copy_(UnitRows(global_queue_));
    dense_queue_.copy_(UnitRows(dense_queue_));
  }

  std::vector<std::string> LossNames() const override {
    return {"contrast", "dense_contrast", "total"};
  }
  std::vector<std::string> IndicatorNames() const override { return {"spread"}; }
  NamedTensors NamedParameters() override { return query_.encoder.Trained(); }
  NamedTensors FixedWeights() override { return query_.encoder.Fixed(); }
  NamedTensors NamedState() override {
    NamedTensors state = {
        {"global_queue", global_queue_}, {"dense_queue", dense_queue_}, {"queue_next", next_}};
    for (const auto& [name, tensor] : copy_.follower()) state.emplace_back("key." + name, tensor);
    return state;
  }

  Inputs Augment(const std::vector<PairSample>& samples) override {
    const auto view = [&](std::uint32_t number) {
      return BatchOfViews(samples, number, options_.device);
    };
    return {{"query", view(0)}, {"key", view(1)}};
  }

  // The items' keys, global and mean of dense, which go into the queues.
  std::int64_t SharedFloats() const override { return options_.batch_per_slot * 2 * kProjection; }
  at::Tensor Share(const Inputs& inputs) override {
    const at::NoGradGuard no_graph;
    std::vector<at::Tensor> rows;
    for (const at::Tensor& volume : inputs.at("key").split(1)) {
      const Projections key = Project(key_, volume);
      rows.push_back(at::cat({key.global, UnitRows(key.dense.mean(0, true))}, 1));
    }
    return at::cat(rows, 0).reshape(-1);
  }
  void Receive(const at::Tensor& shared) override {
    new_keys_ = shared.view({-1, 2 * kProjection});
  }

  Outcome Forward(const Inputs& inputs) override {
    const std::int64_t items = inputs.at("query").size(0);
    at::Tensor global, dense;
    for (std::int64_t k = 0; k < items; ++k) {
      const Projections query = Project(query_, inputs.at("query").narrow(0, k, 1));
      const auto [one, all] = Losses(query, inputs.at("key").narrow(0, k, 1));
      global = global.defined() ? global + one : one;
      dense = dense.defined() ? dense + all : all;
    }
    const double count = static_cast<double>(items);
    const at::Tensor loss = (global * (1 - kDenseShare) + dense * kDenseShare) / count;
    return {loss,
            {{"contrast", global.detach() / count},
             {"dense_contrast", dense.detach() / count},
             {"total", loss.detach()}},
            {{"spread", Spread(new_keys_.narrow(1, 0, kProjection))}}};
  }

  void AfterInit() override { copy_.BeginAgain(); }
  void AfterUpdate(std::uint64_t /*step*/) override {
    copy_.Follow(kMomentum);
    for (std::int64_t k = 0; k < new_keys_.size(0); ++k) {
      const auto next = static_cast<std::int64_t>(next_.item<float>());
      global_queue_[next].copy_(new_keys_[k].narrow(0, 0, kProjection));
      dense_queue_[next].copy_(new_keys_[k].narrow(0, kProjection, kProjection));
      next_.fill_(static_cast<float>((next + 1) % global_queue_.size(0)));
    }
  }

 private:
  // Global and dense. The positive of a place is the key of the place whose features are most like
  // its own.
  std::pair<at::Tensor, at::Tensor> Losses(const Projections& query, const at::Tensor& volume) {
    Projections key;
    at::Tensor partner;
    {
      const at::NoGradGuard no_graph;
      key = Project(key_, volume);
      partner = at::mm(UnitRows(query.features), UnitRows(key.features).t()).argmax(1);
    }
    return {Contrast(query.global, key.global, global_queue_),
            Contrast(query.dense, key.dense.index_select(0, partner), dense_queue_)};
  }

  MethodOptions options_;
  Network query_;
  Network key_;
  MomentumCopy copy_;
  at::Tensor global_queue_;
  at::Tensor dense_queue_;
  at::Tensor next_;      // (1), on the CPU: where the queues are written next
  at::Tensor new_keys_;  // (items of all slots, 2 * 128): of the step under way
};

}  // namespace

MethodPointer MakeDenseCl(const MethodOptions& options) {
  return std::make_unique<DenseCl>(options);
}

}  // namespace gvsl::model
