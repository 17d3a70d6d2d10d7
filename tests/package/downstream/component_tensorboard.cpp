#include <tenure/track/tensorboard/event_writer.hpp>

int main() {
  tenure::TensorBoardWriter writer("events");
  writer.scalar("loss", 0.5, 1);
  return std::filesystem::file_size(writer.path()) > 50 ? 0 : 1;
}
