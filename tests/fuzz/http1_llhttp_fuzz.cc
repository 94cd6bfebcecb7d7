// Our HTTP/1 request decoder beside llhttp: a request that both take is the same one to both, and
// ends at the same byte. Requests smuggled past one of them would need just that. Who rejects what
// is not compared here but in tests/differential, where each difference has its reason.
#include "../differential/llhttp_parse.h"
#include "../differential/ours.h"
#include "base/check.h"
#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod::differential;
  const std::string_view bytes = echod::fuzz::as_text(data, size);
  const View ours = OurParse(bytes).run();
  const View theirs = LlhttpParse(bytes).run();
  const size_t both = std::min(ours.messages.size(), theirs.messages.size());
  for (size_t i = 0; i < both; ++i) {
    const Message& mine = ours.messages[i];
    const Message& other = theirs.messages[i];
    ECHOD_CHECK(mine.method == other.method && mine.target == other.target);
    ECHOD_CHECK(mine.fields.size() == other.fields.size());
    for (size_t field = 0; field < mine.fields.size(); ++field) {
      ECHOD_CHECK(mine.fields[field].first == other.fields[field].first);
    }
    if (mine.end < 0 || other.end < 0) break;  // one of them rejected the body, or waits for it
    ECHOD_CHECK(mine.end == other.end && mine.body == other.body && mine.chunks == other.chunks);
    if (mine.keep_alive != other.keep_alive) break;  // where one closes nothing can be smuggled
  }
  return 0;
}
