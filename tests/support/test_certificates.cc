#include "tests/support/test_certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace gvsl::testing {
namespace {

void Check(bool fine, const char* what) {
  if (fine) return;
  std::cerr << "test certificates: " << what << " failed\n";
  std::abort();
}

X509* NewCertificate(const std::string& name, EVP_PKEY* key, long serial, long until) {
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), until);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate, key);
  return certificate;
}

void AddExtension(X509* certificate, int id, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
  Check(extension != nullptr, "an extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void WriteCertificate(const std::string& path, X509* certificate) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  Check(file != nullptr && PEM_write_X509(file, certificate) == 1, "writing a certificate");
  std::fclose(file);
}

}  // namespace

TestAuthority::TestAuthority(std::string folder, const std::string& name)
    : folder_(std::move(folder)),
      file_(folder_ + "/" + name + "-ca.pem"),
      key_(EVP_EC_gen("P-256")),
      certificate_(NewCertificate(name, key_, serial_, 86400)) {
  X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
  AddExtension(certificate_, NID_basic_constraints, "critical,CA:TRUE");
  Check(X509_sign(certificate_, key_, EVP_sha256()) > 0, "signing");
  WriteCertificate(file_, certificate_);
}

TestAuthority::~TestAuthority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

CertificateFiles TestAuthority::Sign(const std::string& name, long seconds_from_now,
                                     const std::string& subjects) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = NewCertificate(name, key, ++serial_, seconds_from_now);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate_));
  AddExtension(certificate, NID_subject_alt_name, subjects);
  Check(X509_sign(certificate, key_, EVP_sha256()) > 0, "signing");
  const CertificateFiles files{folder_ + "/" + name + ".pem", folder_ + "/" + name + ".key"};
  WriteCertificate(files.certificate, certificate);
  std::FILE* file = std::fopen(files.key.c_str(), "w");
  Check(file != nullptr &&
            PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "writing a key");
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

}  // namespace gvsl::testing
