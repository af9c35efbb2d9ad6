#include "common/transport_options.h"

#include "common/program_options.h"
#include "common/text.h"

namespace gvsl {

void AddTransportOptions(CLI::App& app, TransportOptions& options) {
  app.add_option("--tls-cert", options.tls_cert, "certificate (PEM)")->envname("GVSL_TLS_CERT");
  app.add_option("--tls-key", options.tls_key, "private key (PEM)")->envname("GVSL_TLS_KEY");
  app.add_option("--tls-ca", options.tls_ca, "authority of the peers' certificates (PEM)")
      ->envname("GVSL_TLS_CA");
  app.add_option("--tls-client-ca", options.tls_client_ca,
                 "authority of the clients' certificates (PEM)")
      ->envname("GVSL_TLS_CLIENT_CA");
  app.add_flag("--insecure", options.insecure, "allow plain connections beyond this machine")
      ->envname("GVSL_INSECURE");
}

bool UsesTls(const TransportOptions& options) {
  return !options.tls_cert.empty() || !options.tls_key.empty() || !options.tls_ca.empty() ||
         !options.tls_client_ca.empty();
}

Status CheckTransport(const TransportOptions& options, const std::string& flag,
                      const std::string& address) {
  if (UsesTls(options) && options.insecure) {
    return InvalidArgumentError("--insecure: contradicts --tls-cert, --tls-key and --tls-ca");
  }
  if (const auto host = HostOfAddress(address); !host.ok()) {
    return host.status().WithContext(flag);
  }
  if (!UsesTls(options) && !options.insecure && !IsLoopbackAddress(address)) {
    return InvalidArgumentError(Concat(flag, " ", address,
                                       " is not a loopback address: it needs TLS (--tls-cert, "
                                       "--tls-key, --tls-ca) or an explicit --insecure"));
  }
  return OkStatus();
}

}  // namespace gvsl
