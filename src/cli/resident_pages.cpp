#include "cli/resident_pages.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

namespace cli {
namespace {

bool is_traced() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("TracerPid:")) return std::strtol(line.c_str() + 10, nullptr, 10) != 0;
  return true;
}

/// Those that nobody can have written to, so that the file still says what they are.
int release(dl_phdr_info* object, std::size_t, void* page_bytes) {
  const auto page = *static_cast<const std::uintptr_t*>(page_bytes);
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const auto address = object->dlpi_addr + segment.p_vaddr;
    const auto begin = address & ~(page - 1);
    (void)::madvise(reinterpret_cast<void*>(begin), address + segment.p_memsz - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void release_start_pages() {
  if (is_traced()) return;
  auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  ::dl_iterate_phdr(&release, &page);
}

}  // namespace cli
