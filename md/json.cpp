#include "md/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "md/errors.hpp"

namespace md {

struct Json::Library {
  using Document = nlohmann::ordered_json;

  static Document to(const Json& json) {
    switch (json.type_) {
      case Type::null:
        return nullptr;
      case Type::boolean:
        return json.integer_ != 0;
      case Type::integer:
        return json.integer_;
      case Type::natural:
        return static_cast<std::uint64_t>(json.integer_);
      case Type::real:
        return json.real_;
      case Type::text:
        return json.text_;
      case Type::array: {
        Document document = Document::array();
        for (const Json& item : json.items_) document.push_back(to(item));
        return document;
      }
      default: {
        Document document = Document::object();
        auto& members = document.get_ref<Document::object_t&>();
        for (std::size_t k = 0; k < json.items_.size(); ++k)
          members.emplace_back(json.names_[k], to(json.items_[k]));
        return document;
      }
    }
  }

  /// Builds a document from what the library's parser finds.
  class Builder {
   public:
    bool null() { return add({}); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(std::int64_t value) { return add(value); }
    bool number_unsigned(std::uint64_t value) { return add(value); }
    bool number_float(double value, const std::string&) { return add(value); }
    bool string(std::string& value) { return add(std::move(value)); }
    bool binary(Document::binary_t&) { return false; }
    bool start_array(std::size_t) { return open(array()); }
    bool end_array() { return close(); }
    bool start_object(std::size_t) { return open(object()); }
    bool end_object() { return close(); }
    bool key(std::string& name) {
      if (!seen_.back().insert(name).second) repeated = name;
      open_.back()->names_.push_back(std::move(name));
      return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) {
      return false;
    }

    Json root;
    std::string repeated;

   private:
    bool add(Json value) {
      if (open_.empty())
        root = std::move(value);
      else
        open_.back()->items_.push_back(std::move(value));
      return true;
    }
    bool open(Json value) {
      add(std::move(value));
      // Stays where it is until it is closed: only the innermost one grows.
      open_.push_back(open_.empty() ? &root : &open_.back()->items_.back());
      seen_.emplace_back();
      return true;
    }
    bool close() {
      open_.pop_back();
      seen_.pop_back();
      return true;
    }
    std::vector<Json*> open_;
    std::vector<std::set<std::string>> seen_;  // names in each of them
  };
};

Json::Json(std::initializer_list<Member> members) : type_(Type::object) {
  for (const Member& member : members) {
    names_.push_back(member.name);
    items_.push_back(member.value);
  }
}

Json Json::array(std::initializer_list<Json> items) {
  Json json;
  json.type_ = Type::array;
  json.items_ = items;
  return json;
}

Json Json::parse(std::string_view text, std::string* repeated) {
  Library::Builder builder;
  const bool whole = Library::Document::sax_parse(text.begin(), text.end(), &builder);
  if (repeated) *repeated = builder.repeated;
  return whole ? std::move(builder.root) : Json();
}

const Json& Json::at(const std::string& name) const {
  if (!contains(name)) throw InputError("JSON: '" + name + "' is missing");
  return items_[find(name)];
}

const std::string& Json::text() const {
  if (type_ != Type::text) throw InputError("JSON: a string is wanted");
  return text_;
}

double Json::number() const {
  if (type_ == Type::real) return real_;
  if (type_ == Type::natural) return static_cast<double>(static_cast<std::uint64_t>(integer_));
  return static_cast<double>(integer());
}

std::int64_t Json::integer() const {
  if (type_ != Type::integer && type_ != Type::natural)
    throw InputError("JSON: a number is wanted");
  return integer_;
}

std::vector<double> Json::numbers() const {
  if (!is_array()) throw InputError("JSON: an array is wanted");
  std::vector<double> all;
  for (const Json& item : items_) all.push_back(item.number());
  return all;
}

Json& Json::operator[](const std::string& name) {
  if (type_ == Type::null) type_ = Type::object;
  if (!contains(name)) {
    names_.push_back(name);
    items_.emplace_back();
  }
  return items_[find(name)];
}

void Json::erase(const std::string& name) {
  if (!contains(name)) return;
  const auto k = static_cast<std::ptrdiff_t>(find(name));
  names_.erase(names_.begin() + k);
  items_.erase(items_.begin() + k);
}

std::string Json::dump(int indent) const { return Library::to(*this).dump(indent); }

std::size_t Json::find(const std::string& name) const {
  return static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin());
}

}  // namespace md
