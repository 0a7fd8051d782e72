#include "md/file_hash.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <vector>

#include "md/errors.hpp"

namespace md {

namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
      throw ResourceError("SHA-256 is not available in this OpenSSL");
  }
  void add(const char* bytes, std::size_t n) { EVP_DigestUpdate(context_.get(), bytes, n); }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &length);
    std::string hex;
    for (unsigned int i = 0; i < length; ++i) {
      hex += "0123456789abcdef"[digest[i] >> 4];
      hex += "0123456789abcdef"[digest[i] & 15];
    }
    return hex;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256_of_file(const std::string& path, std::uint64_t bytes) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw FileError(path + ": cannot be read");
  Sha256 hash;
  std::vector<char> buffer(1 << 16);
  while (bytes > 0) {
    const auto wanted = std::min<std::uint64_t>(bytes, buffer.size());
    file.read(buffer.data(), static_cast<std::streamsize>(wanted));
    if (file.gcount() == 0) break;
    hash.add(buffer.data(), static_cast<std::size_t>(file.gcount()));
    bytes -= static_cast<std::uint64_t>(file.gcount());
  }
  return hash.hex();
}

std::string sha256_of_text(std::string_view text) {
  Sha256 hash;
  hash.add(text.data(), text.size());
  return hash.hex();
}

}  // namespace md
