#include "io/gzip.hpp"

#include <zlib.h>

#include <algorithm>

#include "md/errors.hpp"
#include "md/files.hpp"

namespace md {
namespace {

/// A zlib stream that reads gzip, ended with its scope.
struct Inflater {
  z_stream stream{};
  Inflater() { inflateInit2(&stream, 16 + MAX_WBITS); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream); }
};

}  // namespace

bool is_gzip(const std::string& content) { return content.starts_with("\x1f\x8b"); }

std::string gunzip(const std::string& path, std::string content) {
  std::string result, block(1 << 18, '\0');
  Inflater inflater;
  z_stream& z = inflater.stream;
  const ReadingRoom room(path);
  std::size_t given = 0;  // of the input to zlib, which counts in 32 bits
  for (int code = Z_OK; given < content.size() || z.avail_in > 0 || code != Z_STREAM_END;) {
    if (z.avail_in == 0) {
      const std::size_t n = std::min<std::size_t>(content.size() - given, 1U << 30);
      if (n == 0)
        throw InputError(path + ": the gzip file ends too soon; a complete one is wanted");
      z.next_in = reinterpret_cast<unsigned char*>(content.data() + given);
      z.avail_in = static_cast<unsigned>(n);
      given += n;
    }
    if (code == Z_STREAM_END) {
      if (z.avail_in > 0 && z.next_in[0] != 0x1f) break;  // padding after the last member
      inflateReset(&z);
    }
    z.next_out = reinterpret_cast<unsigned char*>(block.data());
    z.avail_out = static_cast<unsigned>(block.size());
    code = inflate(&z, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      throw InputError(path + ": the gzip file is damaged; a complete one is wanted");
    result.append(block, 0, block.size() - z.avail_out);
    room.check(result.size());
  }
  return result;
}

}  // namespace md
