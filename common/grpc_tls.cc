#include "common/grpc_tls.h"

#include <grpc/support/log.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <string>

#include "common/log.h"
#include "common/text.h"
#include "common/tls_files.h"

namespace gvsl {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsCustomVerificationCheckRequest;

// The chain to the authority is checked before this.
class AnyName final : public ExternalCertificateVerifier {
 public:
  bool Verify(TlsCustomVerificationCheckRequest* /*request*/,
              std::function<void(grpc::Status)> /*callback*/, grpc::Status* status) override {
    *status = grpc::Status::OK;
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest* /*request*/) override {}
};

// All three, looked at; a watcher of them.
StatusOr<std::shared_ptr<FileWatcherCertificateProvider>> Watch(const TransportOptions& options,
                                                                const std::string& authority,
                                                                const char* authority_option) {
  const std::pair<const char*, const std::string&> needed[] = {{"--tls-cert", options.tls_cert},
                                                               {"--tls-key", options.tls_key},
                                                               {authority_option, authority}};
  for (const auto& [option, file] : needed) {
    if (file.empty()) {
      return InvalidArgumentError(Concat(option,
                                         ": is needed for TLS: both sides of a connection "
                                         "show a certificate"));
    }
  }
  const auto now = std::chrono::system_clock::now();
  GVSL_RETURN_IF_ERROR(CheckCertificate(options.tls_cert, options.tls_key, now)
                           .WithContext("--tls-cert, --tls-key"));
  GVSL_RETURN_IF_ERROR(CheckAuthority(authority, now).WithContext(authority_option));
  return std::make_shared<FileWatcherCertificateProvider>(options.tls_key, options.tls_cert,
                                                          authority, options.reload_seconds);
}

void LogOfGrpc(gpr_log_func_args* message) {
  LogWarning("grpc", {{"what", std::string(message->message)}});
}

}  // namespace

StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TransportOptions& options) {
  if (!UsesTls(options)) return grpc::InsecureServerCredentials();
  const bool of_their_own = !options.tls_client_ca.empty();
  GVSL_ASSIGN_OR_RETURN(const auto provider,
                        Watch(options, of_their_own ? options.tls_client_ca : options.tls_ca,
                              of_their_own ? "--tls-client-ca" : "--tls-ca"));
  grpc::experimental::TlsServerCredentialsOptions tls(provider);
  tls.watch_root_certs();
  tls.watch_identity_key_cert_pairs();
  tls.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(tls);
}

StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const TransportOptions& options, ServerName server_name) {
  if (!UsesTls(options)) return grpc::InsecureChannelCredentials();
  GVSL_ASSIGN_OR_RETURN(const auto provider, Watch(options, options.tls_ca, "--tls-ca"));
  grpc::experimental::TlsChannelCredentialsOptions tls;
  tls.set_certificate_provider(provider);
  tls.watch_root_certs();
  tls.watch_identity_key_cert_pairs();
  if (server_name == ServerName::kAny) {
    tls.set_certificate_verifier(ExternalCertificateVerifier::Create<AnyName>());
    tls.set_check_call_host(false);
  }
  return grpc::experimental::TlsCredentials(tls);
}

void LogRefusedConnections() { gpr_set_log_function(LogOfGrpc); }

}  // namespace gvsl
