/// The probabilistic models of CDNOW's 2,357 customers, as they were published: a check of what ann_clv fits to them.
#pragma once

#include <array>
#include <tenure/clv/probabilistic/likelihood_fits.hpp>
#include <tenure/core/text.hpp>
#include <tuple>

namespace tenure {

/// What was published for the sample of CDNOW's customers, 39 weeks: parameter, value, and what its rounding allows.
inline constexpr std::array<std::tuple<const char*, const char*, double, double>, 11> cdnow = {
    {{"bg_nbd", "r", 0.243, 1e-3},
     {"bg_nbd", "alpha", 4.414, 1e-2},
     {"bg_nbd", "a", 0.793, 1e-2},
     {"bg_nbd", "b", 2.426, 3e-2},
     {"pareto_nbd", "r", 0.553, 1e-3},
     {"pareto_nbd", "alpha", 10.578, 2e-2},
     {"pareto_nbd", "s", 0.606, 3e-3},
     {"pareto_nbd", "beta", 11.669, 5e-2},
     {"gamma_gamma", "p", 6.25, 2e-2},
     {"gamma_gamma", "q", 3.74, 1e-2},
     {"gamma_gamma", "gamma", 15.44, 8e-2}}};

/// What is not as published, in lines; empty where all is.
inline std::string unlike_cdnow(const clv::LikelihoodFits& fits) {
  std::string off;
  clv::LikelihoodFits::fields(fits, [&](const std::string& name, const clv::MaximumLikelihood& fit) {
    for (const auto& [model, parameter, value, tolerance] : cdnow) {
      const auto own = std::ranges::find(fit.parameters, parameter, &clv::Estimated::name);
      if (name != model || own == fit.parameters.end() || std::abs(own->value - value) <= tolerance) continue;
      off += "\n  " + name + " " + parameter + ": " + text::short_number(own->value) + ", published " +
             text::short_number(value);
    }
  });
  if (std::abs(fits.bg_nbd.log_likelihood + 9582.4) > 0.1) off += "\n  bg_nbd's log-likelihood, published -9582.4";
  return off;
}

}  // namespace tenure
