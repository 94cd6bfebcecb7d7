#include "conformance/client_side.h"

namespace echod {
namespace {

constinit thread_local bool client_side = false;

}  // namespace

bool is_client_side() noexcept { return client_side; }

void join_client_side() noexcept { client_side = true; }

ServerSideScope::ServerSideScope() noexcept : before_(client_side) { client_side = false; }

ServerSideScope::~ServerSideScope() { client_side = before_; }

}  // namespace echod
