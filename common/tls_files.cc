#include "common/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <vector>

#include "common/text.h"

namespace gvsl {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using File = std::unique_ptr<std::FILE, Deleter<std::fclose>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

Status Refuse(const std::string& file, const std::string& why) {
  return InvalidArgumentError(Concat(file, ": ", why));
}

StatusOr<File> OpenFile(const std::string& path) {
  File file(std::fopen(path.c_str(), "re"));
  if (!file) return Refuse(path, ErrnoError(errno, "open").message());
  return file;
}

// Of a key with a passphrase there is nobody to ask.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

StatusOr<std::vector<Certificate>> ReadCertificates(const std::string& path) {
  GVSL_ASSIGN_OR_RETURN(const File file, OpenFile(path));
  std::vector<Certificate> certificates;
  while (Certificate one{PEM_read_X509(file.get(), nullptr, NoPassphrase, nullptr)}) {
    certificates.push_back(std::move(one));
  }
  ERR_clear_error();
  if (certificates.empty()) return Refuse(path, "holds no certificate in PEM");
  return certificates;
}

StatusOr<Key> ReadKey(const std::string& path) {
  GVSL_ASSIGN_OR_RETURN(const File file, OpenFile(path));
  Key key(PEM_read_PrivateKey(file.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  if (!key) return Refuse(path, "holds no private key in PEM without a passphrase");
  return key;
}

std::string DateOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

// Empty: it is.
std::string WhyNotWithinItsTime(const X509& certificate,
                                std::chrono::system_clock::time_point now) {
  std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  if (X509_cmp_time(X509_get0_notAfter(&certificate), &seconds) < 0) {
    return Concat("the certificate expired on ", DateOf(X509_get0_notAfter(&certificate)));
  }
  if (X509_cmp_time(X509_get0_notBefore(&certificate), &seconds) > 0) {
    return Concat("the certificate is valid from ", DateOf(X509_get0_notBefore(&certificate)));
  }
  return "";
}

}  // namespace

Status CheckCertificate(const std::string& certificate_file, const std::string& key_file,
                        std::chrono::system_clock::time_point now) {
  GVSL_ASSIGN_OR_RETURN(const auto certificates, ReadCertificates(certificate_file));
  GVSL_ASSIGN_OR_RETURN(const Key key, ReadKey(key_file));
  const bool belongs = X509_check_private_key(certificates.front().get(), key.get()) == 1;
  ERR_clear_error();
  if (!belongs) return Refuse(key_file, "is not the key of the certificate " + certificate_file);
  const std::string why = WhyNotWithinItsTime(*certificates.front(), now);
  return why.empty() ? OkStatus() : Refuse(certificate_file, why);
}

Status CheckAuthority(const std::string& file, std::chrono::system_clock::time_point now) {
  GVSL_ASSIGN_OR_RETURN(const auto certificates, ReadCertificates(file));
  std::string why;
  for (const Certificate& certificate : certificates) {
    why = X509_check_ca(certificate.get()) == 0 ? "holds no certificate of an authority"
                                                : WhyNotWithinItsTime(*certificate, now);
    if (why.empty()) return OkStatus();
  }
  return Refuse(file, why);
}

Status CheckPeer(std::string_view certificate, const std::string& authority_file,
                 const std::string& host) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(certificate.data());
  const Certificate peer(d2i_X509(nullptr, &bytes, static_cast<long>(certificate.size())));
  ERR_clear_error();
  if (!peer) return PermissionDeniedError("the certificate cannot be read");
  if (X509_check_host(peer.get(), host.data(), host.size(), 0, nullptr) == 1 ||
      X509_check_ip_asc(peer.get(), host.c_str(), 0) == 1) {
    return OkStatus();
  }
  GVSL_ASSIGN_OR_RETURN(const auto own, ReadCertificates(authority_file));
  const bool is_known = std::any_of(own.begin(), own.end(), [&](const Certificate& one) {
    return X509_cmp(one.get(), peer.get()) == 0;
  });
  return is_known ? OkStatus() : PermissionDeniedError("the certificate is not for " + host);
}

}  // namespace gvsl
