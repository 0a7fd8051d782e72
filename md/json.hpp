#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace md {

/// A JSON document. The one place that reads and writes JSON: the library behind it takes the
/// compiler seconds a file. Objects keep the order of their members.
///   Json{{"device", "cpu"}, {"phases", {{"neighbors", 0.1}, {"potential", 2.5}}}}
class Json {
 public:
  struct Member;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : type_(Type::boolean), integer_(value) {}
  Json(double value) : type_(Type::real), real_(value) {}  // one that is not finite becomes null
  Json(std::string value) : type_(Type::text), text_(std::move(value)) {}
  Json(const char* value) : Json(std::string(value)) {}
  template <std::integral T>
  Json(T value)
      : type_(std::is_signed_v<T> ? Type::integer : Type::natural),
        integer_(static_cast<std::int64_t>(value)) {}
  template <class T>
  Json(const std::vector<T>& values) : type_(Type::array), items_(values.begin(), values.end()) {}
  /// An object.
  Json(std::initializer_list<Member> members);

  static Json array(std::initializer_list<Json> items = {});
  static Json object() { return Json(std::initializer_list<Member>{}); }
  /// Null when `text` is not JSON. `repeated` becomes the name of a member that stands twice in an
  /// object.
  static Json parse(std::string_view text, std::string* repeated = nullptr);

  bool is_object() const { return type_ == Type::object; }
  bool is_array() const { return type_ == Type::array; }
  bool is_text() const { return type_ == Type::text; }
  bool is_natural() const { return type_ == Type::natural; }  // 0, 1, 2, ... as read from a file

  /// Elements of an array or values of an object; none of anything else.
  const std::vector<Json>& items() const { return items_; }
  /// Of an object, in the order of items().
  const std::vector<std::string>& names() const { return names_; }
  bool contains(const std::string& name) const { return find(name) < names_.size(); }
  /// All of these throw InputError when the document has no such thing.
  const Json& at(const std::string& name) const;
  const std::string& text() const;
  double number() const;
  std::int64_t integer() const;
  std::vector<double> numbers() const;  // of an array

  /// The member of that name, null if it is new; a null becomes an object.
  Json& operator[](const std::string& name);
  void erase(const std::string& name);
  /// Appends to an array.
  void push_back(Json item) { items_.push_back(std::move(item)); }

  /// Written with this indentation; -1: in one line without spaces.
  std::string dump(int indent = -1) const;

 private:
  enum class Type { null, boolean, integer, natural, real, text, array, object };
  std::size_t find(const std::string& name) const;

  Type type_ = Type::null;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::string text_;
  std::vector<Json> items_;
  std::vector<std::string> names_;

  struct Library;  // to and from the library's type
};

struct Json::Member {
  std::string name;
  Json value;
};

}  // namespace md
