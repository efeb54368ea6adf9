// Guard mode (DMAFLOW_GUARD=1): memory that no CPU access is open for is out of reach, so that native code or
// a stray pointer that touches a frame without synchronisation faults at once, and the fault names the
// buffer.
//
// Signal handlers belong to the process, and so does the table that this one reads: the only state of the
// addon that its environments share.
#pragma once

#include <cstddef>
#include <string>

namespace dmaflow {

// Puts the handler of SIGSEGV in front of what is there; once for the process, however often it is called.
// The handler writes one line to stderr about a guarded range and leaves the rest to the handler that was
// there before.
void InstallMemoryGuard();

// Pages of a mapping under guard: inaccessible but between Open and Close.
class GuardedRange {
 public:
  // `name` is the buffer's. Throws KernelError of mprotect.
  GuardedRange(void* data, size_t length, const std::string& name);
  ~GuardedRange();
  GuardedRange(const GuardedRange&) = delete;
  GuardedRange& operator=(const GuardedRange&) = delete;

  // `holder` is who accesses, for the message: a stage's name, or empty. Throws KernelError of mprotect.
  void Open(bool writable, const std::string& holder);
  void Close() noexcept;

 private:
  struct Slot;
  friend struct GuardTable;

  void* data_;
  size_t length_;
  // Null where the table is full: the pages are guarded all the same, the fault then has no name.
  Slot* slot_;
};

}  // namespace dmaflow
