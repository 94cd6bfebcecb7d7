// Dumps what our HTTP/1 request decoder makes of bytes; see dump.h.
#include "ours.h"

int main() {
  using namespace echod::differential;
  return dump_all([](const std::string& bytes) { return OurParse(bytes).run(); });
}
