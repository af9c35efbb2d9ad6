// Certificates for tests: an authority that signs what it is asked to. Small keys, made on the
// spot.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>

namespace gvsl::testing {

struct CertificateFiles {
  std::string certificate, key;
};

class TestAuthority {
 public:
  // Its own certificate is FOLDER/NAME-ca.pem.
  TestAuthority(std::string folder, const std::string& name);
  ~TestAuthority();

  const std::string& file() const { return file_; }
  // FOLDER/NAME.pem and FOLDER/NAME.key; valid from an hour ago until `seconds_from_now`, for the
  // names of `subjects`, written as in OpenSSL's subjectAltName.
  CertificateFiles Sign(const std::string& name, long seconds_from_now = 3600,
                        const std::string& subjects = "DNS:localhost,IP:127.0.0.1");

 private:
  std::string folder_, file_;
  EVP_PKEY* key_;
  X509* certificate_;
  long serial_ = 1;
};

}  // namespace gvsl::testing
