#include <tenure/track/mlflow/tracker.hpp>

int main() {
  tenure::Mlflow({.uri = "mlruns", .experiment = "first"}).finish(tenure::RunStatus::finished);
  return std::filesystem::exists("mlruns/0/meta.yaml") ? 0 : 1;
}
