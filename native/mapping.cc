#include "mapping.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "js_errors.h"
#include "kernel_error.h"

namespace dmaflow {

Mapping::Mapping(int fd, uint64_t length) : length_(static_cast<size_t>(length)) {
  // More than a 32-bit process can address.
  if (length_ != length) throw KernelError("mmap", ENOMEM);
  data_ = ::mmap(nullptr, length_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (data_ == MAP_FAILED) throw KernelError("mmap", errno);
}

Mapping::~Mapping() { ::munmap(data_, length_); }

void MappingTable::Guard() {
  InstallMemoryGuard();
  guard_ = true;
}

uint32_t MappingTable::Add(std::unique_ptr<Mapping> mapping, const std::string& name) {
  std::unique_ptr<GuardedRange> guard;
  if (guard_) guard = std::make_unique<GuardedRange>(mapping->data(), mapping->length(), name);
  const uint32_t id = ++last_id_;
  Entry& entry = entries_[id];
  entry.mapping = std::move(mapping);
  entry.guard = std::move(guard);
  return id;
}

MappingTable::Entry& MappingTable::Find(uint32_t id, const char* operation) {
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) throw KernelError(operation, EINVAL);
  return entry->second;
}

Napi::ArrayBuffer MappingTable::Attach(Napi::Env env, uint32_t id, bool read_only,
                                       const std::string& holder) {
  Entry& entry = Find(id, "view");
  if (!entry.array_buffer.IsEmpty()) {
    throw InvalidStateErrorOf(
        env, "dmaBufView: mapping " + std::to_string(id) + " has a view attached already; detach it first");
  }
  if (!entry.guard) return AttachEntry(env, entry, read_only);
  entry.guard->Open(!read_only, holder);
  try {
    return AttachEntry(env, entry, read_only);
  } catch (const Napi::Error&) {
    entry.guard->Close();
    throw;
  }
}

Napi::ArrayBuffer MappingTable::AttachEntry(Napi::Env env, Entry& entry, bool read_only) {
  Mapping& mapping = *entry.mapping;
  if (!copy_views_) {
    auto view = std::make_shared<View>(View{entry.mapping});
    auto hold = std::make_unique<std::shared_ptr<View>>(view);
    napi_value value = nullptr;
    const napi_status status = napi_create_external_arraybuffer(
        env, mapping.data(), mapping.length(),
        [](napi_env, void*, void* hint) { delete static_cast<std::shared_ptr<View>*>(hint); }, hold.get(),
        &value);
    if (status == napi_ok) {
      static_cast<void>(hold.release());
      const Napi::ArrayBuffer array_buffer(env, value);
      entry.array_buffer = Napi::Persistent(array_buffer);
      entry.view = std::move(view);
      return array_buffer;
    }
    if (static_cast<int>(status) != Napi::details::napi_no_external_buffers_allowed)
      throw Napi::Error::New(env);
  }
  Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, mapping.length());
  std::memcpy(copy.Data(), mapping.data(), mapping.length());
  entry.array_buffer = Napi::Persistent(copy);
  entry.write_back = !read_only;
  return copy;
}

void MappingTable::DetachEntry(Napi::Env env, Entry& entry) {
  if (entry.array_buffer.IsEmpty()) return;
  const Napi::HandleScope scope(env);
  Napi::ArrayBuffer array_buffer = entry.array_buffer.Value();
  // Detached by someone else: `transfer` moved the memory to another ArrayBuffer, which keeps it through its
  // View.
  if (!array_buffer.IsDetached()) {
    if (!entry.view && entry.write_back)
      std::memcpy(entry.mapping->data(), array_buffer.Data(), entry.mapping->length());
    array_buffer.Detach();
    if (entry.view) entry.view->mapping.reset();
  }
  entry.view.reset();
  entry.array_buffer.Reset();
  if (entry.guard) entry.guard->Close();
}

void MappingTable::Detach(Napi::Env env, uint32_t id) { DetachEntry(env, Find(id, "detach")); }

void MappingTable::Remove(Napi::Env env, uint32_t id) {
  DetachEntry(env, Find(id, "munmap"));
  entries_.erase(id);
}

}  // namespace dmaflow
