#include "net/process_facts.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <array>
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

// Numbers of the fields of /proc/self/stat, proc_pid_stat(5).
enum StatField : uint8_t { kThreads = 20, kStartTime = 22, kVirtualSize = 23, kResidentPages = 24 };
constexpr int kFirstField = 3;  // the first behind the name

// The fields up to kResidentPages, by their number; zeros if there are none.
std::array<uint64_t, kResidentPages + 1> stat_fields() {
  std::array<uint64_t, kResidentPages + 1> values = {};
  std::ifstream in("/proc/self/stat");
  std::string line;
  std::getline(in, line);
  // The name may have spaces and parentheses in it.
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return values;
  std::istringstream fields(line.substr(name_end + 1));
  std::string field;
  for (size_t number = kFirstField; number < values.size() && fields >> field; ++number) {
    std::from_chars(field.data(), field.data() + field.size(), values[number]);
  }
  return values;
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
  const auto fields = stat_fields();
  facts.threads = fields[kThreads];
  facts.virtual_size = fields[kVirtualSize];
  facts.resident_size = fields[kResidentPages] * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return facts;
}

double process_start_time() {
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return boot_time() + static_cast<double>(stat_fields()[kStartTime]) / ticks;
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
