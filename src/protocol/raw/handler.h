// Serves the raw echo.
#pragma once

#include "protocol/handler.h"

namespace echod {

class RawHandler final : public Handler {
 public:
  Task<> serve(Stream& peer, Session& session) const override;
};

}  // namespace echod
