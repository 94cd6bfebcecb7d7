// Dumps what llhttp makes of bytes; see dump.h.
#include "llhttp_parse.h"

int main() {
  using namespace echod::differential;
  return dump_all([](const std::string& bytes) { return LlhttpParse(bytes).run(); });
}
