// Memory of a dma-buf in this process, and the ArrayBuffers over it.
//
// The memory is unmapped in one place, ~Mapping. The table holds a mapping until JavaScript unmaps it (or the
// environment ends); an external ArrayBuffer holds it until the runtime has let go of the memory, which is
// later than detach, and possibly much later: `ArrayBuffer.prototype.transfer` moves the memory to an
// ArrayBuffer that this addon never sees. Unmap therefore frees at once where the view was detached here, and
// leaves the rest to the last holder.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "memory_guard.h"

namespace dmaflow {

class Mapping {
 public:
  // mmap(MAP_SHARED, PROT_READ | PROT_WRITE) of the first `length` bytes. Throws KernelError.
  Mapping(int fd, uint64_t length);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  void* data() const { return data_; }
  size_t length() const { return length_; }

 private:
  void* data_;
  size_t length_;
};

class MappingTable {
 public:
  // `name` is the buffer's.
  uint32_t Add(std::unique_ptr<Mapping> mapping, const std::string& name);

  // All throw KernelError(EINVAL) for a mapping that is not in the table: it was unmapped, or never made.
  // Attach throws InvalidStateError where a view is attached already; Detach does nothing where none is.
  // `holder` is who accesses, for guard mode.
  Napi::ArrayBuffer Attach(Napi::Env env, uint32_t id, bool read_only, const std::string& holder);
  void Detach(Napi::Env env, uint32_t id);
  void Remove(Napi::Env env, uint32_t id);

  // Makes every view a copy that detach writes back (unless it is read-only): what runtimes that refuse
  // external buffers get anyway.
  void SetCopyViews(bool copy) { copy_views_ = copy; }

  // Mappings from here on are inaccessible while no view of them is attached (memory_guard.h).
  void Guard();

 private:
  // What an external ArrayBuffer keeps alive.
  struct View {
    std::shared_ptr<Mapping> mapping;
  };
  struct Entry {
    std::shared_ptr<Mapping> mapping;
    // Only in guard mode.
    std::unique_ptr<GuardedRange> guard;
    // Empty while nothing is attached.
    Napi::Reference<Napi::ArrayBuffer> array_buffer;
    // Null where the attached ArrayBuffer is a copy.
    std::shared_ptr<View> view;
    // Whether a copy goes back into the mapping.
    bool write_back = true;
  };
  Entry& Find(uint32_t id, const char* operation);
  Napi::ArrayBuffer AttachEntry(Napi::Env env, Entry& entry, bool read_only);
  static void DetachEntry(Napi::Env env, Entry& entry);

  std::unordered_map<uint32_t, Entry> entries_;
  uint32_t last_id_ = 0;
  bool copy_views_ = false;
  bool guard_ = false;
};

}  // namespace dmaflow
