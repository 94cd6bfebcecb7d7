// Opens the server's listening sockets, or takes those that a parent process passed on.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "app/cli/serve_options.h"
#include "app/serve/inherited_sockets.h"
#include "engine/engine.h"
#include "engine/listener.h"
#include "net/endpoint.h"

namespace echod {

// A listen address, with the port that the system picked.
struct Listening {
  Protocol protocol;
  Endpoint endpoint;
};

// The sockets, and in the same order what they listen for.
struct OpenedListeners {
  std::vector<Listener> listeners;
  std::vector<Listening> listening;
  std::vector<std::string> warnings;  // one line each
};

// Opens every address of every --listen, with as many sockets as the engine needs. A name may
// resolve to an address that this machine lacks (localhost is often ::1 too), so one working
// address per URL is enough. The error is a line for people that says what to do.
std::expected<OpenedListeners, std::string> open_listeners(const ServeOptions& options,
                                                           const ListenerNeeds& needs);

// Makes listeners of inherited sockets, each with a descriptor for every loop. A socket's protocol
// is that of its name (a listen URL's scheme), or of the --listen with its address, or auto. A
// --listen that was given, and whose address no socket has, is a warning. The error is a line for
// people.
std::expected<OpenedListeners, std::string> adopt_listeners(std::vector<InheritedSocket> inherited,
                                                            const ServeOptions& options,
                                                            const ListenerNeeds& needs);

}  // namespace echod
