// Credentials of our gRPC connections: plain, or mutual TLS where both sides show a certificate.
// The files are looked at every `reload_seconds`, so that a renewed certificate serves the next
// connection without a restart (write key and certificate in one rename of their folder).
#pragma once

#include <memory>

#include "common/status.h"
#include "common/transport_options.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace gvsl {

// Asks every client for a certificate of --tls-client-ca (--tls-ca where that is not given). Plain
// without any --tls option. INVALID_ARGUMENT names the option that is missing or the file that is
// wrong.
StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TransportOptions& options);

enum class ServerName {
  kMustMatch,  // the certificate is for the host that was called
  // Any that the authority has signed: the coordinator says where peers are, and addresses of pods
  // are in no certificate.
  kAny,
};

// Shows --tls-cert and asks for a certificate of --tls-ca. Plain and errors as above.
StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const TransportOptions& options, ServerName server_name);

// Sends what gRPC has to say about refused connections to our log: once a process, in servers.
void LogRefusedConnections();

}  // namespace gvsl
