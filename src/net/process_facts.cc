#include "net/process_facts.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace echod {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// The kernel counts them in the directory's size since Linux 6.2; before, it is 0.
uint64_t open_descriptors() {
  constexpr const char* kFolder = "/proc/self/fd";
  struct stat status = {};
  if (::stat(kFolder, &status) == 0 && status.st_size > 0) {
    return static_cast<uint64_t>(status.st_size);
  }
  DIR* folder = ::opendir(kFolder);
  if (folder == nullptr) return 0;
  uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(folder);
  return count > 0 ? count - 1 : 0;  // without the one it was read through
}

// Seconds since 1970 at which the machine's clock of uptime began.
double boot_time() {
  timespec now = {};
  timespec up = {};
  if (::clock_gettime(CLOCK_REALTIME, &now) != 0 || ::clock_gettime(CLOCK_BOOTTIME, &up) != 0) {
    return 0;
  }
  return static_cast<double>(now.tv_sec - up.tv_sec) +
         static_cast<double>(now.tv_nsec - up.tv_nsec) / 1e9;
}

// The fields of proc_pid_stat(5) behind the name, which may have spaces and parentheses in it.
void read_stat(ProcessFacts& facts) {
  std::ifstream in("/proc/self/stat");
  std::string line;
  std::getline(in, line);
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return;
  std::istringstream fields(line.substr(name_end + 1));
  constexpr int kThreads = 20;  // numbers of fields; the first after the name is 3
  constexpr int kStartTime = 22;
  constexpr int kVirtualSize = 23;
  constexpr int kResidentPages = 24;
  std::string field;
  for (int number = 3; number <= kResidentPages && fields >> field; ++number) {
    if (number < kThreads) continue;
    uint64_t value = 0;
    std::from_chars(field.data(), field.data() + field.size(), value);
    if (number == kThreads) facts.threads = value;
    if (number == kStartTime) {
      const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
      facts.start_time_seconds = boot_time() + static_cast<double>(value) / ticks;
    }
    if (number == kVirtualSize) facts.virtual_size = value;
    if (number == kResidentPages) {
      facts.resident_size = value * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    }
  }
}

}  // namespace

ProcessFacts process_facts() {
  ProcessFacts facts;
  rusage usage = {};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    facts.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.descriptors_max = limit.rlim_cur;
  facts.open_descriptors = open_descriptors();
  read_stat(facts);
  return facts;
}

// Two lines for each group: "TcpExt: NAME NAME ..." and "TcpExt: NUMBER NUMBER ...".
ListenLosses listen_losses(const std::string& file) {
  ListenLosses losses;
  std::ifstream in(file);
  std::string names_line;
  std::string numbers_line;
  while (std::getline(in, names_line) && std::getline(in, numbers_line)) {
    std::istringstream names(names_line);
    std::istringstream numbers(numbers_line);
    std::string group;
    std::string other;
    if (!(names >> group) || !(numbers >> other) || group != "TcpExt:" || other != group) continue;
    std::string name;
    uint64_t number = 0;
    while (names >> name && numbers >> number) {
      if (name == "ListenOverflows") losses.overflows = number;
      if (name == "ListenDrops") losses.drops = number;
    }
  }
  return losses;
}

}  // namespace echod
