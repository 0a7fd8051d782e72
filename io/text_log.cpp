#include "io/text_log.hpp"

#include <algorithm>

namespace md {
namespace {

AppendFile open(const std::string& path, std::string_view header, const FileMark* mark) {
  if (mark) {
    AppendFile file = AppendFile::resume(path, mark->bytes);
    file.cut_back();
    return file;
  }
  AppendFile file = AppendFile::create(path);
  file.append(header);
  return file;
}

const FileMark* find(const std::vector<FileMark>& marks, const std::string& name) {
  const auto it =
      std::find_if(marks.begin(), marks.end(), [&](const FileMark& m) { return m.name == name; });
  return it == marks.end() ? nullptr : &*it;
}

}  // namespace

TextLog::TextLog(const std::string& directory, const std::string& name, std::string_view header,
                 const std::vector<FileMark>& resume)
    : file_(open(directory + "/" + name, header, find(resume, name))), mark_{name} {
  if (const FileMark* mark = find(resume, name)) mark_ = *mark;
}

void TextLog::append(std::string_view lines) {
  file_.append(lines);
  mark_.frames += std::count(lines.begin(), lines.end(), '\n');
}

FileMark TextLog::flush() {
  file_.check_there();
  file_.sync();
  mark_.bytes = file_.size();
  return mark_;
}

}  // namespace md
