#pragma once
// A bounded map that drops what was used longest ago.

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace pier::delivery::impl {

/// Values are shared: what is dropped lives on where it is in use. Not thread-safe.
template <typename T>
class Recent {
 public:
  explicit Recent(size_t capacity) : x_capacity(capacity == 0 ? 1 : capacity) {}

  std::shared_ptr<T> find(std::string_view key) {
    const auto found = x_places.find(key);
    if (found == x_places.end()) return nullptr;
    x_items.splice(x_items.begin(), x_items, found->second);
    return x_items.front().second;
  }
  void put(const std::string& key, std::shared_ptr<T> value) {
    erase(key);
    x_items.emplace_front(key, std::move(value));
    x_places.emplace(key, x_items.begin());
    if (x_items.size() > x_capacity) erase(std::string(x_items.back().first));
  }
  void erase(std::string_view key) {
    const auto found = x_places.find(key);
    if (found == x_places.end()) return;
    const auto place = found->second;
    x_places.erase(found);
    x_items.erase(place);
  }
  void erase_if(const std::function<bool(const T&)>& unwanted) {
    for (auto item = x_items.begin(); item != x_items.end();) {
      const bool drop = unwanted(*item->second);
      if (drop) x_places.erase(item->first);
      item = drop ? x_items.erase(item) : std::next(item);
    }
  }
  size_t size() const { return x_items.size(); }

 private:
  using Items = std::list<std::pair<std::string, std::shared_ptr<T>>>;
  size_t x_capacity;
  Items x_items;  // latest first
  std::map<std::string, typename Items::iterator, std::less<>> x_places;
};

}  // namespace pier::delivery::impl
