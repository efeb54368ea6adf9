#include "memory_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mutex>

#include "kernel_error.h"

namespace dmaflow {

namespace {

template <size_t size>
void CopyText(std::array<char, size>& to, const std::string& text) {
  const size_t length = std::min(text.size(), size - 1);
  std::memcpy(to.data(), text.data(), length);
  to[length] = '\0';
}

}  // namespace

// Written by the thread that owns the mapping, read by the handler on whatever thread faults.
struct GuardedRange::Slot {
  std::atomic<bool> taken{false};
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  std::atomic<bool> reading{false};
  std::array<char, 32> name{};
  std::array<char, 64> holder{};
};

struct GuardTable {
  std::array<GuardedRange::Slot, 1024> slots;
  struct sigaction previous {};

  static GuardTable& OfProcess() {
    static GuardTable table;
    return table;
  }

  GuardedRange::Slot* Take() {
    for (GuardedRange::Slot& slot : slots) {
      if (!slot.taken.exchange(true)) return &slot;
    }
    return nullptr;
  }

  const GuardedRange::Slot* Find(uintptr_t address) const {
    for (const GuardedRange::Slot& slot : slots) {
      if (address >= slot.begin.load() && address < slot.end.load()) return &slot;
    }
    return nullptr;
  }

  // What a signal handler may do: no allocation, no locks, one write(2).
  static void Report(const GuardedRange::Slot& slot, uintptr_t address) {
    std::array<char, 512> line{};
    size_t used = 0;
    const auto add = [&](const char* text) {
      for (; *text != '\0' && used < line.size(); ++text) line[used++] = *text;
    };
    const auto add_hex = [&](uintptr_t value) {
      unsigned shift = 8 * sizeof value;
      while (shift > 4 && (value >> (shift - 4)) == 0) shift -= 4;
      while (shift > 0) {
        shift -= 4;
        const char digit[] = {"0123456789abcdef"[(value >> shift) & 0xf], '\0'};
        add(digit);
      }
    };
    const bool reading = slot.reading.load();
    add("dmaflow: guard: ");
    add(reading ? "write to" : "access to");
    add(" dma-buf '");
    add(slot.name.data());
    add("' at offset 0x");
    add_hex(address - slot.begin.load());
    add(reading ? " within a read access" : " outside every CPU access to it");
    if (slot.holder[0] != '\0') {
      add(reading ? " of '" : "; the last one was that of '");
      add(slot.holder.data());
      add("'");
    }
    add(reading ? ": open it as 'read-write'\n" : ": touch it only between cpuAccess() and close()\n");
    static_cast<void>(::write(STDERR_FILENO, line.data(), used));
  }

  static void OnFault(int signal, siginfo_t* info, void* context) {
    GuardTable& table = OfProcess();
    const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    const GuardedRange::Slot* slot = table.Find(address);
    if (slot == nullptr && (table.previous.sa_flags & SA_SIGINFO) != 0) {
      // The runtime's own: WebAssembly counts on its faults.
      table.previous.sa_sigaction(signal, info, context);
      return;
    }
    if (slot != nullptr) Report(*slot, address);
    // The instruction runs again, and faults into what was there before.
    ::sigaction(signal, &table.previous, nullptr);
  }
};

void InstallMemoryGuard() {
  static std::once_flag installed;
  std::call_once(installed, [] {
    GuardTable& table = GuardTable::OfProcess();
    struct sigaction action {};
    action.sa_sigaction = &GuardTable::OnFault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGSEGV, &action, &table.previous);
  });
}

GuardedRange::GuardedRange(void* data, size_t length, const std::string& name)
    : data_(data), length_(length), slot_(GuardTable::OfProcess().Take()) {
  if (slot_ != nullptr) {
    CopyText(slot_->name, name);
    slot_->begin = reinterpret_cast<uintptr_t>(data);
    slot_->end = reinterpret_cast<uintptr_t>(data) + length;
  }
  Close();
}

GuardedRange::~GuardedRange() {
  if (slot_ == nullptr) return;
  slot_->end = 0;
  slot_->begin = 0;
  slot_->holder[0] = '\0';
  slot_->taken = false;
}

void GuardedRange::Open(bool writable, const std::string& holder) {
  if (slot_ != nullptr) {
    CopyText(slot_->holder, holder);
    slot_->reading = !writable;
  }
  if (::mprotect(data_, length_, PROT_READ | (writable ? PROT_WRITE : 0)) < 0) {
    throw KernelError("mprotect", errno);
  }
}

void GuardedRange::Close() noexcept {
  // It only takes rights away, of whole pages that are mapped: nothing to refuse.
  static_cast<void>(::mprotect(data_, length_, PROT_NONE));
  if (slot_ != nullptr) slot_->reading = false;
}

}  // namespace dmaflow
