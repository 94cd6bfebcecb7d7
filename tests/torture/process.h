// What the system says about the server: its process with all its descendants, summed, and the
// kernel's memory for its connections. Every figure is absent where it cannot be read.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace torture {

struct ProcessFigures {
  uint64_t memory = 0;       // bytes of user memory; what processes share is counted once (PSS)
  uint64_t descriptors = 0;  // open files
  uint64_t threads = 0;
  uint64_t processes = 0;
  double cpu_s = 0;  // processor time so far, children that were waited for included
};

class ServerProcess {
 public:
  // pid 0: unknown, and every answer is empty.
  explicit ServerProcess(int pid) : pid_(pid) {}

  bool is_known() const { return pid_ != 0; }
  // False when the process is gone, or a zombie. True while it is unknown.
  bool is_alive() const;

  std::optional<ProcessFigures> figures() const;
  std::optional<uint64_t> descriptors() const;
  std::optional<double> cpu_s() const;

 private:
  std::vector<int> tree() const;
  int pid_;
};

// Kernel memory of the sockets of this machine that are connected and whose own port this is: the
// server's side. Bytes, buffers with their overhead, as ss(8) shows it; nothing where it cannot be
// asked, or the server is elsewhere.
std::optional<uint64_t> kernel_memory_of_port(uint16_t port);

// All TCP memory of this machine (/proc/net/sockstat), in bytes, whoever's it is.
std::optional<uint64_t> kernel_memory_of_machine();

}  // namespace torture
