// The flags by which every program says how its connections are protected, and which addresses may
// be plain.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "common/status.h"

namespace gvsl {

struct TransportOptions {
  std::string tls_cert, tls_key, tls_ca, tls_client_ca;  // PEM files; empty: not given
  bool insecure = false;
  unsigned reload_seconds = 10;  // how often the files are looked at; no option of its own
};

// Any --tls option was given. What is given must be complete: common/grpc_tls.h.
bool UsesTls(const TransportOptions& options);

// Adds --tls-cert, --tls-key, --tls-ca, --tls-client-ca and --insecure.
void AddTransportOptions(CLI::App& app, TransportOptions& options);

// INVALID_ARGUMENT for an address that is malformed, or not loopback and neither TLS nor --insecure
// was given, or both were. `flag` names the address in the message.
Status CheckTransport(const TransportOptions& options, const std::string& flag,
                      const std::string& address);

}  // namespace gvsl
