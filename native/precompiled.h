// What nearly every source includes, compiled once: it is a third of the time of a build. The
// Makefile includes it before each source; a source still includes what it uses.
#include <napi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>
