float trained_and_read();

int main() {
  const float y = trained_and_read();
  return y > 2.99f && y < 3.01f ? 0 : 1;
}
