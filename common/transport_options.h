// The flags by which every program says how its connections are protected, and which addresses may
// be plain.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "common/status.h"

namespace gvsl {

struct TransportOptions {
  std::string tls_cert, tls_key, tls_ca, tls_client_ca;
  bool insecure = false;
};

// Adds --tls-cert, --tls-key, --tls-ca, --tls-client-ca and --insecure.
void AddTransportOptions(CLI::App& app, TransportOptions& options);

// INVALID_ARGUMENT for an address that is malformed, or not loopback unless --insecure was given;
// UNIMPLEMENTED for any --tls flag. `flag` names the address in the message.
Status CheckTransport(const TransportOptions& options, const std::string& flag,
                      const std::string& address);

}  // namespace gvsl
